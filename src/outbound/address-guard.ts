import { lookup as dnsLookup, type LookupAddress } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";
import { SignetError } from "../errors.ts";

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** What the operator lets requests reach although it is private: ranges, or one host with one port. */
export interface AllowList {
  ranges: [Address, number][];
  hosts: Set<string>;
}

// Clouds answer these with credentials of the machine; no allow entry opens them. The second is an ordinary
// public address by its range.
const METADATA = new Set([
  "169.254.169.254",
  "168.63.129.16",
  "169.254.170.2",
  "169.254.170.23",
  "100.100.100.200",
  "192.0.0.192",
  "fd00:ec2::254",
  "fd20:ce::254",
]);
const METADATA_NAMES = new Set(["metadata", "metadata.google.internal", "instance-data", "instance-data.ec2.internal"]);
const PRIVATE_NAME = /(^|\.)(localhost|local|internal|home\.arpa|svc|consul|lan|intranet)$/;

const MAX_JUDGED = 10_000;

/** Reads OUTBOUND_ALLOW. Throws Error with one line for an entry that is neither a range nor host:port. */
export function parseAllowList(entries: string[]): AllowList {
  const list: AllowList = { ranges: [], hosts: new Set() };
  for (const entry of entries) {
    const place = hostAndPort(entry);
    // isIP, because ipaddr.js reads 10.1/16 as 10.0.0.1/16.
    if (isIP(entry.split("/")[0]!) && ipaddr.isValidCIDR(entry)) list.ranges.push(ipaddr.parseCIDR(entry));
    else if (isIP(entry)) list.ranges.push([ipaddr.parse(entry), isIP(entry) === 4 ? 32 : 128]);
    else if (place !== undefined) list.hosts.add(place);
    else throw new Error(`Setting OUTBOUND_ALLOW: "${entry}" is neither a range such as 10.0.0.0/8 nor host:port.`);
  }
  return list;
}

/**
 * Decides which addresses a request may connect to (statements E-4 and E-5). Checks are made on the addresses that
 * are connected to, so a name that resolves differently the second time gains nothing.
 */
export class AddressGuard {
  readonly #allow: AllowList;
  readonly #allowedOnly: boolean;
  /** The newest verdict by host and port; none ever changes, because the allow list does not. */
  readonly #judged = new Map<string, { protocol: string; passes: boolean }>();

  /** With `allowedOnly`, nothing passes but what the operator allowed: for plain http to control endpoints. */
  constructor(allow: AllowList, allowedOnly = false) {
    this.#allow = allow;
    this.#allowedOnly = allowedOnly;
  }

  /** Judges what can be judged before names are resolved. Throws SignetError `address_denied`. */
  judge(url: URL): void {
    const { host, protocol } = url;
    let verdict = this.#judged.get(host);
    if (verdict?.protocol !== protocol) {
      if (this.#judged.size >= MAX_JUDGED) this.#judged.clear();
      this.#judged.set(host, (verdict = { protocol, passes: this.#mayTry(url) }));
    }
    if (!verdict.passes) throw denied();
  }

  #mayTry(url: URL): boolean {
    const name = hostName(url.hostname);
    if (METADATA_NAMES.has(name)) return false;
    if (isIP(name)) return this.#passes(name, name, portOf(url));
    if (this.#allow.hosts.has(`${name}:${portOf(url)}`)) return true;
    const local = PRIVATE_NAME.test(name) || !name.includes(".");
    return !local || this.#allow.ranges.length > 0;
  }

  /** A lookup for sockets that answers only with addresses that pass, and fails when one of a public name's does not. */
  lookupFor(port: number): LookupFunction {
    return (hostname, options, callback) => {
      dnsLookup(hostname, { all: true, family: options.family ?? 0 }, (error, addresses) => {
        if (error) return callback(unreachable(error) as NodeJS.ErrnoException, "", 0);
        const passing = this.#select(hostName(hostname), addresses, port);
        if (passing.length === 0) return callback(denied() as NodeJS.ErrnoException, "", 0);
        if (options.all) return callback(null, passing as never);
        callback(null, passing[0]!.address, passing[0]!.family);
      });
    };
  }

  // "localhost" is two addresses of which the operator may have allowed one; for every other name one bad answer
  // spoils all.
  #select(name: string, addresses: LookupAddress[], port: number): LookupAddress[] {
    const passing = addresses.filter(({ address }) => this.#passes(name, address, port));
    return name === "localhost" || passing.length === addresses.length ? passing : [];
  }

  #passes(name: string, address: string, port: number): boolean {
    const parsed = readAddress(address);
    if (METADATA.has(parsed.toString()) || embedded(parsed).some((inner) => METADATA.has(inner))) return false;
    const shown = parsed.kind() === "ipv6" ? `[${parsed.toString()}]` : parsed.toString();
    const listed =
      this.#allow.hosts.has(`${name}:${port}`) ||
      this.#allow.hosts.has(`${shown}:${port}`) ||
      this.#allow.ranges.some(([range, bits]) => range.kind() === parsed.kind() && parsed.match(range as never, bits));
    return listed || (!this.#allowedOnly && isGlobalUnicast(parsed));
  }
}

/** Lower case, without the brackets of an IPv6 address and without the dots behind a full name. */
export function hostName(hostname: string): string {
  return hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, "")
    .replace(/\.+$/, "");
}

export function portOf(url: URL): number {
  return url.port !== "" ? Number(url.port) : url.protocol === "https:" ? 443 : 80;
}

/** `host:port` as it is compared, or undefined. */
function hostAndPort(entry: string): string | undefined {
  const port = Number(/^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+):(\d{1,5})$/i.exec(entry)?.[1]);
  if (!(port > 0) || !URL.canParse(`http://${entry}/`)) return undefined;
  return `${new URL(`http://${entry}/`).hostname.replace(/\.$/, "")}:${port}`;
}

/** A mapped address as the IPv4 address that a socket connects to; every other as it is. */
function readAddress(address: string): Address {
  // As URLs print it, because ipaddr.js takes ::8.8.8.8 for a mapped address.
  const url = `http://[${address}]/`;
  const parsed = ipaddr.parse(isIP(address) === 6 && URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : address);
  return parsed.kind() === "ipv6" && (parsed as ipaddr.IPv6).isIPv4MappedAddress()
    ? (parsed as ipaddr.IPv6).toIPv4Address()
    : parsed;
}

/** The IPv4 addresses an IPv6 address may stand for: the last bits (NAT64 and the like) or those behind the first block (6to4). */
function embedded(address: Address): string[] {
  if (address.kind() === "ipv4") return [];
  const blocks = (address as ipaddr.IPv6).parts;
  return [6, 1].map((at) => [blocks[at]!, blocks[at + 1]!].flatMap((block) => [block >> 8, block & 255]).join("."));
}

// IANA gives 2000::/3 out as global unicast; everything that embeds an IPv4 address or is reserved lies outside it
// or is named by range().
function isGlobalUnicast(address: Address): boolean {
  if (address.range() !== "unicast") return false;
  return address.kind() === "ipv4" || address.match(ipaddr.parse("2000::") as never, 3);
}

// One sentence for all reasons, so that answers do not map a private network (statement E-14).
function denied(): SignetError {
  return new SignetError(
    "address_denied",
    "This address is private or reserved, and the operator has not allowed it (OUTBOUND_ALLOW).",
  );
}

function unreachable(cause: unknown): SignetError {
  return new SignetError("upstream_unreachable", "The host can not be reached.", { cause });
}
