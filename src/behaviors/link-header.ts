// Read from the start, each piece where the one before ended.
const TARGET = /[\s,]*<([^>]*)>/y;
const PARAMETER = /\s*;\s*([^\s=;,"]*)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?/y;

/** Where a Link header (RFC 8288) says that the next page is: an address or part of one, undefined when it does not. */
export function nextLink(header: string): string | undefined {
  for (let at = 0; at < header.length;) {
    TARGET.lastIndex = at;
    const target = TARGET.exec(header);
    if (target === null) return undefined;
    const { parameters, end } = parametersAt(header, TARGET.lastIndex);
    // A link with an anchor is about something else than this page.
    if (!parameters.has("anchor") && isNext(parameters.get("rel"))) return target[1]!.trim();
    const comma = header.indexOf(",", end);
    if (comma < 0) return undefined;
    at = comma + 1;
  }
  return undefined;
}

/** The parameters of a link; of a name that comes twice, the first counts (section 3.3). */
function parametersAt(header: string, start: number): { parameters: Map<string, string>; end: number } {
  const parameters = new Map<string, string>();
  let end = start;
  for (;;) {
    PARAMETER.lastIndex = end;
    const found = PARAMETER.exec(header);
    if (found === null) return { parameters, end };
    end = PARAMETER.lastIndex;
    const [, name, quoted, token] = found;
    const key = name!.toLowerCase();
    if (!parameters.has(key)) parameters.set(key, quoted?.replace(/\\(.)/g, "$1") ?? token ?? "");
  }
}

function isNext(relations: string | undefined): boolean {
  return (relations ?? "").toLowerCase().split(/\s+/).includes("next");
}
