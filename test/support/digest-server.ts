import { createHash, randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import { newEcho, type Answer, type Echo, type Received } from "./echo.ts";

// A server that speaks HTTP Digest, written from RFC 7616 and RFC 2617 alone: it shares nothing with what it checks.

export interface DigestRules {
  username: string;
  password: string;
  realm: string;
  /** One challenge for each, in this order. */
  algorithms: string[];
  /** Undefined is the legacy of RFC 2069. */
  qop: string | undefined;
  charset: string | undefined;
  userhash: boolean;
  opaque: string | undefined;
  /** How often one nonce may be used. */
  uses: number;
  /** Sends the next nonce along when this many uses of the present one are left. */
  announcesAt: number | undefined;
}

export interface DigestServer {
  echo: Echo;
  rules: DigestRules;
  /** Why each refused request was refused, in order. */
  refusals: string[];
  /** Nonce and count of each accepted request, in order. */
  accepted: { nonce: string; count: number; algorithm: string; cnonce: string }[];
  /** Answers in place of all that is checked here. */
  instead: Answer | undefined;
  /** Paths that answer with a redirect, once they are reached with a right digest. */
  redirects: Record<string, string>;
  /** No nonce that was given out is good any longer. */
  expire(): void;
  /** Forgets what happened, and goes back to the usual rules. */
  reset(more?: Partial<DigestRules>): void;
  close(): Promise<void>;
}

interface Nonce {
  lastCount: number;
  uses: number;
  /** The session key of a -sess algorithm, made at the first use (RFC 7616 section 3.4.2). */
  session?: { nonce: string; cnonce: string } | undefined;
}

const USUAL: DigestRules = {
  username: "Mufasa",
  password: "Circle of Life",
  realm: 'http-auth@"quoted\\name".example',
  algorithms: ["SHA-256"],
  qop: "auth",
  charset: "UTF-8",
  userhash: false,
  opaque: "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",
  uses: 1000,
  announcesAt: undefined,
};

const NODE_NAMES: Record<string, string> = { MD5: "md5", "SHA-256": "sha256", "SHA-512-256": "sha512-256" };

export async function newDigestServer(): Promise<DigestServer> {
  const nonces = new Map<string, Nonce>();
  const server: DigestServer = {
    echo: await newEcho(),
    rules: { ...USUAL },
    refusals: [],
    accepted: [],
    redirects: {},
    instead: undefined,
    expire: () => nonces.clear(),
    reset(more = {}) {
      server.rules = { ...USUAL, ...more };
      Object.assign(server, { redirects: {}, instead: undefined });
      server.refusals.length = server.accepted.length = server.echo.requests.length = 0;
      nonces.clear();
    },
    close: () => server.echo.close(),
  };

  const newNonce = (session?: Nonce["session"]): string => {
    const nonce = randomBytes(18).toString("base64");
    nonces.set(nonce, { lastCount: 0, uses: 0, session });
    return nonce;
  };

  const refuse = (response: ServerResponse, reason: string, stale: boolean): void => {
    server.refusals.push(reason);
    const { rules } = server;
    const challenges = rules.algorithms.map((algorithm) =>
      [
        `Digest realm="${rules.realm.replace(/["\\]/g, "\\$&")}"`,
        `nonce="${newNonce()}"`,
        ...(algorithm === "" ? [] : [`algorithm=${algorithm}`]),
        ...(rules.qop === undefined ? [] : [`qop="${rules.qop}"`]),
        ...(rules.opaque === undefined ? [] : [`opaque="${rules.opaque}"`]),
        ...(rules.charset === undefined ? [] : [`charset=${rules.charset}`]),
        ...(rules.userhash ? ["userhash=true"] : []),
        ...(stale ? ["stale=TRUE"] : []),
      ].join(", "),
    );
    response.writeHead(401, { "www-authenticate": ['Basic realm="x, y"', ...challenges] }).end("refused");
  };

  server.echo.answer((request, response) => {
    if (server.instead) return server.instead(request, response);
    const problem = check(server.rules, nonces, request);
    if (typeof problem === "string") return refuse(response, problem, problem.startsWith("stale"));
    const { nonce, count, algorithm, cnonce, used } = problem;
    server.accepted.push({ nonce, count, algorithm, cnonce });
    const { announcesAt, uses } = server.rules;
    const next = announcesAt !== undefined && uses - used.uses <= announcesAt ? newNonce(used.session) : undefined;
    if (next !== undefined) response.setHeader("authentication-info", `qop=auth, nextnonce="${next}"`);
    const target = server.redirects[request.path];
    if (target !== undefined) return response.writeHead(302, { location: target }).end();
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ user: server.rules.username, body: request.body.length }));
  });
  return server;
}

