import { z } from "zod";

// RFC 9110 section 5.6.2: the characters of a token, which a field name is made of.
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** A header field's name. */
export const headerName = z.string().max(100).regex(TOKEN, "Use letters, digits and dashes only.");

/** A credential that can stand in a header: visible ASCII and inner spaces (RFC 9110 section 5.5), 8 characters or more. */
export const credential = z
  .string()
  .min(1, "Enter the secret.")
  .max(16_384, "This is longer than any known credential (16 KB).")
  .regex(
    /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/,
    "It has a line break, an outer space or a character no credential has; copy it again.",
  )
  // What is shorter can not be told from ordinary words when answers are cleaned of it (statement E-13).
  .min(8, "A secret of fewer than 8 characters can not be kept out of answers; use a longer one.");

/** The last four characters, shown only of secrets long enough not to be given away by them (statement V-9). */
export function lastFour(secret: string): string {
  return secret.length >= 20 ? `ends in ${secret.slice(-4)}` : "saved, hidden";
}
