import { z } from "zod";
import type { Field } from "../../kind.ts";
import { endpoint, map } from "../../shapes.ts";

/** How the client presents itself at the token endpoint, and what it sends there. */
export const tokenShape = {
  token_url: endpoint,
  client_id: z.string().min(1, "Enter the client id.").max(1000),
  client_secret: z.string().min(1).max(4000).optional(),
  token_auth: z.enum(["basic", "body", "none"]).optional(),
  token_params: map.default({}),
  resource: z.url().optional(),
};

export const tokenFields: Field[] = [
  {
    name: "token_url",
    label: "Token URL",
    type: "url",
    required: true,
    example: "https://provider.example/oauth/token",
  },
  { name: "client_id", label: "Client ID", type: "text", required: true },
  {
    name: "client_secret",
    label: "Client secret",
    type: "text",
    hidden: true,
    help: "Leave empty for a public client.",
  },
  {
    name: "token_auth",
    label: "How the client signs in at the token URL",
    type: "choice",
    options: [
      { value: "basic", label: "Basic header" },
      { value: "body", label: "In the body" },
      { value: "none", label: "Public client (no secret)" },
    ],
  },
  { name: "token_params", label: "Extra token parameters", type: "map", advanced: true },
  { name: "resource", label: "Resource", type: "url", advanced: true, help: "Resource indicator (RFC 8707)." },
];
