import { randomBytes } from "node:crypto";
import { Audit, auditKey } from "../../src/audit/audit.ts";
import { enrol, type Enrolment } from "../../src/audit/sweep.ts";
import { openDatabase, type Database } from "../../src/storage/database.ts";
import { migrate } from "../../src/storage/migrate.ts";
import { parseKeyring } from "../../src/vault/keyring.ts";
import { Vault } from "../../src/vault/vault.ts";
import { newDatabase } from "../support/postgres.ts";

/** What one process has of the hub, as far as the audit is concerned. */
export interface Process {
  database: Database;
  audit: Audit;
  enrolment: Enrolment;
  /** Leaves as a killed process does: nothing is said to anybody. */
  kill(): Promise<void>;
}

export interface Hub {
  url: string;
  keys: string;
  /** A look from outside, by a superuser. */
  admin: Database;
  start(clock?: () => Date): Promise<Process>;
  close(): Promise<void>;
}

/** A migrated database, and as many processes on it as a test starts. */
export async function newHub(): Promise<Hub> {
  const { url, drop } = await newDatabase("migrated", async (template) => {
    const database = openDatabase(template);
    await migrate(database);
    await database.close();
  });
  const keys = `k1:${randomBytes(32).toString("base64")}`;
  const admin = openDatabase(url);
  const running = new Set<Process>();
  return {
    url,
    keys,
    admin,
    start: async (clock = () => new Date()) => {
      const database = openDatabase(url);
      const vault = new Vault(parseKeyring(keys));
      await vault.check(database.knex);
      const enrolment = await enrol(database);
      const audit = new Audit(database, await auditKey(database.knex, vault), enrolment.number, clock);
      const process: Process = {
        database,
        audit,
        enrolment,
        kill: async () => {
          if (!running.delete(process)) return;
          await enrolment.release();
          await database.close();
        },
      };
      running.add(process);
      return process;
    },
    close: async () => {
      for (const process of running) await process.kill();
      await admin.close();
      await drop();
    },
  };
}

/** Rows in order, without their hashes. */
export async function rowsOf(hub: Hub) {
  return hub.admin
    .knex("audit_events")
    .select("seq", "action", "outcome", "request_id", "process", "facts")
    .orderBy("seq");
}

/** Changes rows as somebody does who owns the database: past the trigger that stops mistakes. */
export async function tamper(hub: Hub, sql: string): Promise<void> {
  await hub.admin.knex.transaction(async (tx) => {
    await tx.raw("alter table audit_events disable trigger audit_events_no_change");
    await tx.raw(sql);
    await tx.raw("alter table audit_events enable trigger audit_events_no_change");
  });
}
