import { ANONYMOUS, type Actor, type Scope } from "../access/actor.ts";
import { botActor } from "../bots/browse.ts";
import type { World } from "../context.ts";
import { SignetError } from "../errors.ts";
import { workerActor } from "../people/browse.ts";
import { actorOfSession } from "../people/session.ts";
import { verifyToken, type Verified } from "../people/token.ts";
import { soon, type Soon } from "../storage/soon.ts";

/** Who a token speaks for. Throws `unauthenticated` when there is none, or none that is known. */
export function actorOfToken(world: World, token: string | undefined): Soon<Actor> {
  if (token === undefined || token === "")
    throw new SignetError("unauthenticated", "Send a token: Authorization: Bearer sgb_… or sgw_….");
  const actor = soon(verifyToken(world, token), (known) => known && holderOf(world, known));
  return soon(actor, (known) => {
    if (!known) throw new SignetError("unauthenticated", "This token is unknown, has expired or was revoked.");
    return known;
  });
}

function holderOf(world: World, { holder, scopes }: Verified): Soon<Actor | undefined> {
  return (holder.type === "worker" ? workerActor : botActor)(world, holder.id, scopes);
}

/** The token in an Authorization header; the scheme's case does not matter (RFC 9110 section 11.1). */
export function bearerToken(header: string | undefined): string | undefined {
  return header === undefined ? undefined : /^bearer +(\S+)$/i.exec(header)?.[1];
}

/** Throws `forbidden` when the token was not made for this. */
export function requireScope(actor: Actor, scope: Scope): void {
  if (!actor.scopes.includes(scope)) {
    throw new SignetError("forbidden", `This token may not do that: it lacks the scope "${scope}".`);
  }
}

/** Who a browser's session cookie speaks for; nobody, when it is missing, ended or expired. */
export async function actorOfCookie(
  world: World,
  token: string | undefined,
): Promise<{ actor: Actor; session: string | null }> {
  const known = token === undefined ? undefined : await actorOfSession(world, token);
  return known ?? { actor: ANONYMOUS, session: null };
}

/**
 * Refuses unsafe requests that another site started (statement W-6). Browsers say where a request comes from in
 * Sec-Fetch-Site, older ones in Origin; a client that sends neither is no browser and carries no cookie by accident.
 */
export function refuseCrossOrigin(
  headers: Record<string, string | string[] | undefined>,
  origins: ReadonlySet<string>,
): void {
  const site = headers["sec-fetch-site"];
  const origin = headers.origin;
  const foreignSite = site !== undefined && site !== "same-origin" && site !== "none";
  const foreignOrigin = origin !== undefined && !origins.has(String(origin));
  if (foreignOrigin || (foreignSite && origin === undefined)) {
    throw new SignetError("forbidden", "This form was sent from another site. Open Signet and try again there.");
  }
}

/** A path of this hub to return to after signing in; anything else becomes the home page (statement W-19). */
export function safeReturn(path: string | undefined): string {
  if (path === undefined || !/^\/(?![/\\])[\x21-\x7e]*$/.test(path) || path.includes("\\")) return "/";
  return new URL(path, "http://hub.invalid").origin === "http://hub.invalid" ? path : "/";
}
