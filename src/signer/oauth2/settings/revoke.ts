import type { Field } from "../../kind.ts";
import { endpoint } from "../../shapes.ts";

/** How the provider is asked to forget a grant. */
export const revokeShape = {
  revoke_url: endpoint.optional(),
};

export const revokeFields: Field[] = [
  {
    name: "revoke_url",
    label: "Revocation URL",
    type: "url",
    advanced: true,
    help: "Called when an account is disconnected (RFC 7009).",
  },
];
