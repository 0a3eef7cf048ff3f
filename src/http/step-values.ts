import { invalid } from "../errors.ts";

// A value as people type it: text as it is, anything else as JSON.

/** How a value is put into a field. */
export function shownValue(value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "string" && !looksLikeJson(value) ? value : JSON.stringify(value, null, 2);
}

/** The value of what was typed; undefined for nothing. Throws `invalid` for what begins like JSON and is none. */
export function readValue(typed: string, path: string): unknown {
  const text = typed.trim();
  if (text === "") return undefined;
  const parsed = parse(text);
  if (parsed.ok) return parsed.value;
  if (!beginsLikeJson(text)) return text;
  const hint = /[:,[]\s*\{\{/.test(text)
    ? "Put each {{ … }} into double quotes; one that stands alone keeps its kind."
    : "Text that begins with {, [ or a quote is read as JSON.";
  throw invalid(path, `This is not JSON: ${parsed.problem}. ${hint}`);
}

/** Text with the ends of lines as people mean them: browsers send CR LF. */
export function plainLines(text: string): string {
  return text.replaceAll("\r\n", "\n");
}

function looksLikeJson(text: string): boolean {
  return text !== text.trim() || text === "" || beginsLikeJson(text) || parse(text).ok;
}

function beginsLikeJson(text: string): boolean {
  return /^(["[]|\{(?!\{))/.test(text);
}

function parse(text: string): { ok: true; value: unknown } | { ok: false; problem: string } {
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch (error) {
    return { ok: false, problem: (error as Error).message.replace(/\.$/, "") };
  }
}
