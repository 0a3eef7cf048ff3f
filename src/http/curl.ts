import { invalid } from "../errors.ts";
import type { Example } from "../signer/example.ts";
import { shellWords } from "./shell-words.ts";

/** A request as the console's form holds it. */
export interface ConsoleRequest {
  method: string;
  url: string;
  headers: [name: string, value: string][];
  body: string | null;
}

/** What a curl command asks for, and sentences about what was left out of it. */
export interface ReadCurl {
  request: ConsoleRequest;
  notes: string[];
}

/** As a kind looks at it: with the credentials, so that it stays in memory. */
export interface ReadExample extends ReadCurl {
  example: Example;
}

/** Options that take a value and change nothing of the request as Signet sends it. */
const IGNORED = new Set(
  "-o --output -m --max-time --connect-timeout --retry --retry-delay -w --write-out -c --cookie-jar -x --proxy --cacert --resolve --max-redirs -D --dump-header".split(
    " ",
  ),
);
/** Options that name credentials: the account has its own. */
const CREDENTIALS = new Set(
  "-u --user --oauth2-bearer -b --cookie --cert -E --key --aws-sigv4 --proxy-user -U".split(" "),
);
const CREDENTIAL_HEADERS = new Set(["authorization", "proxy-authorization", "cookie", "signet-token"]);
const DATA = new Set("-d --data --data-raw --data-ascii --data-binary --data-urlencode --json".split(" "));
const OTHERS = new Set("-X --request -H --header --url -A --user-agent -e --referer".split(" "));
const FLAGS = new Set(
  "-s --silent -S --show-error -L --location -k --insecure -i --include -v --verbose --compressed -f --fail --http1.1 --http2 -g --globoff -N --no-buffer --fail-with-body --ssl-no-revoke -# --progress-bar -4 -6 --tlsv1.2".split(
    " ",
  ),
);

/**
 * Reads a curl command as a shell would split it; runs nothing, reads no files. Credentials in it are dropped, and
 * said so. Throws `invalid` naming `curl`.
 */
export function readCurl(command: string): ReadCurl {
  const { request, notes } = readExample(command);
  return { request, notes };
}

/** As readCurl(), and what was dropped besides. */
export function readExample(command: string): ReadExample {
  const [first, ...words] = shellWords(command.trim().replace(/^\$ /, ""));
  if (first !== "curl") throw problem("This does not begin with curl.");
  const credentials: Reading["credentials"] = { headers: [] };
  const read: Reading = { urls: [], headers: [], data: [], dropped: new Set(), credentials, get: false, head: false };
  const queue = words.flatMap(separated);
  while (queue.length > 0) take(read, queue.shift()!, () => queue.shift());
  return assembled(read);
}

interface Reading {
  method?: string;
  urls: string[];
  headers: [string, string][];
  data: string[];
  json?: boolean;
  dropped: Set<string>;
  credentials: Omit<Example, "query">;
  get: boolean;
  head: boolean;
}

function take(read: Reading, word: string, next: () => string | undefined): void {
  if (!word.startsWith("-") || word === "-") return void read.urls.push(word);
  if (word === "-G" || word === "--get") read.get = true;
  else if (word === "-I" || word === "--head") read.head = true;
  else if (word === "--digest") read.credentials.digest = true;
  else if (!FLAGS.has(word)) {
    const value = next();
    if (value === undefined) throw problem(`The option ${word} lacks its value.`);
    takeValue(read, word, value);
  }
}

function takeValue(read: Reading, option: string, value: string): void {
  if (CREDENTIALS.has(option)) takeCredential(read, option, value);
  else if (DATA.has(option)) takeData(read, option, value);
  else if (option === "-X" || option === "--request") read.method = value.toUpperCase();
  else if (option === "-H" || option === "--header") takeHeader(read, value);
  else if (option === "--url") read.urls.push(value);
  else if (option === "-A" || option === "--user-agent") read.headers.push(["user-agent", value]);
  else if (option === "-e" || option === "--referer") read.headers.push(["referer", value]);
  else if (!IGNORED.has(option))
    throw problem(`The option ${option} can not be taken over. Leave it out and fill in the form.`);
}

function takeCredential(read: Reading, option: string, value: string): void {
  const { credentials } = read;
  const cookie = option === "-b" || option === "--cookie";
  if (option === "-u" || option === "--user") credentials.user = value;
  else if (option === "--oauth2-bearer") credentials.headers.push(["Authorization", `Bearer ${value}`]);
  else if (option === "--aws-sigv4") credentials.signature = value;
  else if (cookie) credentials.headers.push(["Cookie", value]);
  read.dropped.add(cookie ? "Cookie" : option);
}

