import { z } from "zod";
import type { Field } from "../../kind.ts";
import { map } from "../../shapes.ts";
import { headerName } from "../../text.ts";
import { parameter } from "./parameter.ts";

const headers = map.refine(
  (names) => Object.keys(names).every((name) => headerName.safeParse(name).success),
  "The name of a header has letters, digits and dashes only.",
);

/** How the token goes out with a request, and how the API says that it did not take it. */
export const attachShape = {
  header: headerName.default("Authorization"),
  prefix: z
    .string()
    .max(50)
    .regex(/^[\x21-\x7e]*$/, "One word without spaces.")
    .default("Bearer"),
  token_query_param: parameter.optional(),
  request_headers: headers.optional(),
  request_query: map.optional(),
  token_proof_param: parameter.optional(),
  auth_failure_statuses: z.array(z.coerce.number().int()).default([401]),
  auth_failure_body: map.optional(),
};

const GROUP = "Requests to the API";

export const attachFields: Field[] = [
  { name: "header", label: "Header", type: "text", advanced: true, example: "Authorization" },
  { name: "prefix", label: "Word before the token", type: "text", advanced: true, example: "Bearer" },
  {
    name: "token_query_param",
    label: "Query parameter for the token",
    type: "text",
    advanced: true,
    group: GROUP,
    example: "access_token",
    help: "The token goes there instead of the header.",
  },
  {
    name: "request_headers",
    label: "Headers that belong to the credential",
    type: "map",
    advanced: true,
    group: GROUP,
    example: "X-Api-Key={client.id}",
    help: "Sent with every request and never taken from callers. {client.id}, {client.secret} and names of what was kept may stand in their values.",
  },
  {
    name: "request_query",
    label: "Query parameters that belong to the credential",
    type: "map",
    advanced: true,
    group: GROUP,
    help: "As the headers above.",
  },
  {
    name: "token_proof_param",
    label: "Query parameter with a proof of the token",
    type: "text",
    advanced: true,
    group: GROUP,
    help: "HMAC-SHA256 of the access token with the client secret, in hexadecimal.",
  },
  {
    name: "auth_failure_statuses",
    label: "Statuses that mean the token was refused",
    type: "list",
    advanced: true,
    example: "401",
  },
  {
    name: "auth_failure_body",
    label: "What a body says when the token was refused",
    type: "map",
    advanced: true,
    group: GROUP,
    example: "error.code=190",
    help: "Where it sits, then the value; | stands between several.",
  },
];
