import type { Knex } from "knex";
import type { Database } from "./database.ts";
import type { Memory } from "./memory.ts";

const CHANNEL = "signet";

/** What changed: everything remembered about that key of that topic is dropped in every process. */
export type Topic =
  | "account"
  | "service"
  | "token"
  | "session"
  | "people"
  | "bot"
  | "behavior"
  | "run"
  | "schedule"
  | "webhook"
  | "event-trigger";

/**
 * Tells every process, this one included, once the surrounding transaction commits. Postgres delivers within
 * milliseconds, which is how a revocation reaches all processes.
 */
export async function notify(db: Knex, topic: Topic, keys: string[]): Promise<void> {
  if (keys.length > 0)
    await db.raw("select pg_notify(?, ? || key) from unnest(?::text[]) as key", [CHANNEL, `${topic}:`, keys]);
}

/**
 * Keeps `memory` true: listens on one connection, drops what notices name, and drops (and stops remembering)
 * everything while the connection is down, because notices may be missed then.
 */
export class Listener {
  #stopped = false;
  #client: Awaited<ReturnType<Database["connect"]>> | undefined;
  readonly #db: Database;
  readonly #memory: Memory;

  constructor(db: Database, memory: Memory) {
    this.#db = db;
    this.#memory = memory;
  }

  async start(): Promise<void> {
    const client = await this.#db.connect();
    this.#client = client;
    client.on("notification", (notice) => {
      const [topic, ...key] = (notice.payload ?? "").split(":");
      this.#memory.drop(topic as Topic, key.join(":"));
    });
    client.once("end", () => this.#lost());
    client.once("error", () => this.#lost());
    await client.query(`listen ${CHANNEL}`);
    this.#memory.open();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#client?.end().catch(() => undefined);
  }

  #lost(): void {
    if (this.#client === undefined) return;
    this.#client = undefined;
    this.#memory.close();
    if (!this.#stopped) setTimeout(() => void this.#retry(), 500).unref();
  }

  async #retry(): Promise<void> {
    if (this.#stopped) return;
    await this.start().catch(() => setTimeout(() => void this.#retry(), 1000).unref());
  }
}
