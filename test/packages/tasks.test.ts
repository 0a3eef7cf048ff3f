import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newDatabase, temporaryFolder } from "../support/postgres.ts";
import { runTask } from "../support/program.ts";

import { CRM, CRM_PROMPTS } from "./cast.ts";

const SECRET = "secret-canary-31c7be02";

let folder: string;
let env: Record<string, string>;
let drop: () => Promise<void>;

beforeAll(async () => {
  folder = await temporaryFolder();
  const database = await newDatabase();
  drop = database.drop;
  env = { DATABASE_URL: database.url, DATA_DIR: join(folder, "data") };
});
afterAll(async () => {
  await drop?.();
  await rm(folder, { recursive: true, force: true });
});

const pack = {
  ...{ signet_package: 1, name: "Night watch", uid: "acme/night", version: "1.0" },
  prompts: CRM_PROMPTS,
  services: [CRM],
  bots: [{ uid: "acme/night/bot", slug: "night", name: "Night watch" }],
  behaviors: [{ uid: "acme/night/look", bot: "night", slug: "look", title: "Look", output: "nothing" }],
};

const file = async (name: string, value: unknown) => {
  await writeFile(join(folder, name), JSON.stringify(value));
  return join(folder, name);
};

test(
  "from the shell a package is looked at, refused in one line, installed and written again",
  { timeout: 60_000 },
  async () => {
    const path = await file("night.json", pack);
    const answers = await file("answers.json", { client: "app", secret: SECRET });
    const looked = await runTask(["import", path, "--preview"], env);
    expect(JSON.parse(looked.out)).toMatchObject({
      ready: false,
      owner: { type: "organization" },
      missing: [{ key: "client" }, { key: "secret" }],
    });
    const refused = await runTask(["import", path, "--owner", "worker:nobody@example.com"], env);
    expect(refused).toMatchObject({ code: 1, out: "", err: "signet import: There is no worker nobody@example.com.\n" });
    const missing = await runTask(["import", path], env);
    expect(missing.err).toBe(
      "signet import: answers.client: Answer “Client ID”. answers.secret: Answer “Client secret”.\n",
    );
    const done = await runTask(["import", path, "--answers", answers], env);
    expect(done.err).toBe("");
    expect(JSON.parse(done.out)).toMatchObject({ bots: [{ slug: "night" }], behaviors: [{ name: "night/look" }] });
    const written = await runTask(["export", "--bots", "night", "--services", "acme/crm"], env);
    expect(JSON.parse(written.out)).toMatchObject({
      uid: "acme/night",
      version: "1.0",
      bots: [{ slug: "night" }],
      services: [{ uid: "acme/crm" }],
    });
    expect([looked, done, written].map(({ out, err }) => out + err).join()).not.toContain(SECRET);
  },
);
