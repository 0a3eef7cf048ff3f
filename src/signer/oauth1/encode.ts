/** A parameter whose name and value are percent-encoded. */
export type Encoded = readonly [name: string, value: string];

/** RFC 5849 section 3.6: unreserved characters stay, every other byte of UTF-8 becomes %XX in capitals, a space %20. */
export function percentEncode(text: string): string {
  return encodeBytes(Buffer.from(text, "utf8").toString("latin1"));
}

/**
 * The parameters of a form or query, decoded and encoded anew by section 3.6, in their order and with their repeats.
 * `form` has one character per byte, because a value need not be UTF-8 to be signed.
 */
export function encodedPairs(form: string): Encoded[] {
  return form
    .split("&")
    .filter((part) => part !== "")
    .map((part) => {
      const at = part.indexOf("=");
      return at < 0 ? [recode(part), ""] : [recode(part.slice(0, at)), recode(part.slice(at + 1))];
    });
}

/** In forms a "+" is a space (section 3.4.1.3.1); a "%" that begins nothing is itself. */
function recode(text: string): string {
  const bytes = text
    .replaceAll("+", " ")
    .replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)));
  return encodeBytes(bytes);
}

function encodeBytes(latin1: string): string {
  return latin1.replace(
    /[^A-Za-z0-9\-._~]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}
