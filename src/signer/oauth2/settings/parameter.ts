import { z } from "zod";

/** The name of a parameter in a form, a query or a JSON object. */
export const parameter = z
  .string()
  .min(1, "Enter the parameter's name.")
  .max(100)
  .regex(/^[A-Za-z0-9._~[\]-]+$/, "A parameter's name has no spaces or signs.");
