import { maySee, type Share } from "../access/policy.ts";
import type { Context } from "../context.ts";
import { notFound, SignetError } from "../errors.ts";
import { Redactor } from "../outbound/redact.ts";
import { narrower } from "../services/hosts.ts";
import type { Service } from "../services/service.ts";
import { serviceOf } from "../services/browse.ts";
import { openSettings } from "../services/secret.ts";
import type { ClientCertificate, Kind, Slots } from "../signer/kind.ts";
import { fillAll } from "../signer/blanks.ts";
import { kindOf } from "../signer/kinds.ts";
import { isId } from "../storage/id.ts";
import { soon, type Soon } from "../storage/soon.ts";
import type { SealedSecret } from "../vault/vault.ts";
import { baseUrlFor, type Account } from "./account.ts";
import { Challenges } from "./challenges.ts";
import { findAccount, sharesOf } from "./store.ts";

/** What a request needs to be judged, held in memory until a notice says that any of it changed. */
export interface Ready {
  account: Account;
  service: Service;
  kind: Kind;
  /** What the credential fills in, so that nothing of the caller's may stand there. */
  slots: Slots;
  shares: Share[];
  /** The rule in force: what was sealed with the secret, cut with the service's present list. */
  hosts: string[];
  baseUrl: string | null;
  /** The service's headers, with what was learned of the account in place. */
  headers: Record<string, string>;
  sealed: SealedSecret;
  challenges: Challenges;
  opened?: Opened | undefined;
}

/** A credential in use. Never leaves the functions that sign and clean. */
export interface Opened {
  secret: unknown;
  settings: unknown;
  redactor: Redactor;
  certificate: ClientCertificate | undefined;
}

/** How long an opened credential stays in memory before it is opened anew (docs/decisions/0006). */
const OPEN_FOR = 60_000;

/**
 * The account called `key` (id or slug), for the actor. No query when it is in memory. Throws `not_found` for an
 * account that is not there or that the actor may not know of.
 */
export function readyAccount(ctx: Context, key: string): Soon<Ready> {
  return soon(loadReady(ctx, key), (ready) => seen(ctx, ready));
}

function seen(ctx: Context, ready: Ready | undefined): Ready {
  if (!ready || !maySee(ctx.actor, ready.account.owner, ready.shares, ctx.clock())) throw notFound("account");
  return ready;
}

/** What memory holds of it right now, for callers that must not wait; visibility is not judged here. */
export function rememberedReady(ctx: { memory: Context["memory"] }, key: string): Ready | undefined {
  return ctx.memory.shelf<Ready>("ready").get(key);
}

export function loadReady(ctx: Context, key: string): Soon<Ready | undefined> {
  return ctx.memory.shelf<Ready>("ready").load(key, async () => {
    const account = await findAccount(ctx, isId(key) ? { id: key } : { slug: key });
    if (!account) return undefined;
    const [service, shares, sealed] = await Promise.all([
      serviceOf(ctx, account.serviceId),
      sharesOf(ctx, account.id),
      ctx.vault.fetch(ctx.db, account.secretId),
    ]);
    // Disconnected between the two reads.
    if (!sealed) return undefined;
    const kind = kindOf(service.kind);
    const value: Ready = {
      account,
      service,
      kind,
      slots: kind.slots(service.settings),
      shares,
      hosts: narrower(sealed.hosts, service.hosts),
      baseUrl: baseUrlFor(service, account),
      headers: fillAll(service.headers, account.metadata),
      sealed,
      challenges: new Challenges(),
    };
    return { value, tags: [`account:${account.id}`, `service:${service.id}`] };
  });
}

/** Opens the credential, for the one function that signs. Throws `unavailable` when the seal is broken. */
export function openReady(ctx: Context, ready: Ready): Soon<Opened> {
  return ready.opened ?? openAnew(ctx, ready);
}

async function openAnew(ctx: Context, ready: Ready): Promise<Opened> {
  const secret = ctx.vault.open<unknown>(ready.sealed, accountSubject(ready.account.id));
  const { settings } = await openSettings(ctx, ready.service);
  const opened = openedWith(ready.kind, secret, settings);
  ready.opened = opened;
  setTimeout(() => (ready.opened = undefined), OPEN_FOR).unref();
  return opened;
}

/** A credential with what its requests need besides. */
export function openedWith(kind: Kind, secret: unknown, settings: unknown): Opened {
  const redactor = new Redactor(kind.sensitive(secret, settings));
  return { secret, settings, redactor, certificate: kind.certificate?.(secret, settings) };
}

export function accountSubject(id: string): string {
  return `account:${id}`;
}

/** The account's base URL. Throws `invalid` when a path was given and there is none. */
export function baseUrlOf(ready: Pick<Ready, "baseUrl" | "account">): string {
  if (ready.baseUrl === null) {
    throw new SignetError("invalid", `${ready.account.name} has no base URL; give the whole address.`, {
      issues: [{ path: "url", message: "Must be a whole address, because this account has no base URL." }],
    });
  }
  return ready.baseUrl;
}
