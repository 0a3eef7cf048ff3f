import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newDatabase, type TestDatabase } from "../support/postgres.ts";
import {
  endPrograms,
  isAlive,
  newDataFolder,
  runTask,
  startProgram,
  until,
  type DataFolder,
  type Program,
} from "../support/program.ts";
import { bodyOf, open } from "../support/provider-hub.ts";

let database: TestDatabase;
let folder: DataFolder;
let program: Program;
let token: string;

beforeAll(async () => {
  [database, folder] = await Promise.all([newDatabase(), newDataFolder()]);
  const env = { DATABASE_URL: database.url, DATA_DIR: folder.path, PROCESSES: "2" };
  program = await startProgram(env);
  await runTask(["add-admin", "--email", "ann@example.com", "--name", "Ann"], env);
  token = (await runTask(["issue-token", "--worker", "ann@example.com"], env)).out.trim();
}, 90_000);

afterAll(async () => {
  await endPrograms();
  await folder?.remove();
  await database?.drop();
});

/** The processes that serve. */
function children(): number[] {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n");
  const pairs = lines.map((line) => line.trim().split(/\s+/).map(Number));
  return pairs
    .filter(([, parent]) => parent === program.pid)
    .map(([pid]) => pid!)
    .filter(isServing);
}

/** The ps that lists them is a child of this test, but to be sure. */
function isServing(pid: number): boolean {
  return execFileSync("ps", ["-o", "args=", "-p", String(pid)], { encoding: "utf8" }).includes("main.ts");
}

/** A request on a connection of its own, so that the processes take turns. */
async function call(method: string, path: string, by = token, body?: object) {
  const headers = { authorization: `Bearer ${by}`, "content-type": "application/json" };
  const { sent, answer } = open(`${program.url}/api/v1${path}`, { method, headers });
  sent.end(body && JSON.stringify(body));
  const message = await answer;
  const text = (await bodyOf(message)).toString();
  return { status: message.statusCode!, body: text === "" ? undefined : JSON.parse(text) };
}

const statuses = async (by: string, times: number) => {
  const all = [];
  for (let index = 0; index < times; index++) all.push((await call("GET", "/me", by)).status);
  return all;
};

test("two processes serve behind one port, and say once that they are ready", async () => {
  expect(children()).toHaveLength(2);
  expect(program.out().match(/Signet is ready/g)).toHaveLength(1);
  expect(await statuses(token, 10)).toEqual(Array(10).fill(200));
});

test("what one of them ends, the other refuses too", async () => {
  const issued = await call("POST", "/me/tokens", token, { name: "Short-lived" });
  // Both have it in memory now.
  expect(await statuses(issued.body.token, 10)).toEqual(Array(10).fill(200));
  expect((await call("DELETE", `/me/tokens/${issued.body.id}`)).status).toBe(204);
  const refused = async () => (await statuses(issued.body.token, 8)).every((status) => status === 401);
  await until(refused, "both processes to refuse the token");
});

test("a process that dies is replaced", async () => {
  const [first, second] = children();
  process.kill(first!, "SIGKILL");
  await until(() => !isAlive(first!) && children().length === 2, "another process");
  expect(children()).toContain(second);
  await until(async () => (await statuses(token, 6)).every((status) => status === 200), "all to answer");
});

test("all of them stop together", async () => {
  const all = children();
  program.signal("SIGTERM");
  expect(await program.ended).toMatchObject({ code: 0, err: "" });
  expect(all.filter(isAlive)).toEqual([]);
});
