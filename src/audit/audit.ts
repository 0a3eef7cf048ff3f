import { randomBytes } from "node:crypto";
import type { Actor } from "../access/actor.ts";
import { SignetError } from "../errors.ts";
import type { Database, Knex } from "../storage/database.ts";
import type { Vault } from "../vault/vault.ts";
import { ChainKey, link, type Head, type Row } from "./chain.ts";
import { behalfFacts, storedFacts, storedText, type Behalf, type Event } from "./event.ts";
import { GroupCommit } from "./group-commit.ts";
import { unfold, Unfolder } from "./unfold.ts";

/** Who acted, in which request; what a Context knows of it. */
export interface Who {
  actor: Actor;
  requestId: string;
  behalf?: Behalf | undefined;
}

/** An event that has no place in the chain yet. */
export type Draft = Omit<Row, "seq">;

/** The audit of one process. Nothing that it refuses to record may happen. */
export class Audit {
  readonly key: ChainKey;
  readonly process: number;
  readonly #group: GroupCommit;
  readonly #unfolder: Unfolder;
  readonly #clock: () => Date;

  constructor(database: Database, key: ChainKey, process: number, clock: () => Date) {
    this.key = key;
    this.process = process;
    this.#clock = clock;
    this.#unfolder = new Unfolder(database.knex);
    this.#group = new GroupCommit(database, key, (rows) => this.#unfolder.nudge(rows));
  }

  /**
   * Records a change inside the caller's transaction: both happen or neither. Call it last, because the chain's
   * head stays locked until the transaction ends.
   */
  async record(db: Knex, who: Who, event: Event): Promise<void> {
    const row = this.#draft(who, event);
    const head = await db<Head>("audit_head").forUpdate().first("seq", "hash");
    const placed: Row = { seq: head!.seq + 1, ...row };
    const hash = link(this.key, head!.hash, placed);
    await db("audit_events").insert({ ...placed, facts: JSON.stringify(placed.facts), hash });
    await db("audit_head").update({ seq: placed.seq, hash });
  }

  /**
   * Records outside any transaction, together with what other requests record at this moment; resolves to the
   * sequence number once it is durable. Throws SignetError `audit_unavailable`.
   */
  append(who: Who, event: Event): Promise<number> {
    return this.#group.append(this.#draft(who, event));
  }

  /**
   * Records what came of an intent of append() while the caller goes on: it is written with the next commit, and tried
   * again when that fails. Until it is written the intent counts as open, and a process that ends before leaves it to be
   * closed as unknown (statement A-1).
   */
  conclude(who: Who, event: Event): void {
    this.#group.conclude(this.#draft(who, event));
  }

  /** Everything this process recorded so far can be read in `audit_events` afterwards. */
  async catchUp(db: Knex): Promise<void> {
    await this.#group.written();
    await unfold(db);
  }

  /** An intent of append() was closed by record(), and that transaction has committed. */
  settled(who: Who, { action, account = null }: Pick<Event, "action" | "account">): void {
    this.#group.forget({ request_id: who.requestId, action, account_id: account });
  }

  /** Lowest sequence number of an intent that this process has not closed, or the head when there is none. */
  lowest(): number {
    return this.#group.lowest();
  }

  async close(): Promise<void> {
    await this.#group.close();
    await this.#unfolder.close();
  }

  #draft(who: Who, event: Event): Draft {
    return {
      at: this.#clock(),
      action: event.action,
      outcome: event.outcome,
      actor_type: who.actor.type,
      actor_id: who.actor.id,
      actor_name: storedText(who.actor.name),
      account_id: event.account ?? null,
      request_id: storedText(who.requestId),
      process: this.process,
      facts: who.behalf ? { ...storedFacts(event), ...behalfFacts(who.behalf) } : storedFacts(event),
    };
  }
}

/** The audit key: made at the first start, kept in the vault, so that it survives the rotation of master keys. */
export async function auditKey(db: Knex, vault: Vault): Promise<ChainKey> {
  return db.transaction(async (tx) => {
    await tx.raw("select pg_advisory_xact_lock(hashtext('signet:audit-key'))");
    const binding = { subject: "signet:audit", provider: "signet", hosts: [] };
    const known = await tx("secrets").where({ subject: binding.subject }).first<{ id: string }>("id");
    const id = known?.id ?? (await vault.put(tx, binding, { key: randomBytes(32).toString("base64") }));
    const sealed = await vault.fetch(tx, id);
    if (!sealed) throw new SignetError("unavailable", "The audit key is missing.");
    return new ChainKey(Buffer.from(vault.open<{ key: string }>(sealed, binding.subject).key, "base64"));
  });
}
