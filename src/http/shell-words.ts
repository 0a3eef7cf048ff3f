import { invalid } from "../errors.ts";

const ESCAPES: Record<string, string> = { n: "\n", r: "\r", t: "\t", "0": "\0", a: "\x07", b: "\b", f: "\f", v: "\v" };

/**
 * Words of a POSIX shell command: quotes, backslashes and $'…'; no substitution of any kind. Throws `invalid` naming
 * `curl` for a quotation mark that is not closed.
 */
export function shellWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  const piece =
    /\\\r?\n|\\([\s\S])|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\$'((?:[^'\\]|\\[\s\S])*)'|(\s+)|([^\s\\'"]+?(?=\$')|[^\s\\'"]+)/y;
  for (piece.lastIndex = 0; piece.lastIndex < text.length;) {
    const match = piece.exec(text);
    if (!match) throw invalid("curl", "A quotation mark is not closed.");
    const [all, escaped, single, double, ansi, space, plain] = match;
    if (space !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (!/^\\\r?\n$/.test(all)) {
      word =
        (word ?? "") +
        (escaped ??
          single ??
          (double === undefined ? undefined : unquoted(double)) ??
          (ansi === undefined ? plain! : unescaped(ansi)));
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

function unquoted(text: string): string {
  return text.replace(/\\(\r?\n|[\\"$`])/g, (_all, sign: string) => (/\n$/.test(sign) ? "" : sign));
}

function unescaped(text: string): string {
  return text.replace(/\\(u[0-9a-fA-F]{1,4}|x[0-9a-fA-F]{1,2}|[\s\S])/g, (_all, sign: string) => {
    if (sign.length > 1) return String.fromCharCode(parseInt(sign.slice(1), 16));
    return ESCAPES[sign] ?? sign;
  });
}
