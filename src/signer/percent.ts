// Percent-encoding as signatures want it (RFC 5849 section 3.6): unreserved characters stay, every other byte becomes
// %XX in capitals, a space %20.

const UNRESERVED = /^[A-Za-z0-9\-._~]*$/;

/** A parameter whose name and value are percent-encoded. */
export type Encoded = readonly [name: string, value: string];

/** The UTF-8 of `text`, encoded. */
export function percentEncode(text: string): string {
  return UNRESERVED.test(text) ? text : encodeBytes(Buffer.from(text, "utf8").toString("latin1"));
}

/** Encoded anew, however much of it was already; a "%" that begins nothing is itself. One character per byte. */
export function recode(text: string): string {
  if (UNRESERVED.test(text)) return text;
  const bytes = text.replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)));
  return encodeBytes(bytes);
}

/**
 * The parameters of a form or query, decoded and encoded anew, in their order and with their repeats; a "+" is a
 * space. `form` has one character per byte, because a value need not be UTF-8 to be signed.
 */
export function encodedPairs(form: string): Encoded[] {
  return form
    .split("&")
    .filter((part) => part !== "")
    .map((part) => {
      const spaced = part.replaceAll("+", " ");
      const at = spaced.indexOf("=");
      return at < 0 ? [recode(spaced), ""] : [recode(spaced.slice(0, at)), recode(spaced.slice(at + 1))];
    });
}

function encodeBytes(latin1: string): string {
  return latin1.replace(
    /[^A-Za-z0-9\-._~]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}
