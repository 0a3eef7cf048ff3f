import { z } from "zod";
import { isSignetError } from "../../errors.ts";
import type { Field } from "../kind.ts";
import { endpoint, flag, map, path } from "../shapes.ts";
import { readPrivateKey } from "../signing-key.ts";
import { METHODS } from "./signature.ts";

// Everything in which OAuth 1.0 servers differ is a setting, so that no provider needs code.

const answerField = z.string().min(1).max(100);

const shape = z.strictObject({
  request_token_url: endpoint.optional(),
  authorize_url: endpoint.optional(),
  access_token_url: endpoint.optional(),
  consumer_key: z
    .string()
    .min(1, "Enter the consumer key.")
    .max(1000)
    .regex(/^[\x20-\x7e]+$/, "It has a character no consumer key has; copy it again."),
  consumer_secret: z.string().max(4000).optional(),
  private_key: z.string().max(16_384).optional(),
  signature_method: z.enum(METHODS).default("HMAC-SHA1"),
  realm: z
    .string()
    .max(200)
    .regex(/^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/, "A realm has plain characters only, and no quotes.")
    .optional(),
  in: z.enum(["header", "query", "body"]).default("header"),
  version: flag.default(true),
  body_hash: flag.default(false),
  request_token_method: z.enum(["POST", "GET"]).default("POST"),
  access_token_method: z.enum(["POST", "GET"]).default("POST"),
  authorize_params: map.default({}),
  identity_id: answerField.optional(),
  identity_label: answerField.optional(),
  base_url_from: answerField.optional(),
  revoke_url: endpoint.optional(),
  revoke_method: z.enum(["POST", "GET", "DELETE"]).default("POST"),
  problem_path: path.optional(),
  problem_codes: map.default({}),
});

export type Settings = z.infer<typeof shape>;

export const settingsSchema = shape.superRefine((settings, context) => {
  const refuse = (field: keyof Settings, message: string) =>
    context.addIssue({ code: "custom", path: [field], message });
  const legs = ["request_token_url", "authorize_url", "access_token_url"] as const;
  const missing = legs.filter((leg) => settings[leg] === undefined);
  if (missing.length < legs.length)
    for (const leg of missing) refuse(leg, "Linking by consent needs all three addresses; leave out all or none.");
  if (settings.signature_method === "RSA-SHA1") {
    const problem = keyProblem(settings.private_key);
    if (problem !== undefined) refuse("private_key", problem);
  } else if (!settings.consumer_secret) {
    refuse("consumer_secret", "Enter the consumer secret.");
  }
});

function keyProblem(pasted: string | undefined): string | undefined {
  if (!pasted) return "RSA-SHA1 signs with a private key: paste it as PEM.";
  try {
    return readPrivateKey(pasted).asymmetricKeyType === "rsa" ? undefined : "RSA-SHA1 needs an RSA key.";
  } catch (error) {
    return isSignetError(error) ? error.message : "This key can not be read.";
  }
}

export const settingsFields: Field[] = [
  {
    name: "request_token_url",
    label: "Request token URL",
    type: "url",
    example: "https://provider.example/oauth/request_token",
    help: "Leave the three addresses empty where accounts are made by entering a token and its secret.",
  },
  {
    name: "authorize_url",
    label: "Authorization URL",
    type: "url",
    example: "https://provider.example/oauth/authorize",
  },
  {
    name: "access_token_url",
    label: "Access token URL",
    type: "url",
    example: "https://provider.example/oauth/access_token",
  },
  { name: "consumer_key", label: "Consumer key", type: "text", required: true },
  {
    name: "consumer_secret",
    label: "Consumer secret",
    type: "text",
    hidden: true,
    help: "Leave it empty for RSA-SHA1 alone.",
  },
  {
    name: "signature_method",
    label: "Signature method",
    type: "choice",
    options: METHODS.map((method) => ({ value: method, label: method })),
  },
  {
    name: "private_key",
    label: "Private key",
    type: "textarea",
    hidden: true,
    help: "For RSA-SHA1, as PEM; the provider has the public half.",
  },
  { name: "realm", label: "Realm", type: "text", advanced: true, help: "Where the provider asks for one." },
  {
    name: "in",
    label: "Where the signature goes",
    type: "choice",
    advanced: true,
    help: "In the body means: of forms. Requests without a form have it in the header.",
    options: [
      { value: "header", label: "Header" },
      { value: "query", label: "Query parameters" },
      { value: "body", label: "Fields of the form" },
    ],
  },
  { name: "version", label: "Send oauth_version", type: "switch", advanced: true },
  {
    name: "body_hash",
    label: "Sign the body",
    type: "switch",
    advanced: true,
    help: "Sends oauth_body_hash for bodies that are no forms, where the provider checks it.",
  },
  {
    name: "request_token_method",
    label: "Method for the request token",
    type: "choice",
    advanced: true,
    options: [
      { value: "POST", label: "POST" },
      { value: "GET", label: "GET" },
    ],
  },
  {
    name: "access_token_method",
    label: "Method for the access token",
    type: "choice",
    advanced: true,
    options: [
      { value: "POST", label: "POST" },
      { value: "GET", label: "GET" },
    ],
  },
  {
    name: "authorize_params",
    label: "Extra authorization parameters",
    type: "map",
    advanced: true,
    example: "perms=read",
  },
  {
    name: "identity_id",
    label: "Who it is, in the access token answer",
    type: "text",
    advanced: true,
    example: "user_id",
  },
  {
    name: "identity_label",
    label: "Their name, in the access token answer",
    type: "text",
    advanced: true,
    example: "screen_name",
  },
  { name: "base_url_from", label: "Base URL from the access token answer", type: "text", advanced: true },
  {
    name: "revoke_url",
    label: "Revocation URL",
    type: "url",
    advanced: true,
    help: "Called signed when an account is disconnected. {token} stands for the token.",
  },
  {
    name: "revoke_method",
    label: "Method of the revocation",
    type: "choice",
    advanced: true,
    options: [
      { value: "POST", label: "POST" },
      { value: "GET", label: "GET" },
      { value: "DELETE", label: "DELETE" },
    ],
  },
  {
    name: "problem_path",
    label: "Where an error's code sits in a JSON answer",
    type: "text",
    advanced: true,
    example: "errors.0.code",
  },
  {
    name: "problem_codes",
    label: "What the provider's own codes mean",
    type: "map",
    advanced: true,
    example: "135=timestamp_refused",
    help: "In the words of OAuth Problem Reporting.",
  },
];
