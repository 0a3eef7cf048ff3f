import { SYSTEM } from "../access/actor.ts";
import type { Database, Knex } from "../storage/database.ts";
import { newId } from "../storage/id.ts";
import type { Audit } from "./audit.ts";
import type { Action, Event } from "./event.ts";
import { unfold } from "./unfold.ts";

/** Class of the session-level advisory locks by which processes show that they live. */
const ALIVE = 0x516e;

/** The lock of that class that a sweep holds; processes are numbered from 1. */
const SWEEPING = 0;

/** A process's entry among the living. */
export interface Enrolment {
  number: number;
  /** Stops living. A later sweep takes the entry away, and closes what was left open. */
  release(): Promise<void>;
}

/**
 * Gives this process its number and holds a lock on it for as long as a connection lives: a process that is killed
 * loses it without having to say so. A process that only loses its connection takes the lock again.
 */
export async function enrol(database: Database): Promise<Enrolment> {
  const { rows } = await database.knex.raw<{ rows: { number: number }[] }>(
    "select nextval('process_numbers')::bigint as number",
  );
  const number = rows[0]!.number;
  let connection: Awaited<ReturnType<Database["connect"]>> | undefined;
  let released = false;
  const hold = async () => {
    const client = await database.connect();
    try {
      await client.query("select pg_advisory_lock($1, $2)", [ALIVE, number]);
      await client.query(
        "insert into processes (number, low_seq) select $1, seq from audit_head on conflict do nothing",
        [number],
      );
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    connection = client;
    client.once("end", again);
    if (released) await client.end();
  };
  const again = () => {
    if (!released) setTimeout(() => void hold().catch(again), 500).unref();
  };
  await hold();
  return {
    number,
    release: async () => {
      released = true;
      await connection?.end().catch(() => undefined);
    },
  };
}

/** Those of the given process numbers that no longer live. One that only lost its connection looks dead for a moment. */
export async function deadAmong(database: Database, processes: number[]): Promise<number[]> {
  if (processes.length === 0) return [];
  // pg_locks shows every database of the server, and each counts its processes from 1.
  const { rows } = await database.knex.raw<{ rows: { number: number }[] }>(
    `select number from unnest(?::bigint[]) as number where not exists (
       select 1 from pg_locks where locktype = 'advisory' and classid = ? and objid = number and objsubid = 2
       and database = (select oid from pg_database where datname = current_database()))`,
    [processes, ALIVE],
  );
  return rows.map(({ number }) => number);
}

/** Tells how far back the open intents of this process reach, so that a sweep need not look further. */
export async function markLowest(database: Database, audit: Audit): Promise<void> {
  await database.knex("processes").where({ number: audit.process }).update({ low_seq: audit.lowest() });
}

/**
 * Closes as "unknown" what processes that no longer live had begun (statement A-4): whether the request reached
 * the provider can not be told, and the audit says so. Returns how many were closed; none while another process
 * does the same work.
 */
export async function closeUnknown(database: Database, audit: Audit): Promise<number> {
  return database.knex.transaction(async (tx) => {
    const mine = await tx.raw<{ rows: { mine: boolean }[] }>("select pg_try_advisory_xact_lock(?, ?) as mine", [
      ALIVE,
      SWEEPING,
    ]);
    return mine.rows[0]!.mine ? sweep(tx, audit) : 0;
  });
}

async function sweep(tx: Knex, audit: Audit): Promise<number> {
  const dead = await tx.raw<{ rows: { number: number; low_seq: number }[] }>(
    `select number, low_seq from processes where number <> ? and not exists (
       select 1 from pg_locks where locktype = 'advisory' and classid = ? and objid = number and objsubid = 2
       and database = (select oid from pg_database where datname = current_database()))`,
    [audit.process, ALIVE],
  );
  if (dead.rows.length > 0) await unfold(tx);
  let closed = 0;
  for (const { number, low_seq } of dead.rows) {
    const open = await openIntents(tx, number, low_seq);
    await Promise.all(open.map((intent) => audit.append(intent, intent.event)));
    await tx("processes").where({ number }).delete();
    closed += open.length;
  }
  if (closed > 0) {
    await audit.append(
      { actor: SYSTEM, requestId: newId() },
      { action: "audit.closed", outcome: "ok", facts: { requests: closed } },
    );
  }
  return closed;
}

async function openIntents(db: Knex, process: number, lowSeq: number) {
  const rows = await db("audit_events as intent")
    .where({ process, outcome: "pending" })
    .where("seq", ">=", lowSeq)
    .whereNotExists((outcome) =>
      outcome
        .from("audit_events as later")
        .whereRaw(
          `later.request_id = intent.request_id and later.action = intent.action and later.seq > intent.seq
           and later.account_id is not distinct from intent.account_id and later.outcome <> 'pending'`,
        )
        .where("later.seq", ">=", lowSeq),
    )
    .orderBy("seq");
  const byIntent = new Map(rows.map((row) => [`${row.request_id} ${row.action} ${row.account_id}`, row]));
  return [...byIntent.values()].map((row) => ({
    actor: { type: row.actor_type, id: row.actor_id, name: row.actor_name, scopes: [] } as never,
    requestId: row.request_id as string,
    event: { action: row.action as Action, outcome: "unknown", account: row.account_id, facts: row.facts } as Event,
  }));
}
