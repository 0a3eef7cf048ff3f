import { z } from "zod";
import type { Field } from "../../kind.ts";
import { endpoint, flag, list, map } from "../../shapes.ts";
import { parameter } from "./parameter.ts";

const OMITTED = ["client_id", "grant_type", "redirect_uri"] as const;

/** How the client presents itself at the token endpoint, and what it sends there. */
export const tokenShape = {
  token_url: endpoint.optional(),
  /** Where it is missing, each account brings its own. */
  client_id: z.string().min(1, "Enter the client id.").max(1000).optional(),
  client_secret: z.string().min(1).max(4000).optional(),
  token_auth: z.enum(["basic", "body", "none", "private_key_jwt", "client_secret_jwt"]).optional(),
  client_id_param: parameter.optional(),
  client_secret_param: parameter.optional(),
  client_hash_param: parameter.optional(),
  client_hash_of: z.string().max(200).optional(),
  token_body: z.enum(["form", "json"]).optional(),
  grant_type: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[\x21-\x7e]+$/, "A grant type has no spaces.")
    .optional(),
  token_params: map.default({}),
  token_omit: list
    .pipe(z.array(z.enum(OMITTED, "Only client_id, grant_type and redirect_uri can be left out.")))
    .optional(),
  token_headers: map.optional(),
  scope_in_token_call: flag.optional(),
  resource: z.url().optional(),
};

const GROUP = "Token requests";

export const tokenFields: Field[] = [
  {
    name: "token_url",
    label: "Token URL",
    type: "url",
    required: true,
    example: "https://provider.example/oauth/token",
  },
  {
    name: "client_id",
    label: "Client ID",
    type: "text",
    help: "Leave empty only where each account brings its own (client credentials), or where the grant needs no client.",
  },
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
      { value: "private_key_jwt", label: "Signed with its private key (JWT)" },
      { value: "client_secret_jwt", label: "Signed with its secret (JWT)" },
    ],
  },
  {
    name: "client_id_param",
    label: "Name of the client ID parameter",
    type: "text",
    advanced: true,
    group: GROUP,
    help: "Default: client_id.",
  },
  {
    name: "client_secret_param",
    label: "Name of the client secret parameter",
    type: "text",
    advanced: true,
    group: GROUP,
    help: "Default: client_secret.",
  },
  {
    name: "client_hash_param",
    label: "Parameter with a hash instead of the client secret",
    type: "text",
    advanced: true,
    group: GROUP,
    help: "The secret itself is not sent then.",
  },
  {
    name: "client_hash_of",
    label: "What is hashed (SHA-256, hexadecimal)",
    type: "text",
    advanced: true,
    group: GROUP,
    example: "{client.secret}|{code}",
    help: "{code} is the code, or the refresh token when access is renewed.",
  },
  {
    name: "token_body",
    label: "Body of token requests",
    type: "choice",
    advanced: true,
    group: GROUP,
    options: [
      { value: "form", label: "Form" },
      { value: "json", label: "JSON" },
    ],
  },
  {
    name: "grant_type",
    label: "Name of the grant type",
    type: "text",
    advanced: true,
    group: GROUP,
    help: "Where the provider calls client credentials by a name of its own. Default: client_credentials.",
  },
  {
    name: "token_params",
    label: "Extra token parameters",
    type: "map",
    advanced: true,
    help: "{name} stands for what was kept of the callback, {callback.state} for its state.",
  },
  {
    name: "token_omit",
    label: "Token parameters to leave out",
    type: "list",
    advanced: true,
    group: GROUP,
    help: "Any of client_id, grant_type and redirect_uri, for a provider that refuses them.",
  },
  {
    name: "token_headers",
    label: "Extra headers of token requests",
    type: "map",
    advanced: true,
    group: GROUP,
    help: "{client.id} and {client.secret} may stand in their values.",
  },
  {
    name: "scope_in_token_call",
    label: "Repeat the scopes when the code is traded",
    type: "switch",
    advanced: true,
    group: GROUP,
  },
  { name: "resource", label: "Resource", type: "url", advanced: true, help: "Resource indicator (RFC 8707)." },
];
