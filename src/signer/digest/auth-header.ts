/** One challenge of WWW-Authenticate: its scheme in lower case, and its parameters by names in lower case. */
export interface SchemeChallenge {
  scheme: string;
  parameters: Map<string, string>;
}

const SEPARATORS = /[\s,]*/y;
const PARAMETER = /([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))(?=[\s,]|$)/y;
const SCHEME = /([!#$%&'*+\-.^_`|~0-9A-Za-z]+)(?=[\s,]|$)/y;
const TOKEN68 = /[ \t]+[A-Za-z0-9\-._~+/]+=*(?=[ \t]*(?:,|$))/y;

/**
 * The challenges of one or more WWW-Authenticate headers, in their order (RFC 9110 section 11.6.1). What can not be
 * read ends that header; a parameter that comes twice counts as it came first.
 */
export function parseChallenges(values: string[]): SchemeChallenge[] {
  return values.flatMap((value) => {
    const challenges: SchemeChallenge[] = [];
    for (let at = after(SEPARATORS, value, 0)!; at < value.length; at = after(SEPARATORS, value, at)!) {
      const current = challenges.at(-1);
      const parameter = current && matchAt(PARAMETER, value, at);
      const found = parameter ?? matchAt(SCHEME, value, at);
      if (!found) break;
      at += found[0].length;
      if (parameter) keep(current.parameters, parameter);
      else {
        challenges.push({ scheme: found[1]!.toLowerCase(), parameters: new Map() });
        at = after(TOKEN68, value, at) ?? at;
      }
    }
    return challenges;
  });
}

/** The parameters of a header that is nothing but those, such as Authentication-Info (RFC 7615 section 3). */
export function parseParameters(value: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (let at = after(SEPARATORS, value, 0)!; at < value.length; at = after(SEPARATORS, value, at)!) {
    const found = matchAt(PARAMETER, value, at);
    if (!found) break;
    keep(parameters, found);
    at += found[0].length;
  }
  return parameters;
}

/** A quoted-string (RFC 9110 section 5.6.4). */
export function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

function keep(parameters: Map<string, string>, [, name, inQuotes, token]: RegExpExecArray): void {
  const lower = name!.toLowerCase();
  if (!parameters.has(lower)) parameters.set(lower, inQuotes?.replace(/\\(.)/g, "$1") ?? token!);
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** Where `pattern` ends when it stands at `at`. */
function after(pattern: RegExp, text: string, at: number): number | undefined {
  const found = matchAt(pattern, text, at);
  return found === null ? undefined : at + found[0].length;
}
