import { z } from "zod";
import { JWS_ALGORITHMS } from "../../jws.ts";
import type { Field } from "../../kind.ts";
import { endpoint, flag, map } from "../../shapes.ts";
import { keyText } from "../lasting.ts";

/** How access is won, and what the ways other than the code grant need. */
export const grantShape = {
  grant: z.enum(["authorization_code", "client_credentials", "password", "jwt_bearer", "device_code"]).optional(),
  device_url: endpoint.optional(),
  assertion_key_from: z.enum(["account", "service"]).optional(),
  assertion_key: keyText.optional(),
  assertion_key_id: z.string().max(200).optional(),
  assertion_algorithm: z.enum(JWS_ALGORITHMS).optional(),
  assertion_issuer: z.string().max(500).optional(),
  assertion_subject: z.string().max(500).optional(),
  assertion_audience: z.string().max(500).optional(),
  assertion_claims: map.optional(),
  assertion_seconds: z.coerce.number().int().min(10).max(3600).optional(),
  scopes_in_assertion: flag.optional(),
};

const GROUP = "Signed assertions (JWT bearer)";

export const grantFields: Field[] = [
  {
    name: "grant",
    label: "How access is won",
    type: "choice",
    required: true,
    options: [
      { value: "authorization_code", label: "Consent on the provider's page (authorization code)" },
      { value: "device_code", label: "Consent with a code on another device (device code)" },
      { value: "client_credentials", label: "The client itself (client credentials)" },
      { value: "password", label: "User name and password" },
      { value: "jwt_bearer", label: "A signed assertion (JWT bearer)" },
    ],
  },
  {
    name: "device_url",
    label: "Device authorization URL",
    type: "url",
    advanced: true,
    help: "For the device code only (RFC 8628).",
  },
  {
    name: "assertion_key_from",
    label: "Who holds the key that signs the assertion",
    type: "choice",
    advanced: true,
    group: GROUP,
    options: [
      { value: "account", label: "Each account brings its own" },
      { value: "service", label: "The service has one for all accounts" },
    ],
    help: "An assertion is traded for a token (RFC 7523).",
  },
  {
    name: "assertion_key",
    label: "Key of the service",
    type: "textarea",
    hidden: true,
    advanced: true,
    group: GROUP,
    help: "PEM, a JWK, or the file the provider gave.",
  },
  {
    name: "assertion_key_id",
    label: "Id of the key",
    type: "text",
    advanced: true,
    group: GROUP,
    help: "Goes into the header as kid.",
  },
  {
    name: "assertion_algorithm",
    label: "Algorithm of the assertion",
    type: "choice",
    help: "Default: RS256.",
    advanced: true,
    group: GROUP,
    options: JWS_ALGORITHMS.map((value) => ({ value, label: value })),
  },
  {
    name: "assertion_issuer",
    label: "Issuer of the assertion",
    type: "text",
    advanced: true,
    group: GROUP,
    help: "Default: who the key's file names, or the client id.",
  },
  {
    name: "assertion_subject",
    label: "Subject of the assertion",
    type: "text",
    advanced: true,
    group: GROUP,
    help: "Leave empty to ask each account for it.",
  },
  {
    name: "assertion_audience",
    label: "Audience of the assertion",
    type: "text",
    advanced: true,
    group: GROUP,
    help: "Default: the token URL.",
  },
  {
    name: "assertion_claims",
    label: "Further claims",
    type: "map",
    advanced: true,
    group: GROUP,
    example: "box_sub_type=enterprise",
    help: "A value that is JSON (a number, true, a list) is sent as such.",
  },
  {
    name: "assertion_seconds",
    label: "Seconds the assertion is good for",
    type: "number",
    advanced: true,
    group: GROUP,
    help: "Default: 180.",
  },
  { name: "scopes_in_assertion", label: "Scopes go into the assertion", type: "switch", advanced: true, group: GROUP },
];
