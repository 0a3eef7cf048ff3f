import { randomBytes, randomInt } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { json, newEcho, type Echo } from "../support/echo.ts";
import { newDatabase, type TestDatabase } from "../support/postgres.ts";
import {
  endPrograms,
  newDataFolder,
  runTask,
  startProgram,
  until,
  type DataFolder,
  type Program,
} from "../support/program.ts";
import { call } from "../support/provider-hub.ts";

// A thousand runs that the clock starts, in two processes that are killed again and again (statement of the product:
// kill any process at any moment, and no run is lost). The provider does what its kind does: it takes a request with
// an Idempotency-Key that it has seen for the same one.

const COUNT = 1_000;
/** Milliseconds over which they are due, and during which processes die. */
const SPREAD = 8_000;

let database: TestDatabase;
let folders: DataFolder[];
let provider: Echo;
let programs: Program[];
let env: Record<string, string>;
let token: string;
let client: pg.Client;

/** What the provider did, by key; and how often it was asked for it again. */
const effects = new Map<string, number>();
let suppressed = 0;

beforeAll(async () => {
  [database, provider, ...folders] = await Promise.all([newDatabase(), newEcho(), newDataFolder(), newDataFolder()]);
  const keys = `k1:${randomBytes(32).toString("base64")}`;
  env = { DATABASE_URL: database.url, SIGNET_KEYS: keys, OUTBOUND_ALLOW: "127.0.0.1/32" };
  const first = await startProgram({ ...env, DATA_DIR: folders[0]!.path });
  [programs, token] = await Promise.all([
    startProgram({ ...env, DATA_DIR: folders[1]!.path }).then((second) => [first, second]),
    tokenOfAnn(),
  ]);
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  provider.answer((request, response) => {
    const key = request.header("idempotency-key")!;
    if (effects.has(key)) suppressed++;
    effects.set(key, (JSON.parse(request.body.toString()) as { n: number }).n);
    setTimeout(() => json({ done: true })(request, response), 5);
  });
});

afterAll(async () => {
  await client?.end();
  await endPrograms();
  await Promise.all([provider?.close(), ...(folders ?? []).map((folder) => folder.remove())]);
  await database?.drop();
});

async function tokenOfAnn(): Promise<string> {
  const admin = ["add-admin", "--email", "ann@example.com", "--name", "Ann", "--password-stdin"];
  await runTask(admin, env, "tall ships at anchor");
  return (await runTask(["issue-token", "--worker", "ann@example.com"], env)).out.trim();
}

const api = async (method: string, path: string, body?: unknown) => {
  const answer = await call(`${programs[0]!.url}/api/v1${path}`, method, token, body);
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.body as { id: string };
};

async function killAndRestart(which: number): Promise<void> {
  const program = programs[which]!;
  program.signal("SIGKILL");
  await program.ended;
  programs[which] = await startProgram({ ...env, DATA_DIR: folders[which]!.path, PORT: new URL(program.url).port });
}

const count = async (sql: string) => Number((await client.query(`select count(*) from ${sql}`)).rows[0].count);

test("of a thousand scheduled runs none is lost and none happens twice", { timeout: 120_000 }, async ({ annotate }) => {
  const service = await api("POST", "/services", {
    kind: "bearer",
    name: "Ledger",
    settings: {},
    base_url: provider.url,
  });
  await api("POST", "/accounts", {
    service: service.id,
    name: "Ledger",
    slug: "ledger",
    secret: { token: "tok-12345678" },
  });
  const bot = await api("POST", "/bots", { name: "Booker", limits: { max_runs: 40 } });
  const behavior = await api("POST", "/behaviors", {
    bot: bot.id,
    title: "Book",
    inputs: [{ name: "n", type: "number", required: true }],
    steps: [
      {
        id: "booked",
        do: "http_request",
        account: "ledger",
        method: "POST",
        url: "/book",
        body: { n: "{{ inputs.n }}" },
      },
    ],
    output: "{{ steps.booked.body.done }}",
  });
  // One by the API shows what a row is made of; the others are copies of it, so that the test takes no longer than it must.
  const at = new Date(Date.now() + 3_000).toISOString();
  const { id } = await api("POST", `/behaviors/${behavior.id}/schedules`, { at, inputs: { n: 1 } });
  await client.query(
    `insert into schedules select gen_random_uuid(), behavior_id, at, cron, time_zone, jsonb_build_object('n', n), duplicates,
       scheduler_type, scheduler_id, scheduler_name, state, paused_reason, next_at + make_interval(secs => n * $2::float / 1000 / $3),
       last_at, last_run_id, missed, created_at
     from schedules, generate_series(2, $3::int) as n where id = $1`,
    [id, SPREAD, COUNT],
  );
  const began = Date.now();
  let kills = 0;
  // Each on its own, so that at times there is none.
  const dying = [0, 1].map(async (which) => {
    for (; Date.now() < began + 3_000 + SPREAD; kills++) {
      await new Promise((resolve) => setTimeout(resolve, randomInt(300, 2_000)));
      await killAndRestart(which);
    }
  });
  await Promise.all(dying);
  const over = "runs where trigger = 'schedule' and state in ('succeeded', 'failed', 'stopped')";
  await until(async () => (await count(over)) >= COUNT, "the last run to end");
  const took = Date.now() - began;
  await annotate(`${kills} kills; all over after ${took} ms; the provider suppressed ${suppressed} repeated requests`);
  expect(kills).toBeGreaterThan(2);
  expect(await count("runs where state = 'succeeded'")).toBe(COUNT);
  expect(await count("schedules")).toBe(0);
  const numbers = [...effects.values()].sort((a, b) => a - b);
  expect(numbers).toEqual(Array.from({ length: COUNT }, (_, index) => index + 1));
  expect(await api("GET", "/audit/verify")).toMatchObject({ ok: true });
});
