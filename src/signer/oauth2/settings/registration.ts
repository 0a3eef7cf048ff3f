import type { Field } from "../../kind.ts";
import { endpoint } from "../../shapes.ts";
import { credential } from "../../text.ts";

const GROUP = "Registration of the client";

/** What a client that registered itself was given to manage its registration with (RFC 7592). */
export const registrationShape = {
  registration_url: endpoint.optional(),
  registration_token: credential.optional(),
};

export const registrationFields: Field[] = [
  {
    name: "registration_url",
    label: "Address of the client's registration",
    type: "url",
    advanced: true,
    group: GROUP,
    help: "Where a client that registered itself is managed (RFC 7592).",
  },
  {
    name: "registration_token",
    label: "Token for the client's registration",
    type: "text",
    hidden: true,
    advanced: true,
    group: GROUP,
  },
];