function check(rules: DigestRules, nonces: Map<string, Nonce>, request: Received) {
  const header = request.header("authorization");
  if (header === undefined) return "unsigned";
  const given = fields(header);
  if (!given) return "unreadable";
  const known = nonces.get(given.nonce ?? "");
  const algorithm = given.algorithm ?? "MD5";
  const name = NODE_NAMES[algorithm.replace("-sess", "")];
  if (name === undefined || !rules.algorithms.map((one) => one || "MD5").includes(algorithm)) return "algorithm";
  const h = (text: string) => createHash(name).update(Buffer.from(text, "utf8")).digest("hex");
  if (given.realm !== rules.realm || given.opaque !== rules.opaque) return "realm or opaque";
  if (given.uri !== request.path) return "uri";
  const user = rules.userhash ? h(`${rules.username}:${rules.realm}`) : rules.username;
  if (given.username !== user || (given.userhash === "true") !== rules.userhash) return "user name";
  if ((given.qop === undefined) !== (rules.qop === undefined) || (given.qop ?? "auth") !== "auth") return "qop";
  if (!/^([0-9a-f]{8})?$/.test(given.nc ?? "")) return "nc is not eight digits";
  const session = algorithm.endsWith("-sess")
    ? (known?.session ?? { nonce: given.nonce!, cnonce: given.cnonce! })
    : undefined;
  const password = h(`${rules.username}:${rules.realm}:${rules.password}`);
  const a1 = session ? h(`${password}:${session.nonce}:${session.cnonce}`) : password;
  const a2 = h(`${request.method}:${request.path}`);
  const between = given.qop === undefined ? given.nonce : `${given.nonce}:${given.nc}:${given.cnonce}:${given.qop}`;
  if (given.response !== h(`${a1}:${between}:${a2}`)) return "response";
  // Only now: stale is said to those who know the password (RFC 7616 section 3.3).
  if (!known || known.uses >= rules.uses) return "stale";
  const count = given.nc === undefined ? known.lastCount + 1 : Number.parseInt(given.nc, 16);
  if (count <= known.lastCount) return "stale: nc did not grow";
  Object.assign(known, { lastCount: count, uses: known.uses + 1, session });
  return { nonce: given.nonce!, count, algorithm, cnonce: given.cnonce ?? "", used: known };
}

/** The parameters of Authorization; undefined when it breaks the rules for which of them are quoted (RFC 7616 section 3.4). */
function fields(header: string): Record<string, string> | undefined {
  if (!header.startsWith("Digest ")) return undefined;
  const found: Record<string, string> = {};
  const quoted = new Set(["username", "realm", "nonce", "uri", "response", "cnonce", "opaque"]);
  let rest = header.slice(7);
  while (rest !== "") {
    const match = /^([a-z]+\*?)=("(?:[^"\\]|\\.)*"|[^",\s]+)(?:, |$)/.exec(rest);
    if (!match || match[1]! in found || match[2]!.startsWith('"') !== quoted.has(match[1]!)) return undefined;
    found[match[1]!] = match[2]!.startsWith('"') ? match[2]!.slice(1, -1).replace(/\\(.)/g, "$1") : match[2]!;
    rest = rest.slice(match[0].length);
  }
  const extended = /^UTF-8''(.*)$/.exec(found["username*"] ?? "");
  if (extended) {
    if (found.username !== undefined || found.userhash === "true") return undefined;
    found.username = decodeURIComponent(extended[1]!);
  }
  return found;
}
