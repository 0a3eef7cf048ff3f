import { hostName, portOf } from "../outbound/address-guard.ts";

// A host rule is an exact name or `*.example.com`, each with an optional port. Never a regular expression (E-3).

const LABEL = "[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?";
const NAME = new RegExp(`^${LABEL}(\\.${LABEL})*$`);
// Whatever a URL parser would drop, decode or take for something else than a name ends the match.
const ENTRY = /^(\*\.)?(\[[0-9a-f:.]+\]|[^\u0000-\u0020\u007f:/\\@?#%[\]]+)(?::(\d{1,5}))?$/;

/** The entry in the form that is stored and compared, or a sentence about what is wrong with it. */
export function parseHost(entry: string): { host: string } | { problem: string } {
  const text = entry.trim().toLowerCase();
  if (text.includes("/"))
    return { problem: `"${entry}" is an address; enter the host name alone, such as api.example.com.` };
  const host = canonical(text);
  if (host === undefined) return { problem: `"${entry}" is not a host name.` };
  if (/^\*\.[^.]*$/.test(host)) {
    return { problem: `"${entry}" would cover a whole top-level domain; name at least two labels after the asterisk.` };
  }
  return { host };
}

/**
 * True when a credential bound to `hosts` may go to `url`. An entry without port stands for the scheme's own port,
 * or for the base URL's when it is the same host; plain http is only for a service whose base URL is http.
 */
export function hostAllowed(hosts: readonly string[], url: URL, baseUrl: string | null): boolean {
  let known = judged.get(hosts);
  if (known === undefined) judged.set(hosts, (known = new Map()));
  const { host, protocol } = url;
  let verdict = known.get(host);
  if (verdict?.protocol !== protocol || verdict.baseUrl !== baseUrl) {
    if (known.size >= MAX_JUDGED) known.clear();
    known.set(host, (verdict = { protocol, baseUrl, allowed: fits(hosts, url, baseUrl) }));
  }
  return verdict.allowed;
}

interface Judged {
  protocol: string;
  baseUrl: string | null;
  allowed: boolean;
}

/** The newest verdict of each list, by host: a list never changes, another takes its place. */
const judged = new WeakMap<readonly string[], Map<string, Judged>>();
const MAX_JUDGED = 1_000;

function fits(hosts: readonly string[], url: URL, baseUrl: string | null): boolean {
  const base = baseUrl === null ? undefined : new URL(baseUrl);
  if (url.protocol !== "https:" && (url.protocol !== "http:" || base?.protocol !== "http:")) return false;
  const name = hostName(url.hostname);
  const port = portOf(url);
  const ownPort = url.port === "" || (base !== undefined && hostName(base.hostname) === name && portOf(base) === port);
  return hosts.some((entry) => {
    const [rule, rulePort] = splitPort(entry);
    return nameFits(rule, name) && (rulePort === undefined ? ownPort : rulePort === port);
  });
}

/** What both lists allow: the rule that was sealed with a secret cut with the service's present one. */
export function narrower(sealed: readonly string[], present: readonly string[]): string[] {
  return sealed
    .filter((entry) => present.some((other) => other === entry || covers(other, entry)))
    .concat(present.filter((entry) => !sealed.includes(entry) && sealed.some((other) => covers(other, entry))));
}

/** The host entry that stands for a base URL. */
export function hostOf(baseUrl: string): string {
  const url = new URL(baseUrl);
  return url.host.toLowerCase();
}

function covers(wide: string, narrow: string): boolean {
  const [wideName, widePort] = splitPort(wide);
  const [narrowName, narrowPort] = splitPort(narrow);
  return widePort === narrowPort && wideName.startsWith("*.") && narrowName.endsWith(wideName.slice(1));
}

function nameFits(rule: string, name: string): boolean {
  if (!rule.startsWith("*.")) return rule === name;
  const isAddress = /^[\d.]+$|:/.test(name);
  return !isAddress && name.endsWith(rule.slice(1)) && name.length > rule.length - 1;
}

function splitPort(entry: string): [string, number | undefined] {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(entry);
  if (!match) return [entry, undefined];
  return [match[1] ?? match[2]!, match[3] === undefined ? undefined : Number(match[3])];
}

/** In ASCII, an address as URLs print it, without a final dot. Undefined for what is not a host with an optional port. */
function canonical(text: string): string | undefined {
  const [, star = "", name = "", port] = ENTRY.exec(text) ?? [];
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) return undefined;
  if (!URL.canParse(`http://${name}/`)) return undefined;
  const ascii = new URL(`http://${name}/`).hostname.replace(/\.$/, "");
  const isName = NAME.test(ascii);
  if (!isName && (star !== "" || !ascii.startsWith("["))) return undefined;
  return `${star}${ascii}${port === undefined ? "" : `:${Number(port)}`}`;
}
