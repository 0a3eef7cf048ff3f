import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Browser } from "../support/app.ts";
import { call } from "../support/provider-hub.ts";
import { formsOf } from "../support/provider-canary.ts";
import {
  endPrograms,
  failToStart,
  newDataFolder,
  runTask,
  startProgram,
  type DataFolder,
  type Program,
} from "../support/program.ts";

// One data folder through its life, with the PostgreSQL that Signet brings along.

const PASSWORD = "canary in a deep coal mine 77";
const SECRET = "tok-canary-7d1e90b3aa4c5f26";

let folder: DataFolder;
let env: Record<string, string>;
let program: Program;
let setupLink: string;
let token: string;

beforeAll(async () => {
  folder = await newDataFolder();
  env = { DATA_DIR: folder.path };
});

afterAll(async () => {
  await endPrograms();
  await folder?.remove();
});

const setupIn = (out: string) => /^Set up the first admin[^\n]*: (http:\S+)$/m.exec(out)?.[1];
const verified = async () => (await call(`${program.url}/api/v1/audit/verify`, "GET", token, undefined)).body;

describe("the first start", () => {
  test("says where it is and how to become the first admin, in a folder that is closed to others", async () => {
    program = await startProgram(env);
    setupLink = setupIn(program.out())!;
    expect(setupLink).toMatch(new RegExp(`^${program.url}/setup/[\\w-]{43}$`));
    expect(program.out().trim().split("\n").at(-1)).toBe(`Signet is ready at ${program.url}`);
    expect(statSync(join(folder.path, "signet.keys")).mode & 0o777).toBe(0o600);
    expect((await fetch(`${program.url}/readyz`)).status).toBe(200);
  });

  test("its link works once", async () => {
    const path = new URL(setupLink).pathname;
    const form = { name: "Ann", email: "ann@example.com", password: PASSWORD };
    expect((await new Browser(program.url).get(path)).status).toBe(200);
    expect((await new Browser(program.url).post(path, form)).status).toBe(303);
    expect((await new Browser(program.url).post(path, { ...form, email: "bob@example.com" })).status).toBe(404);
    await new Browser(program.url).signIn("ann@example.com", PASSWORD);
  });
});

describe("while it runs", () => {
  test("another start on the same data refuses in one line", async () => {
    const { code, err, out } = await failToStart(env);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toBe(
      `Signet did not start. Another Signet is running on the data in ${folder.path}. Stop it, or set DATA_DIR to another folder.\n`,
    );
    expect((await fetch(`${program.url}/readyz`)).status).toBe(200);
  });

  test("tasks work beside it", async () => {
    const issued = await runTask(["issue-token", "--worker", "ann@example.com"], env);
    expect(issued.out).toMatch(/^sgw_[\w-]{43}\n$/);
    token = issued.out.trim();
    const added = await runTask(
      ["add-admin", "--email", "cy@example.com", "--name", "Cy", "--password-stdin"],
      env,
      `${PASSWORD}!\n`,
    );
    expect([added.code, added.out]).toEqual([0, "Cy <cy@example.com> is an admin.\n"]);
    await new Browser(program.url).signIn("cy@example.com", `${PASSWORD}!`);
    const me = await call(`${program.url}/api/v1/me`, "GET", token, undefined);
    expect(me.body).toMatchObject({ type: "worker", name: "Ann", role: "admin" });
    const [doctor, migrate] = await Promise.all([runTask(["doctor"], env), runTask(["migrate"], env)]);
    expect(doctor.out).toMatch(/^(ok {3}.*\n){4}$/);
    expect([doctor.code, migrate.out]).toEqual([0, "The database is up to date.\n"]);
    const api = (path: string, body: object) => call(`${program.url}/api/v1${path}`, "POST", token, body);
    const service = await api("/services", {
      kind: "bearer",
      name: "CRM",
      settings: {},
      base_url: "https://crm.example.com",
    });
    const account = await api("/accounts", { service: service.body.id, name: "Inbox", secret: { token: SECRET } });
    expect(account.status, account.text).toBe(201);
  });

  test("tasks say in one line what is missing", async () => {
    const cases: [string[], RegExp][] = [
      [["issue-token"], /^signet issue-token: Give either --worker or --bot\.\n$/],
      [["issue-token", "--worker", "no@example.com"], /^signet issue-token: There is no worker with this email\.\n$/],
      [["add-admin", "--name", "X"], /^signet add-admin: Give --email\.\n$/],
      [["add-admin", "--email", "cy@example.com", "--name", "X"], /^signet add-admin: [^\n]+\n$/],
      [["no-such-task"], /^Usage: npx signet <task>\n/],
    ];
    const ended = await Promise.all(cases.map(([args]) => runTask(args, env)));
    for (const [index, { code, err, out }] of ended.entries()) {
      expect(err).toMatch(cases[index]![1]);
      expect(code).toBeGreaterThan(0);
      expect(out).toBe("");
    }
  });
});

describe("its end", () => {
  test("after Ctrl-C everything has stopped, the database too", async () => {
    program.signal("SIGINT");
    expect(await program.ended).toMatchObject({ code: 0, err: "" });
    expect(await folder.hasServer()).toBe(false);
  });

  test("tasks start the database for themselves then, and stop it", async () => {
    const doctor = await runTask(["doctor"], env);
    expect([doctor.code, doctor.err]).toEqual([0, ""]);
    expect(await folder.hasServer()).toBe(false);
  });

  test("nothing that rests in the folder holds a secret", () => {
    const rest = readdirSync(folder.path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const files = rest.map((entry) => join(entry.parentPath, entry.name));
    const keys = readFileSync(join(folder.path, "signet.keys"), "utf8").trim().split(":")[1]!;
    const secrets = [PASSWORD, SECRET, token, setupLink.split("/").at(-1)!, keys].flatMap(formsOf);
    const others = files.filter((file) => !/(signet\.keys|postgres\.password)$/.test(file));
    expect(others.length).toBeGreaterThan(500);
    const holding = others.filter((file) => {
      const text = readFileSync(file, "latin1");
      return secrets.some((secret) => text.includes(secret));
    });
    expect(holding).toEqual([]);
  });

  test("the next start finds everything, and after kill -9 so does the one after that", async () => {
    program = await startProgram(env);
    expect(setupIn(program.out())).toBeUndefined();
    expect(await verified()).toMatchObject({ ok: true });
    program.signal("SIGKILL");
    await program.ended;
    program = await startProgram(env);
    expect(await verified()).toMatchObject({ ok: true });
    program.signal("SIGTERM");
    expect(await program.ended).toMatchObject({ code: 0, err: "" });
    expect(await folder.hasServer()).toBe(false);
    expect(execFileSync("ps", ["-A", "-o", "args="], { encoding: "utf8" })).not.toContain(folder.path);
  });
});
