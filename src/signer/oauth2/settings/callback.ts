import { z } from "zod";
import type { Field } from "../../kind.ts";
import { list, map } from "../../shapes.ts";
import { parameter } from "./parameter.ts";

const NAME = /^[a-z][a-z0-9_]{0,49}$/;
const PATTERN = /^[^\s*#]{1,100}( [^\s*#]{0,200}[*#][^\s*#]{0,200})?$/;

/** Names for what is learned of an account, used as {name} in addresses, headers and parameters. */
export const learned = map.refine(
  (names) => Object.keys(names).every((name) => NAME.test(name)),
  "A name is lower-case letters, digits and underscores.",
);

/** What the browser brings back from the provider. */
export const callbackShape = {
  issuer: z.string().max(500).optional(),
  code_param: parameter.optional(),
  token_in_callback: parameter
    .refine((name) => !/^(access|id)_token$/.test(name), "Tokens of the implicit grant are never taken.")
    .optional(),
  callback_expect: map.optional(),
  callback_metadata: learned
    .refine(
      (names) => Object.values(names).every((from) => PATTERN.test(from)),
      "Write the parameter's name, and behind a space what its value looks like, with * or # where the value is.",
    )
    .optional(),
  callback_hmac_param: parameter.optional(),
  token_host_from: parameter.optional(),
  token_hosts: list
    .pipe(
      z.array(
        z.string().regex(/^[a-z0-9.-]+(:\d{1,5})?$/, "Name each host exactly, such as accounts.provider.example."),
      ),
    )
    .optional(),
};

const GROUP = "The callback";

export const callbackFields: Field[] = [
  {
    name: "issuer",
    label: "Issuer",
    type: "text",
    advanced: true,
    help: "When the provider sends iss in the callback (RFC 9207).",
  },
  {
    name: "code_param",
    label: "Name of the code parameter in the callback",
    type: "text",
    advanced: true,
    group: GROUP,
    help: "Default: code.",
  },
  {
    name: "token_in_callback",
    label: "Callback parameter that already is the token",
    type: "text",
    advanced: true,
    group: GROUP,
    help: "For a provider that trades no code. Nothing is asked of the token URL then.",
  },
  {
    name: "callback_expect",
    label: "What the callback must say",
    type: "map",
    advanced: true,
    group: GROUP,
    example: "shop=acme.shops.example",
    help: "Each parameter must come with exactly this value, or the link fails.",
  },
  {
    name: "callback_metadata",
    label: "What to keep of the callback",
    type: "map",
    advanced: true,
    group: GROUP,
    example: "company=realm #",
    help: "A name for it, then the parameter. Behind a space what its value looks like: * stands for the part to keep, # for digits only.",
  },
  {
    name: "callback_hmac_param",
    label: "Callback parameter with a signature",
    type: "text",
    advanced: true,
    group: GROUP,
    help: "HMAC-SHA256 of all other parameters, with the client secret, in hexadecimal; checked before anything else.",
  },
  {
    name: "token_host_from",
    label: "Callback parameter that names the token host",
    type: "text",
    advanced: true,
    group: GROUP,
    help: "For providers with data centres: its host takes the place of the token URL's, if it is one of those below.",
  },
  {
    name: "token_hosts",
    label: "Hosts it may name",
    type: "list",
    advanced: true,
    group: GROUP,
    help: "The client secret may go to these, so list only the provider's own token hosts.",
  },
];
