import { z } from "zod";
import type { Field } from "../../kind.ts";
import { endpoint, map } from "../../shapes.ts";

/** How the provider is asked to forget a grant. */
export const revokeShape = {
  revoke_url: endpoint.optional(),
  revoke_method: z.enum(["POST", "GET", "DELETE"]).optional(),
  revoke_auth: z.enum(["basic", "body", "none", "token", "nothing"]).optional(),
  revoke_tokens: z.enum(["both", "refresh", "access"]).optional(),
  revoke_body: z.enum(["form", "json"]).optional(),
  revoke_params: map.optional(),
  revoke_headers: map.optional(),
};

const GROUP = "Revoking";

export const revokeFields: Field[] = [
  {
    name: "revoke_url",
    label: "Revocation URL",
    type: "url",
    advanced: true,
    help: "Called when an account is disconnected (RFC 7009). {client.id} and names of what was kept may stand in its path.",
  },
  {
    name: "revoke_method",
    label: "Method of a revocation",
    type: "choice",
    advanced: true,
    group: GROUP,
    options: [
      { value: "POST", label: "POST" },
      { value: "DELETE", label: "DELETE" },
      { value: "GET", label: "GET" },
    ],
  },
  {
    name: "revoke_auth",
    label: "How a revocation is signed in",
    type: "choice",
    advanced: true,
    group: GROUP,
    help: "Default: as at the token URL.",
    options: [
      { value: "basic", label: "Client, Basic header" },
      { value: "body", label: "Client, in the body" },
      { value: "none", label: "Client ID alone" },
      { value: "token", label: "The access token, as in requests" },
      { value: "nothing", label: "Not at all" },
    ],
  },
  {
    name: "revoke_tokens",
    label: "What is revoked",
    type: "choice",
    advanced: true,
    group: GROUP,
    options: [
      { value: "both", label: "The refresh token, then the access token" },
      { value: "refresh", label: "The refresh token" },
      { value: "access", label: "The access token" },
    ],
  },
  {
    name: "revoke_body",
    label: "Body of a revocation",
    type: "choice",
    advanced: true,
    group: GROUP,
    options: [
      { value: "form", label: "Form" },
      { value: "json", label: "JSON" },
    ],
  },
  {
    name: "revoke_params",
    label: "Parameters of a revocation",
    type: "map",
    advanced: true,
    group: GROUP,
    example: "access_token={token}",
    help: "Default: token={token}. They go into the query with GET and DELETE, unless a body is chosen above.",
  },
  {
    name: "revoke_headers",
    label: "Headers of a revocation",
    type: "map",
    advanced: true,
    group: GROUP,
    example: "Authorization=Client {client.secret}",
  },
];