function takeHeader(read: Reading, line: string): void {
  const at = line.indexOf(":");
  if (at < 1) return;
  const name = line.slice(0, at).trim();
  const value = line.slice(at + 1).trim();
  if (CREDENTIAL_HEADERS.has(name.toLowerCase())) {
    read.dropped.add(name);
    read.credentials.headers.push([name, value]);
  } else read.headers.push([name, value]);
}

function takeData(read: Reading, option: string, value: string): void {
  if (value.startsWith("@") && option !== "--data-raw")
    throw problem("A body from a file can not be read here. Paste it into Body.");
  if (option === "--json") read.json = true;
  read.data.push(option === "--data-urlencode" ? urlEncoded(value) : value);
}

function assembled(read: Reading): ReadExample {
  if (read.urls.length === 0) throw problem("There is no address in this command.");
  if (read.urls.length > 1) throw problem("There is more than one address in this command.");
  const joined = read.data.length === 0 ? null : read.data.join(read.json ? "" : "&");
  const { url, user } = withoutUser(read.urls[0]!);
  if (user !== undefined) {
    read.dropped.add("the user name and password in the address");
    read.credentials.user ??= user;
  }
  const headers = [...read.headers];
  const has = (name: string) => headers.some(([other]) => other.toLowerCase() === name);
  const body = read.get ? null : joined;
  if (body !== null && !has("content-type")) {
    headers.push(["content-type", read.json ? "application/json" : "application/x-www-form-urlencoded"]);
  }
  const method = read.method ?? (read.head ? "HEAD" : body !== null ? "POST" : "GET");
  const target = read.get && joined !== null ? `${url}${url.includes("?") ? "&" : "?"}${joined}` : url;
  const dropped = [...read.dropped];
  const notes = dropped.length === 0 ? [] : [`Left out: ${dropped.join(", ")}. The account has its own credential.`];
  const query = [...new URLSearchParams(/\?([^#]*)/.exec(target)?.[1] ?? "")];
  const example = { ...read.credentials, headers: [...read.credentials.headers, ...headers], query };
  return { request: { method, url: target, headers, body }, notes, example };
}

/** The address with https:// where it has no scheme, and without user name and password. */
function withoutUser(text: string): { url: string; user: string | undefined } {
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  const [, scheme, user, rest] = /^([a-z]+:\/\/)([^/?#]*)@(.*)$/is.exec(full) ?? [];
  return user === undefined ? { url: full, user } : { url: scheme! + rest!, user };
}

/** curl's --data-urlencode: `name=content` or `content`. */
function urlEncoded(value: string): string {
  const at = value.indexOf("=");
  if (at < 0) return encodeURIComponent(value);
  return `${value.slice(0, at)}${at === 0 ? "" : "="}${encodeURIComponent(value.slice(at + 1))}`;
}

/** `-XPOST` and `-sSL` and `--request=POST` as single words. */
function separated(word: string): string[] {
  const long = /^(--[a-z0-9-]+)=(.*)$/s.exec(word);
  if (long) return [long[1]!, long[2]!];
  if (!/^-[a-zA-Z#46].+/s.test(word) || word.startsWith("--")) return [word];
  const option = word.slice(0, 2);
  const takesValue = [IGNORED, CREDENTIALS, DATA, OTHERS].some((set) => set.has(option));
  return takesValue ? [option, word.slice(2)] : [option, ...separated(`-${word.slice(2)}`)];
}

/** The same request as a command that sends it through Signet, with a placeholder where the token goes. */
export function writeCurl(hub: string, account: string, request: ConsoleRequest): string {
  const whole = /^https?:\/\//i.test(request.url);
  const path = whole ? "" : request.url.replace(/^\/+/, "");
  const lines = [
    `curl ${request.method === "GET" ? "" : `-X ${quoted(request.method)} `}${quoted(`${hub}/proxy/${account}/${path}`)}`,
  ];
  lines.push(`-H "Authorization: Bearer $SIGNET_TOKEN"`);
  if (whole) lines.push(`-H ${quoted(`Signet-Url: ${request.url}`)}`);
  for (const [name, value] of request.headers) lines.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (request.body !== null) lines.push(`--data-raw ${quoted(request.body)}`);
  return lines.join(" \\\n  ");
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function problem(sentence: string) {
  return invalid("curl", sentence);
}
