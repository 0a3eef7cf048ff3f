import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/postgres.ts";
import { freePort, killAll, processesOn, refusal, run, start, type Demo } from "./process.ts";

let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  folder = await temporaryFolder();
  env = { PORT: String(await freePort()), DEMO_DATA_DIR: join(folder, "demo") };
});

afterAll(async () => {
  killAll();
  await rm(folder, { recursive: true, force: true });
});

describe("npm run demo", () => {
  test("serves a linked account, also after a restart, and leaves no process behind", async () => {
    const first = await start(env);
    const curl = curlOf(first);
    expect(await run(curl)).toMatchObject(GRACE);
    expect(await first.stop()).toBe(0);
    expect(await processesOn(folder)).toEqual([]);

    const second = await start(env);
    expect(curlOf(second)).toBe(curl);
    expect(await run(curl)).toMatchObject(GRACE);
    expect(await second.stop()).toBe(0);
    expect(await processesOn(folder)).toEqual([]);
  });

  test("links anew when the provider has forgotten everything", async () => {
    await rm(join(folder, "demo/acme.json"));
    const demo = await start(env);
    expect(await run(curlOf(demo))).toMatchObject(GRACE);
    expect(await demo.stop()).toBe(0);
  });

  test("lets nobody in at the provider without a token of its own", async () => {
    const demo = await start(env);
    const { acmePort } = JSON.parse(await readFile(join(folder, "demo/demo.json"), "utf8")) as { acmePort: number };
    for (const headers of [new Headers(), new Headers({ authorization: "Bearer made-up" })]) {
      const answer = await fetch(`http://127.0.0.1:${acmePort}/api/me`, { headers });
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer /);
    }
    expect((await fetch(`http://127.0.0.1:${acmePort}/weather/forecast`)).status).toBe(401);
    expect(await demo.stop()).toBe(0);
  });

  test("touches no folder that is not its own", async () => {
    const { code, errors } = await refusal({ ...env, DEMO_DATA_DIR: folder });
    expect(code).toBe(1);
    expect(errors).toContain("is not a demo folder");
  });
});

/** What only Acme knows, and tells only to the identity that consented. */
const GRACE = {
  status: 200,
  account: { slug: "acme-crm" },
  body: { id: "grace", name: "Grace Okafor", my_open_tickets: [{ id: "T-1001" }, { id: "T-1008" }] },
};

function curlOf(demo: Demo): string {
  return demo.lines.find((line) => line.startsWith("curl "))!;
}
