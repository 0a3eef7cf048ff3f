import type { Actor } from "./access/actor.ts";
import type { Audit } from "./audit/audit.ts";
import type { Behalf, Event } from "./audit/event.ts";
import type { Evaluator } from "./expressions/evaluator.ts";
import type { Control } from "./outbound/control.ts";
import type { Directories } from "./outbound/ldap.ts";
import type { Transport } from "./outbound/transport.ts";
import type { Database, Knex } from "./storage/database.ts";
import type { Memory } from "./storage/memory.ts";
import { notify as notifyOthers, type Topic } from "./storage/notices.ts";
import type { Queue } from "./storage/queue.ts";
import type { Vault } from "./vault/vault.ts";

/** A log that takes facts and a sentence, never a secret. */
export interface Log {
  info(facts: object, sentence: string): void;
  warn(facts: object, sentence: string): void;
  error(facts: object, sentence: string): void;
}

/** The powers of one process, built once by compose.ts. */
export interface World {
  database: Database;
  memory: Memory;
  vault: Vault;
  audit: Audit;
  transport: Transport;
  control: Control;
  directories: Directories;
  /** Evaluates what behaviors say, away from everything else. */
  expressions: Evaluator;
  /** Hands runs to whichever process has room. */
  queue: Queue;
  log: Log;
  clock: () => Date;
  /** Origin under which browsers reach this hub; no trailing slash. */
  publicUrl: string;
}

/** The world, and who is acting in it: the first argument of every verb. */
export interface Context extends World {
  /** Queries go here: the pool, or the transaction that is open. */
  db: Knex;
  actor: Actor;
  requestId: string;
  /** Set in a run: on whose behalf the bot acts. */
  behalf?: Behalf;
  /** The signed-in session, when there is one. */
  session: string | null;
  /** Inside a transaction: what this process itself forgets the moment it commits. */
  forgetting?: [Topic, string][];
}

/** The address that providers send browsers back to; a fixed value of the configuration, never of a request (O-5). */
export function callbackUrl(world: World): string {
  return `${world.publicUrl}/oauth/callback`;
}

/** Runs `work` in one transaction; inside another it joins that one. Both happen or neither. */
export async function inTransaction<T>(ctx: Context, work: (ctx: Context) => Promise<T>): Promise<T> {
  if (ctx.db.isTransaction) return work(ctx);
  const forgetting: [Topic, string][] = [];
  const result = await ctx.db.transaction((db) => work({ ...ctx, db, forgetting }));
  // The notice takes a moment, even to us; whoever is answered now must not see what was before.
  for (const [topic, key] of forgetting) ctx.memory.drop(topic, key);
  return result;
}

/** Records a change in the transaction that makes it; call it last there. Throws when it can not be recorded. */
export async function record(ctx: Context, event: Event): Promise<void> {
  await inTransaction(ctx, (inside) => inside.audit.record(inside.db, inside, event));
}

/** Tells every process to forget what it remembers of these, once the transaction commits. */
export async function notify(ctx: Context, topic: Topic, keys: string | string[]): Promise<void> {
  const list = [keys].flat();
  for (const key of list) ctx.forgetting?.push([topic, key]);
  await notifyOthers(ctx.db, topic, list);
}
