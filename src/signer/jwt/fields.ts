import { JWS_ALGORITHMS } from "../jws.ts";
import type { Field } from "../kind.ts";
import { promptFields } from "../prompts.ts";
import { wonFields } from "../won.ts";
import { promptsOf, type Settings } from "./settings.ts";

export function secretFields(settings: Settings): Field[] {
  const shared = settings.algorithm.startsWith("HS");
  const usual = shared ? "Shared secret" : "Private key";
  const help = shared ? undefined : "The whole key, from -----BEGIN to -----END, or the whole file it came in.";
  return [
    {
      name: "key",
      label: settings.key_label ?? usual,
      type: shared ? "text" : "textarea",
      required: true,
      hidden: true,
      ...(help === undefined ? {} : { help }),
    },
    ...promptFields(promptsOf(settings)),
  ];
}

export const settingsFields: Field[] = [
  {
    name: "algorithm",
    label: "Algorithm",
    type: "choice",
    options: JWS_ALGORITHMS.map((algorithm) => ({ value: algorithm, label: algorithm })),
  },
  { name: "issuer", label: "Issuer (iss)", type: "text", example: "{issuer}" },
  { name: "subject", label: "Subject (sub)", type: "text", example: "{user}" },
  { name: "audience", label: "Audience (aud)", type: "text", example: "https://provider.example/token" },
  {
    name: "asks",
    label: "What an account is asked besides its key",
    type: "map",
    example: "app_id=App ID",
    help: "Names and labels; {app_id} then stands for what was entered. {issuer} and {key_id} are also read from the key's file.",
  },
  {
    name: "claims",
    label: "Further claims",
    type: "map",
    example: "jti={nonce}",
    help: 'Known are also {now}, {nonce}, {fingerprint}, {method}, {host} and {path}. A value in JSON, such as 5 or ["a"], is taken as that.',
  },
  { name: "scopes", label: "Scopes", type: "list", help: "Together they are the claim scope." },
  {
    name: "jwt_lifetime_seconds",
    label: "Lifetime of a JWT (seconds)",
    type: "number",
    advanced: true,
  },
  {
    name: "backdate_seconds",
    label: "Seconds by which it is dated back",
    type: "number",
    advanced: true,
    help: "For providers whose clocks are late.",
  },
  { name: "key_id", label: "Key id (kid)", type: "text", advanced: true, example: "{key_id}" },
  { name: "header_params", label: "Further header parameters", type: "map", advanced: true },
  {
    name: "key_encoding",
    label: "How a shared secret is written",
    type: "choice",
    advanced: true,
    options: [
      { value: "raw", label: "As it is" },
      { value: "base64", label: "In base64" },
      { value: "hex", label: "In hexadecimal" },
    ],
  },
  {
    name: "key_separator",
    label: "Sign between key id and secret",
    type: "text",
    advanced: true,
    example: ":",
    help: "For keys that are pasted as id:secret.",
  },
  { name: "key_label", label: "What the key is called", type: "text", advanced: true, example: "Admin API key" },
  {
    name: "exchange",
    label: "What is done with the JWT",
    type: "choice",
    options: [
      { value: "none", label: "It goes out with each request" },
      { value: "assertion", label: "It is exchanged for a token (RFC 7523)" },
      { value: "bearer", label: "It is the bearer of a request that gives a token" },
    ],
  },
  {
    name: "token_url",
    label: "Token URL",
    type: "url",
    example: "https://provider.example/oauth/token",
    help: "Its path may have {installation_id} and the like in it.",
  },
  {
    name: "token_method",
    label: "Method at the token URL",
    type: "choice",
    advanced: true,
    options: [
      { value: "POST", label: "POST" },
      { value: "GET", label: "GET" },
    ],
  },
  { name: "token_params", label: "Extra token parameters", type: "map", advanced: true },
  {
    name: "client_secret",
    label: "Secret of the application",
    type: "text",
    hidden: true,
    advanced: true,
    help: "The same for all accounts; {client_secret} stands for it among the token parameters.",
  },
  {
    name: "token_path",
    label: "Where the token sits in the answer",
    type: "text",
    advanced: true,
    example: "access_token",
  },
  ...wonFields,
  { name: "header", label: "Header", type: "text", advanced: true, example: "Authorization" },
  { name: "format", label: "Format", type: "text", advanced: true, example: "Bearer {token}" },
];
