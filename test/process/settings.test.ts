import { randomBytes } from "node:crypto";
import { createServer, type AddressInfo } from "node:net";
import { writeFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newDatabase, type TestDatabase } from "../support/postgres.ts";
import { endPrograms, failToStart, newDataFolder, runTask, startProgram, type DataFolder } from "../support/program.ts";

const key = (id: string) => `${id}:${randomBytes(32).toString("base64")}`;

let database: TestDatabase;
let folder: DataFolder;

beforeAll(async () => {
  database = await newDatabase();
  folder = await newDataFolder();
});

afterAll(async () => {
  await endPrograms();
  await database?.drop();
  await folder?.remove();
});

const here = (more: Record<string, string> = {}) => ({ DATABASE_URL: database.url, DATA_DIR: folder.path, ...more });

describe("a bad setting stops the start with one line that names it", () => {
  const bad: Record<string, string> = {
    DATABASE_URL: "mysql://root:hunter22@localhost/x",
    PORT: "99999",
    PUBLIC_URL: "not-an-address",
    TRUST_PROXY: "everybody",
    PROCESSES: "many",
    SIGNET_KEYS: "k1:c2hvcnQ=",
    OUTBOUND_ALLOW: "10.0.0.0/99",
    LOG_LEVEL: "loud",
    SMTP_URL: "http://mail.example",
    AUDIT_RETENTION_DAYS: "-1",
    HOST: "203.0.113.77",
    NODE_TLS_REJECT_UNAUTHORIZED: "0",
    NODE_OPTIONS: "--insecure-http-parser",
  };

  test("each of them", { timeout: 60_000 }, async () => {
    const failures = await Promise.all(
      Object.entries(bad).map(async ([name, value]) => ({
        name,
        value,
        ...(await failToStart(here({ [name]: value }))),
      })),
    );
    for (const { name, value, code, out, err } of failures) {
      const lines = err.split("\n").filter((line) => line !== "" && !line.startsWith("(") && !/^Warning/.test(line));
      expect(lines, name).toHaveLength(1);
      expect(lines[0], name).toMatch(new RegExp(`^Signet did not start\\..*${name}`));
      if (["DATABASE_URL", "SIGNET_KEYS"].includes(name)) expect(lines[0]).not.toContain(value);
      expect([code, out], name).toEqual([1, ""]);
    }
  });
});

test("a database that is not there is named as such", async () => {
  const { code, err } = await failToStart(here({ DATABASE_URL: "postgres://signet:hunter22@127.0.0.1:1/none" }));
  expect(code).toBe(1);
  expect(err).toMatch(/^Signet did not start\. [^\n]*database[^\n]*\n$/);
  expect(err).not.toContain("hunter22");
});

test("a port that is taken is named", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    for (const processes of ["1", "2"]) {
      const { code, err } = await failToStart(here({ PORT: String(port), PROCESSES: processes }));
      expect(code).toBe(1);
      const lines = err.split("\n").filter((line) => line.startsWith("Signet did not start."));
      expect(lines[0]).toBe(`Signet did not start. Port ${port} on 127.0.0.1 is taken. Set PORT to another one.`);
    }
  } finally {
    server.close();
  }
});

test("a key that is wrong or missing is found at the start, and named", async () => {
  const other = await newDatabase();
  try {
    const [right, wrong, second] = [key("main"), key("main"), key("other")];
    const keyed = (keys: string) => ({
      DATABASE_URL: other.url,
      DATA_DIR: join(folder.path, "elsewhere"),
      SIGNET_KEYS: keys,
    });
    const first = await startProgram(keyed(right));
    first.signal("SIGTERM");
    expect((await first.ended).code).toBe(0);
    const refused = await failToStart(keyed(wrong));
    expect(refused.err).toBe('Signet did not start. Key "main" is not the key that this database was sealed with.\n');
    const missing = await failToStart(keyed(second));
    expect(missing.err).toMatch(/^Signet did not start\. Key "main" is missing: [^\n]*\n$/);
    const { SIGNET_KEYS: _, ...without } = keyed(right);
    const lost = await failToStart(without);
    expect(lost.err).toMatch(/^Signet did not start\. Key "main" is missing: .*signet\.keys does not exist[^\n]*\n$/);
    for (const { code, err } of [refused, missing, lost]) {
      expect(code).toBe(1);
      for (const text of [right, wrong, second]) expect(err).not.toContain(text.split(":")[1]);
    }
    const doctor = await runTask(["doctor"], keyed(wrong));
    expect([doctor.code, doctor.err]).toEqual([
      1,
      'signet doctor: Key "main" is not the key that this database was sealed with.\n',
    ]);
    await mkdir(join(folder.path, "elsewhere"), { recursive: true });
    await writeFile(join(folder.path, "elsewhere/signet.keys"), "rubbish");
    expect((await failToStart(without)).err).toMatch(/^Signet did not start\. [^\n]*key[^\n]*\n$/i);
  } finally {
    await other.drop();
  }
});
