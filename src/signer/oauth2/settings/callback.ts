import { z } from "zod";
import type { Field } from "../../kind.ts";

/** What the browser brings back from the provider. */
export const callbackShape = {
  issuer: z.string().max(500).optional(),
};

export const callbackFields: Field[] = [
  {
    name: "issuer",
    label: "Issuer",
    type: "text",
    advanced: true,
    help: "When the provider sends iss in the callback (RFC 9207).",
  },
];
