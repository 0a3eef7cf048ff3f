import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectAccount } from "../../src/accounts/connect.ts";
import { addService } from "../../src/services/add.ts";
import { catalog } from "../../src/services/catalog.ts";
import { importPackage } from "../../src/packages/import.ts";
import { library, readEntry } from "../../src/packages/library.ts";
import { previewPackage } from "../../src/packages/preview.ts";
import { cast, newWorld, type Cast, type TestWorld } from "../support/world.ts";

const FILES = readdirSync("src/packages/library").filter((name) => name.endsWith(".json"));
const SETTINGS: Record<string, unknown> = { client_id: "id", client_secret: "secret-canary-8d1f" };

let hub: TestWorld;
let people: Cast;

beforeAll(async () => {
  hub = await newWorld();
  people = await cast(hub.world);
});
afterAll(() => hub?.close());

describe("the library", () => {
  it("has the Salesforce bot", () => {
    expect(library().map(({ key }) => key)).toContain("salesforce-bot");
  });

  it("has packages whose names and uids are their own", () => {
    const all = library();
    for (const of of ["name", "uid"] as const) expect(new Set(all.map(({ pack }) => pack[of])).size).toBe(all.length);
    const uids = all.flatMap(({ pack }) => [...pack.bots, ...pack.behaviors, ...pack.services].map(({ uid }) => uid));
    expect(new Set(uids).size).toBe(uids.length);
  });

  it("refuses a file that is no package, and says which and why", () => {
    expect(() => readEntry("broken", '{ "signet_package": 2 }')).toThrow(/broken\.json: .*format 1/);
  });

  it.each(FILES)("%s asks for what is in the catalog, and installs", async (file) => {
    const { pack, json, logo } = readEntry(file, readFileSync(`src/packages/library/${file}`, "utf8"));
    const keys = new Set(catalog().map(({ key }) => key));
    expect(logo === null || keys.has(logo)).toBe(true);
    for (const { service } of pack.prompts)
      expect(service === undefined || keys.has(service) || pack.services.some(({ uid }) => uid === service)).toBe(true);
    const preview = await previewPackage(hub.ctx(people.ada), { package: json });
    expect(preview.problems.filter(({ path }) => !path.startsWith("requires."))).toEqual([]);
    expect(preview.conflicts).toBe(0);
  });
});

describe("the Salesforce bot", () => {
  const { json } = library().find(({ key }) => key === "salesforce-bot")!;

  it("needs the service first", async () => {
    const { problems } = await previewPackage(hub.ctx(people.ada), { package: json });
    expect(problems).toEqual([{ path: "requires.services.0", message: "Set up Salesforce first." }]);
  });

  it("installs its six behaviors, whole", async () => {
    const ada = hub.ctx(people.ada);
    const service = await addService(ada, { catalog: "salesforce", settings: SETTINGS });

    const secret = { access_token: "access-canary-1c", refresh_token: "refresh-canary-1c" };
    const account = await connectAccount(ada, { service: service.id, name: "CRM", secret });
    const { behaviors } = await importPackage(ada, { package: json, answers: { salesforce_account: account.id } });
    expect(behaviors.map(({ title }) => title).sort()).toEqual([
      "Create account",
      "Get account",
      "List accounts",
      "List resources",
      "List versions",
      "Update account",
    ]);
  });
});
