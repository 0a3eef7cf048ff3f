import { SCOPES, type WorkerActor } from "../access/actor.ts";
import { inTransaction, notify, record, type Context, type World } from "../context.ts";
import { notFound } from "../errors.ts";
import { isId, newId } from "../storage/id.ts";
import { randomToken, tokenHash } from "./random-token.ts";
import { PERSON_COLUMNS, personTags, type PersonRow } from "./store.ts";
import { actingWorker } from "./worker.ts";

/** A session ends after half a day without use and after a week in any case (W-4). */
const IDLE = 12 * 3600_000;
const LIFETIME = 7 * 24 * 3600_000;
/** How exactly `last_used_at` is kept: writing it at every request would cost more than it tells. */
const TOUCH_EVERY = 60_000;

/** What a worker sees of their own sessions. */
export interface Session {
  id: string;
  browser: string | null;
  createdAt: Date;
  lastUsedAt: Date;
  expiresAt: Date;
  current: boolean;
}

/** What is remembered of a session; `used` moves on in memory, `touched` is what the database knows. */
interface Known {
  id: string;
  actor: WorkerActor;
  expires: number;
  used: number;
  touched: number;
}

/**
 * Begins a session for a worker who has just proved who they are; call it in their transaction. Answers the token
 * for the cookie, of which only the hash is stored.
 */
export async function startSession(ctx: Context, workerId: string, browser: string | null): Promise<string> {
  const token = randomToken();
  const now = ctx.clock();
  const times = { created_at: now, last_used_at: now, expires_at: new Date(now.getTime() + LIFETIME) };
  const text = browser === null ? null : browser.replace(/\p{Cc}/gu, " ").slice(0, 300);
  await ctx
    .db("sessions")
    .insert({ id: newId(), token_hash: tokenHash(token), worker_id: workerId, browser: text, ...times });
  await ctx.db("workers").where({ id: workerId }).update({ last_seen_at: now });
  return token;
}

/** Who a session's cookie stands for; undefined once it has ended, expired, or the worker was deactivated. */
export async function actorOfSession(
  world: World,
  token: string,
): Promise<{ actor: WorkerActor; session: string } | undefined> {
  if (!/^[\w-]{43}$/.test(token)) return undefined;
  const now = world.clock().getTime();
  const hash = tokenHash(token);
  const shelf = world.memory.shelf<Known>("sessions");
  const load = () => shelf.load(hash.toString("base64url"), () => readSession(world, hash));
  let known = await load();
  if (known && idleAt(known, now)) {
    // Another process may have seen it used since.
    shelf.drop(`session:${known.id}`);
    known = await load();
  }
  if (!known || known.expires <= now || idleAt(known, now)) return undefined;
  known.used = Math.max(known.used, now);
  if (now - known.touched >= TOUCH_EVERY) touch(world, known, now);
  return { actor: known.actor, session: known.id };
}

/** The actor's sessions that have not expired, newest first. */
export async function listSessions(ctx: Context): Promise<Session[]> {
  const now = ctx.clock().getTime();
  const rows = await ctx
    .db("sessions")
    .where({ worker_id: actingWorker(ctx).id })
    .where("expires_at", ">", new Date(now))
    .where("last_used_at", ">", new Date(now - IDLE))
    .orderBy("id", "desc")
    .select("id", "browser", "created_at", "last_used_at", "expires_at");
  return rows.map(({ id, browser, created_at, last_used_at, expires_at }) => ({
    id,
    browser,
    createdAt: created_at,
    lastUsedAt: last_used_at,
    expiresAt: expires_at,
    current: id === ctx.session,
  }));
}

/** Ends one of the actor's own sessions: signing out, or another browser's. Throws `not_found`. */
export async function endSession(ctx: Context, id: string | null = ctx.session): Promise<void> {
  const worker = actingWorker(ctx);
  await inTransaction(ctx, async (inside) => {
    const ended =
      id !== null && isId(id) ? await inside.db("sessions").where({ id, worker_id: worker.id }).delete() : 0;
    if (ended === 0) throw notFound("session");
    await notify(inside, "session", id!);
    await record(inside, { action: "session.ended", outcome: "ok", facts: { sessions: 1 } });
  });
}

/** Ends all of the actor's sessions but the one they act in; answers how many there were. */
export async function endOtherSessions(ctx: Context): Promise<number> {
  const worker = actingWorker(ctx);
  return inTransaction(ctx, async (inside) => {
    const sessions = await removeSessions(inside, worker.id, ctx.session);
    if (sessions > 0) await record(inside, { action: "session.ended", outcome: "ok", facts: { sessions } });
    return sessions;
  });
}

/** Removes a worker's sessions, all or all but one, and tells the processes; the caller records why. */
export async function removeSessions(ctx: Context, workerId: string, except: string | null = null): Promise<number> {
  const query = ctx.db("sessions").where({ worker_id: workerId });
  if (except !== null) query.whereNot({ id: except });
  const ended = await query.delete();
  // Everything that is remembered of a session also hangs on its worker: one notice drops them all.
  await notify(ctx, "people", workerId);
  return ended;
}

function idleAt(known: Known, now: number): boolean {
  return known.used + IDLE <= now;
}

type SessionRow = PersonRow & { session: string; last_used_at: Date; expires_at: Date };

async function readSession(world: World, hash: Buffer): Promise<{ value: Known; tags: string[] } | undefined> {
  const [row] = await world.database.prepared<SessionRow>(
    "people-session",
    `select sessions.id as session, sessions.last_used_at, sessions.expires_at, ${PERSON_COLUMNS}
     from sessions join workers on workers.id = sessions.worker_id
     where sessions.token_hash = $1 and workers.state = 'active'`,
    [hash],
  );
  if (!row) return undefined;
  const { session, last_used_at, expires_at, ...person } = row;
  const used = last_used_at.getTime();
  const actor: WorkerActor = { type: "worker", ...person, scopes: SCOPES };
  const value = { id: session, actor, expires: expires_at.getTime(), used, touched: used };
  return { value, tags: [`session:${session}`, ...personTags(person)] };
}

/** Nobody waits for this, and when it is lost the next request writes it. */
function touch(world: World, known: Known, now: number): void {
  known.touched = now;
  world.database
    .prepared(
      "people-touch-session",
      `with used as (update sessions set last_used_at = greatest(last_used_at, $2) where id = $1 returning worker_id)
       update workers set last_seen_at = greatest(last_seen_at, $2) from used where workers.id = used.worker_id`,
      [known.id, new Date(now)],
    )
    .catch(() => undefined);
}
