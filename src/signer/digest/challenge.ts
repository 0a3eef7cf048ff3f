import { SignetError } from "../../errors.ts";
import type { AnswerHead, Asked as Asking, Circumstances } from "../kind.ts";
import { parseChallenges, parseParameters } from "./auth-header.ts";

/** What a server asked for, as it is answered (RFC 7616 section 3.3). */
export type Asked = Asking & {
  readonly realm: string;
  /** One for the whole life of the challenge, because the key of a session is made with it (RFC 7616 section 3.4.2). */
  readonly cnonce: string;
  /** The nonce with which the session began; only a new challenge begins another (RFC 7616 section 3.6). */
  readonly sessionNonce: string;
};

/** Weakest first. The names of node:crypto for what RFC 7616 section 6.1 registers. */
const HASHES = new Map([
  ["md5", "md5"],
  ["sha-256", "sha256"],
  ["sha-512-256", "sha512-256"],
]);

/** The hash that `algorithm` names, MD5 when none is named, and whether it is the variant with a session key. */
export function hashOf(algorithm = "MD5"): { hash: string | undefined; session: boolean } {
  const name = algorithm.toLowerCase();
  return { hash: HASHES.get(name.replace(/-sess$/, "")), session: name.endsWith("-sess") };
}

/**
 * The strongest challenge of a 401 that can be answered; undefined when it asks for no digest at all. Throws
 * `upstream_invalid` when it asks for one that is not spoken here.
 */
export function challengeIn(answer: AnswerHead, circumstances: Circumstances): Asked | undefined {
  if (answer.status !== 401) return undefined;
  const digests = parseChallenges(valuesOf(answer, "www-authenticate"))
    .filter(({ scheme }) => scheme === "digest")
    .map(({ parameters }) => parameters);
  const strongest = digests.filter(answerable).sort((a, b) => strength(b) - strength(a))[0];
  if (strongest) return asked(strongest, circumstances);
  if (digests.length === 0) return undefined;
  throw new SignetError(
    "upstream_invalid",
    "The provider asks for a kind of digest that Signet does not speak: an unknown algorithm, or only auth-int, which signs bodies.",
  );
}

/** The same challenge with the nonce that a server wants to see next (RFC 7616 section 3.5); undefined when it wants none. */
export function nextChallenge(answer: AnswerHead, previous: Asked): Asked | undefined {
  const nonce = parseParameters(valuesOf(answer, "authentication-info").join(", ")).get("nextnonce");
  return nonce === undefined || nonce === "" ? undefined : { ...previous, nonce };
}

function answerable(parameters: Map<string, string>): boolean {
  const qop = parameters.get("qop");
  return (
    hashOf(parameters.get("algorithm")).hash !== undefined &&
    parameters.has("realm") &&
    (parameters.get("nonce") ?? "") !== "" &&
    (qop === undefined || offers(qop, "auth"))
  );
}

function offers(qop: string, option: string): boolean {
  return qop
    .toLowerCase()
    .split(/[\s,]+/)
    .includes(option);
}

function strength(parameters: Map<string, string>): number {
  return [...HASHES.values()].indexOf(hashOf(parameters.get("algorithm")).hash!);
}

function asked(parameters: Map<string, string>, circumstances: Circumstances): Asked {
  const nonce = parameters.get("nonce")!;
  const told = ["realm", "opaque", "algorithm", "charset", "userhash"].flatMap((name) => {
    const value = parameters.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...(Object.fromEntries(told) as { realm: string }),
    ...(parameters.has("qop") ? { qop: "auth" } : {}),
    nonce,
    sessionNonce: nonce,
    cnonce: circumstances.nonce(),
  };
}

function valuesOf({ headers }: AnswerHead, name: string): string[] {
  return [headers[name] ?? []].flat();
}
