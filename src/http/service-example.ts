import { invalid } from "../errors.ts";
import type { Kind, Slots } from "../signer/kind.ts";
import { readExample, type ConsoleRequest } from "./curl.ts";
import { allKinds, storedTexts, type Texts } from "./kind-fields.ts";
import { EMPTY_SERVICE, type ServiceTexts } from "./service-form.ts";

/** What a documented request tells of a service: the beginning of its form. */
export interface ServiceExample {
  kind: Kind;
  typed: ServiceTexts;
  settings: Texts;
  notes: string[];
}

/** Headers of a request that are not the service's. */
const OF_THE_REQUEST = /^(content-.*|user-agent|host|referer|origin|connection|accept-encoding|cookie)$/i;
const SECRET_NAME = /key|token|secret|auth|password|signature/i;
const BLANK = /[{}<>$]|%7b|%3c|(^|\/):\w|\byour[-_]/i;
/** A path's beginning that all requests share: "/api", "/rest/v2", "/2024-01". */
const COMMON = /^((?:\/[\w.-]+){0,3}?\/v?\d{1,4}(?:[.-]\d+)*|\/(?:api|rest))(?=\/|$)/i;

/**
 * Reads a curl command of a service's documentation. The credential in it tells the kind and is left out. Throws
 * `invalid` naming `curl` for what is no such command, or has no credential that a kind knows.
 */
export function readServiceExample(command: string): ServiceExample {
  const { request, example } = readExample(command);
  const url = addressOf(request);
  for (const kind of allKinds()) {
    const settings = kind.fromExample?.(example);
    if (settings === undefined) continue;
    const parsed = kind.settingsSchema.safeParse(settings);
    if (!parsed.success) continue;
    const { typed, notes } = serviceOf(request, url, kind.slots(parsed.data));
    return { kind, typed, settings: storedTexts(kind, settings as Record<string, unknown>), notes };
  }
  throw invalid(
    "curl",
    'There is no credential in this command, such as -H "Authorization: …", -u name:password or ?api_key=…. Copy an example that has one, or choose a kind.',
  );
}

function addressOf({ url }: ConsoleRequest): URL {
  const host = /^[a-z]+:\/\/([^/?#]*)/i.exec(url)?.[1] ?? "";
  if (BLANK.test(host) || !URL.canParse(url) || !/^https?:/i.test(url))
    throw invalid("curl", "Put the real host into the address; it has something to be filled in, or is none.");
  return new URL(url);
}

function serviceOf(request: ConsoleRequest, url: URL, slots: Slots): { typed: ServiceTexts; notes: string[] } {
  const common = COMMON.exec(url.pathname)?.[1] ?? "";
  const notes: string[] = [];
  for (const name of slots.query) url.searchParams.delete(name);
  const path = `${url.pathname.slice(common.length) || "/"}${url.search}`;
  const usable = request.method === "GET" || request.method === "HEAD";
  if (!usable)
    notes.push(`The example changes something (${request.method}), so enter a harmless test request yourself.`);
  else if (BLANK.test(decoded(path)))
    notes.push("The example has blanks to fill in, so enter a test request yourself.");
  const tested = usable && !BLANK.test(decoded(path));
  const headers = request.headers.filter(([name]) => !isSlot(slots, name) && !OF_THE_REQUEST.test(name));
  const kept = headers.filter(([name, value]) => !SECRET_NAME.test(name) && !BLANK.test(value) && value !== "*/*");
  for (const [name] of headers.filter((one) => !kept.includes(one) && one[1] !== "*/*"))
    notes.push(`The header ${name} was left out, because its value may be secret or is to be filled in.`);
  const typed = {
    ...EMPTY_SERVICE,
    name: nameOf(url.hostname),
    base_url: url.origin + common,
    hosts: url.host,
    headers: kept.map(([name, value]) => `${name}: ${value}`).join("\n"),
    ...(tested && { "test.method": request.method, "test.url": path }),
  };
  return { typed, notes };
}

function isSlot(slots: Slots, name: string): boolean {
  return slots.headers.some((slot) => slot.toLowerCase() === name.toLowerCase());
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** "api.example.co.uk" is Example, as far as a host's name can tell. */
function nameOf(hostname: string): string {
  if (/^[\d.]+$|^\[/.test(hostname)) return "";
  const labels = hostname.split(".").filter((label) => !/^(api|www|rest|app|gateway|v\d+)$/.test(label));
  const suffix = labels.length > 2 && /^(ac|co|com|gov|net|org)$/.test(labels.at(-2)!) ? 2 : 1;
  const name = labels.at(-1 - suffix) ?? "";
  return name.charAt(0).toUpperCase() + name.slice(1);
}
