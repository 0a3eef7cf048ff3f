import { z } from "zod";
import type { Field } from "../../kind.ts";
import { endpoint, flag, list, map } from "../../shapes.ts";

/** What the browser is sent to the provider with. */
export const authorizeShape = {
  authorize_url: endpoint,
  scopes: list.default([]),
  scope_delimiter: z.enum([" ", ",", "+"]).default(" "),
  user_scopes: list.default([]),
  user_scopes_param: z.string().max(50).optional(),
  pkce: flag.default(true),
  authorize_params: map.default({}),
};

export const authorizeFields: Field[] = [
  {
    name: "authorize_url",
    label: "Authorization URL",
    type: "url",
    required: true,
    example: "https://provider.example/oauth/authorize",
  },
  { name: "scopes", label: "Scopes", type: "list", help: "What accounts are asked to allow, separated by spaces." },
  { name: "pkce", label: "PKCE (S256)", type: "switch", help: "Turn off only for a provider that refuses it." },
  {
    name: "scope_delimiter",
    label: "Between scopes",
    type: "choice",
    advanced: true,
    options: [
      { value: " ", label: "Space" },
      { value: ",", label: "Comma" },
      { value: "+", label: "Plus" },
    ],
  },
  {
    name: "user_scopes",
    label: "User scopes",
    type: "list",
    advanced: true,
    help: "For providers with a second scope parameter.",
  },
  {
    name: "user_scopes_param",
    label: "Name of the second scope parameter",
    type: "text",
    advanced: true,
    example: "user_scope",
  },
  {
    name: "authorize_params",
    label: "Extra authorization parameters",
    type: "map",
    advanced: true,
    example: "access_type=offline",
  },
];
