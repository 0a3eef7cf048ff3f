import { SYSTEM } from "../access/actor.ts";
import type { Database } from "../storage/database.ts";
import { newId } from "../storage/id.ts";
import type { Audit } from "./audit.ts";
import type { Action, Event } from "./event.ts";

/** Class of the session-level advisory locks by which processes show that they live. */
const ALIVE = 0x516e;

/** A process's entry among the living; release() takes it away after everything it began is closed. */
export interface Enrolment {
  number: number;
  release(): Promise<void>;
}

/**
 * Gives this process its number and holds a lock on it for as long as the connection lives: a process that is
 * killed loses it without having to say so.
 */
export async function enrol(database: Database): Promise<Enrolment> {
  const connection = await database.connect();
  const { rows } = await connection.query<{ number: number }>("select nextval('process_numbers')::bigint as number");
  const number = rows[0]!.number;
  await connection.query("select pg_advisory_lock($1, $2)", [ALIVE, number]);
  await connection.query("insert into processes (number, low_seq) select $1, seq from audit_head", [number]);
  return {
    number,
    release: async () => {
      await connection.query("delete from processes where number = $1", [number]).catch(() => undefined);
      await connection.end();
    },
  };
}

/** Tells how far back the open intents of this process reach, so that a sweep need not look further. */
export async function markLowest(database: Database, audit: Audit): Promise<void> {
  await database.knex("processes").where({ number: audit.process }).update({ low_seq: audit.lowest() });
}

/**
 * Closes as "unknown" what processes that no longer live had begun (statement A-4): whether the request reached
 * the provider can not be told, and the audit says so. Returns how many were closed.
 */
export async function closeUnknown(database: Database, audit: Audit): Promise<number> {
  const dead = await database.knex.raw<{ rows: { number: number; low_seq: number }[] }>(
    `select number, low_seq from processes where not exists (
       select 1 from pg_locks where locktype = 'advisory' and classid = ? and objid = number and objsubid = 2)`,
    [ALIVE],
  );
  let closed = 0;
  for (const { number, low_seq } of dead.rows) {
    const open = await openIntents(database, number, low_seq);
    await Promise.all(open.map((intent) => audit.append(intent, intent.event)));
    await database.knex("processes").where({ number }).delete();
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

async function openIntents(database: Database, process: number, lowSeq: number) {
  const rows = await database
    .knex("audit_events as intent")
    .where({ process, outcome: "pending" })
    .where("seq", ">=", lowSeq)
    .whereNotExists((outcome) =>
      outcome
        .from("audit_events as later")
        .whereRaw("later.request_id = intent.request_id and later.action = intent.action and later.outcome <> 'pending'")
        .where("later.seq", ">=", lowSeq),
    )
    .orderBy("seq");
  const byRequest = new Map(rows.map((row) => [`${row.request_id} ${row.action}`, row]));
  return [...byRequest.values()].map((row) => ({
    actor: { type: row.actor_type, id: row.actor_id, name: row.actor_name, scopes: [] } as never,
    requestId: row.request_id as string,
    event: { action: row.action as Action, outcome: "unknown", account: row.account_id, facts: row.facts } as Event,
  }));
}
