import { z } from "zod";
import type { Field } from "../../kind.ts";
import { headerName } from "../../text.ts";

/** How the token goes out with a request, and how the API says that it did not take it. */
export const attachShape = {
  header: headerName.default("Authorization"),
  prefix: z
    .string()
    .max(50)
    .regex(/^[\x21-\x7e]*$/, "One word without spaces.")
    .default("Bearer"),
  auth_failure_statuses: z.array(z.coerce.number().int()).default([401]),
};

export const attachFields: Field[] = [
  { name: "header", label: "Header", type: "text", advanced: true, example: "Authorization" },
  { name: "prefix", label: "Word before the token", type: "text", advanced: true, example: "Bearer" },
  {
    name: "auth_failure_statuses",
    label: "Statuses that mean the token was refused",
    type: "list",
    advanced: true,
    example: "401",
  },
];
