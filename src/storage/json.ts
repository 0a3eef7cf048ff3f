// What PostgreSQL takes in no text: NUL, and halves of characters. A backslash that was written as such comes first, so
// that what only looks like one of these stays as it is.
const REFUSED = /(\\\\)|\\u(?:0000|d[89a-f][0-9a-f]{2})/gi;

/** A value as JSON that a json or jsonb column takes; what it can not hold becomes U+FFFD. */
export function jsonText(value: unknown): string {
  return (JSON.stringify(value) ?? "null").replace(REFUSED, (_, backslash?: string) => backslash ?? "\\ufffd");
}
