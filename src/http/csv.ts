// A spreadsheet takes what begins with one of these for a formula, the full-width ones included; where it separates
// cells by ";" or a tab, so does what follows one of those.
const FORMULA = /(^|[;\t\r\n])(?=[\s"']*[=+\-@＝＋－＠])/g;

/**
 * One line of comma-separated values (RFC 4180), every field in quotation marks. What a spreadsheet would run is kept
 * as text by an apostrophe before it; nothing at all is an empty field.
 */
export function csvLine(fields: (string | number | null | undefined)[]): string {
  return `${fields.map((field) => `"${asText(String(field ?? "")).replaceAll('"', '""')}"`).join(",")}\r\n`;
}

function asText(field: string): string {
  return field.replace(FORMULA, "$1'");
}
