import { randomBytes } from "node:crypto";
import { Audit, auditKey } from "../../src/audit/audit.ts";
import { enrol, type Enrolment } from "../../src/audit/sweep.ts";
import { unfold } from "../../src/audit/unfold.ts";
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
          await audit.close();
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
  await unfold(hub.admin.knex);
  return hub.admin
    .knex("audit_events")
    .select("seq", "action", "outcome", "request_id", "process", "facts")
    .orderBy("seq");
}

/** Changes rows as somebody does who owns the database: past the triggers that stop mistakes. */
export async function tamper(hub: Hub, sql: string): Promise<void> {
  await unfold(hub.admin.knex);
  await hub.admin.knex.transaction(async (tx) => {
    for (const table of ["audit_events", "audit_blocks"]) await tx.raw(`alter table ${table} disable trigger user`);
    await tx.raw(sql);
    for (const table of ["audit_events", "audit_blocks"]) await tx.raw(`alter table ${table} enable trigger user`);
  });
}

/** An audit in which nothing ever happened. */
export async function startOver(hub: Hub): Promise<void> {
  await tamper(hub, "delete from audit_events; delete from audit_blocks");
  await hub.admin.knex("audit_head").update({ seq: 0, hash: Buffer.from([0]) });
}

/** The hash to which the row leads: its own, or that of its block. */
export async function linkOf(hub: Hub, seq: number): Promise<Buffer> {
  const own = await hub.admin.knex("audit_events").where({ seq }).whereNotNull("hash").first("hash");
  return (own ?? (await hub.admin.knex("audit_blocks").where({ last_seq: seq }).first("hash"))).hash as Buffer;
}
