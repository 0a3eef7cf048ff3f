import { z } from "zod";
import { JWS_ALGORITHMS } from "../../jws.ts";
import type { Field } from "../../kind.ts";
import { keyText } from "../lasting.ts";

/** With what a client signs in by an assertion instead of a secret (RFC 7523 section 2.2). */
export const clientAssertionShape = {
  client_key: keyText.optional(),
  client_key_id: z.string().max(200).optional(),
  client_assertion_algorithm: z.enum(JWS_ALGORITHMS).optional(),
  client_assertion_audience: z.string().max(500).optional(),
};

const GROUP = "Signing in by a signed assertion";

export const clientAssertionFields: Field[] = [
  {
    name: "client_key",
    label: "Private key of the client",
    type: "textarea",
    hidden: true,
    advanced: true,
    group: GROUP,
    help: "For “signed with its private key”: PEM or a JWK.",
  },
  {
    name: "client_key_id",
    label: "Id of the client's key",
    type: "text",
    advanced: true,
    group: GROUP,
    help: "Goes into the header as kid.",
  },
  {
    name: "client_assertion_algorithm",
    label: "Algorithm with which the client signs in",
    type: "choice",
    advanced: true,
    group: GROUP,
    options: JWS_ALGORITHMS.map((value) => ({ value, label: value })),
    help: "Default: RS256 with a private key, HS256 with the secret.",
  },
  {
    name: "client_assertion_audience",
    label: "Audience with which the client signs in",
    type: "text",
    advanced: true,
    group: GROUP,
    help: "Default: the token URL.",
  },
];
