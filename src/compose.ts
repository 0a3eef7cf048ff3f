import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ANONYMOUS, SYSTEM, type Actor } from "./access/actor.ts";
import { Audit, auditKey } from "./audit/audit.ts";
import { closeUnknown, enrol, markLowest } from "./audit/sweep.ts";
import type { Context, Log, World } from "./context.ts";
import { parseAllowList } from "./outbound/address-guard.ts";
import { Evaluator } from "./expressions/evaluator.ts";
import { Control } from "./outbound/control.ts";
import { Directories } from "./outbound/ldap.ts";
import { Transport } from "./outbound/transport.ts";
import { openDatabase, type Database } from "./storage/database.ts";
import { runnerOf } from "./runs/runner.ts";
import { newId } from "./storage/id.ts";
import { Memory } from "./storage/memory.ts";
import { Listener } from "./storage/notices.ts";
import { generateKey, KeyError, parseKeyring, type Keyring } from "./vault/keyring.ts";
import { Queue } from "./storage/queue.ts";
import { Vault } from "./vault/vault.ts";

/** What compose needs of the configuration; the tests give it directly. */
export interface Parts {
  databaseUrl: string;
  dataDir: string;
  keys: string | undefined;
  outboundAllow: string[];
  publicUrl: string;
  log: Log;
  clock?: () => Date;
}

export interface Composed {
  world: World;
  close(): Promise<void>;
}

const MARK_EVERY = 60_000;

/**
 * Builds the powers of one process on a migrated database: keys checked, caches fed by notices, what dead processes
 * left open closed. The only builder; the server, the tasks and the tests call it. Throws KeyError for a wrong key.
 */
export async function compose(parts: Parts): Promise<Composed> {
  const undo: (() => Promise<unknown> | void)[] = [];
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    return { world: await build(parts, undo), close };
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
}

/** Leaves with `undo` how each thing it opened is closed. */
async function build(parts: Parts, undo: (() => Promise<unknown> | void)[]): Promise<World> {
  const { log, publicUrl, clock = () => new Date() } = parts;
  const allow = parseAllowList(parts.outboundAllow);
  const database = openDatabase(parts.databaseUrl);
  undo.push(() => database.close());
  const vault = new Vault(keyring(await keyText(parts, database), parts), clock);
  await vault.check(database.knex);
  const memory = new Memory();
  const listener = new Listener(database, memory);
  await listener.start();
  undo.push(() => listener.stop());
  const enrolment = await enrol(database);
  undo.push(() => enrolment.release());
  const audit = new Audit(database, await auditKey(database.knex, vault), enrolment.number, clock);
  undo.push(() => audit.close());
  const transport = new Transport(allow);
  undo.push(() => transport.close());
  const control = new Control(allow);
  const directories = new Directories(allow);
  const expressions = new Evaluator();
  undo.push(() => expressions.close());
  const queue = new Queue(database, memory, log);
  undo.push(() => queue.close());
  const powers = { database, memory, vault, audit, transport, control, directories, expressions, queue };
  const world = { ...powers, log, clock, publicUrl };
  undo.push(() => runnerOf(world).close());
  const closed = await closeUnknown(database, audit);
  if (closed > 0) log.warn({ closed }, "closed what a stopped process had begun; its outcome is recorded as unknown");
  const marker = setInterval(() => void tend(world).catch(() => undefined), MARK_EVERY);
  undo.push(() => clearInterval(marker.unref()));
  return world;
}

/** A context for `actor`; requests and tasks each make their own. */
export function contextFor(
  world: World,
  actor: Actor,
  more: { requestId?: string; session?: string | null } = {},
): Context {
  return {
    ...world,
    db: world.database.knex,
    actor,
    requestId: more.requestId ?? newId(),
    session: more.session ?? null,
  };
}

export function systemContext(world: World): Context {
  return contextFor(world, SYSTEM);
}

export function anonymousContext(world: World): Context {
  return contextFor(world, ANONYMOUS);
}

async function tend(world: World): Promise<void> {
  await markLowest(world.database, world.audit);
  await closeUnknown(world.database, world.audit);
}

/** The keyring of `text`; what is unclear in the setting is told with its name. */
function keyring(text: string, parts: Parts): Keyring {
  try {
    return parseKeyring(text);
  } catch (error) {
    if (parts.keys === undefined || !(error instanceof KeyError)) throw error;
    throw new KeyError(`Setting SIGNET_KEYS: ${error.message}`);
  }
}

/**
 * The keys: from the setting, else from DATA_DIR/signet.keys (mode 0600), which is made only while the database was
 * never sealed with any key, because a new key could open nothing of what is there.
 */
async function keyText(parts: Parts, database: Database): Promise<string> {
  if (parts.keys !== undefined) return parts.keys;
  const file = join(parts.dataDir, "signet.keys");
  if (existsSync(file)) {
    await chmod(file, 0o600);
    return readFile(file, "utf8");
  }
  const known = await database.knex("vault_keys").first<{ key_id: string }>("key_id");
  if (known) {
    throw new KeyError(
      `Key "${known.key_id}" is missing: ${file} does not exist and SIGNET_KEYS is not set. Restore it from your backup.`,
    );
  }
  const text = `${generateKey(`k${randomBytes(3).toString("hex")}`)}\n`;
  await mkdir(parts.dataDir, { recursive: true, mode: 0o755 });
  await writeFile(file, text, { mode: 0o600, flag: "wx" });
  return text;
}
