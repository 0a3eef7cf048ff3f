import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importPackage } from "../../src/packages/import.ts";
import { previewPackage } from "../../src/packages/preview.ts";
import { auditRows, cast, newWorld, type Cast, type TestWorld } from "../support/world.ts";
import { CRM, CRM_PROMPTS, helpdeskPackage, type Written } from "./cast.ts";

const SECRET = "client-canary-77aa10";

let hub: TestWorld;
let people: Cast;

beforeAll(async () => {
  hub = await newWorld();
  people = await cast(hub.world);
});
afterAll(() => hub?.close());

const small = (more: object = {}) => ({ signet_package: 1, name: "Small", uid: "small", version: "1", ...more });
const problems = async (pack: unknown, answers: Record<string, unknown> = {}) =>
  (await previewPackage(hub.ctx(people.ada), { package: pack, answers })).problems;
const places = async (pack: unknown, answers?: Record<string, unknown>) =>
  (await problems(pack, answers)).map(({ path }) => path);

describe("a package that is none", () => {
  it.each([
    ["nothing", null],
    ["text", "{}"],
    ["a list", []],
    ["another format", { signet_package: 2 }],
    ["wrong types", small({ bots: "none", prompts: {}, behaviors: 7 })],
    ["unknown fields", small({ script: "rm" })],
    [
      "too many bots",
      small({ bots: Array.from({ length: 51 }, (_, n) => ({ uid: `b${n}`, slug: `b${n}`, name: "B" })) }),
    ],
    ["uids that come twice", small({ bots: [1, 2].map((n) => ({ uid: "b", slug: `b${n}`, name: "B" })) })],
    [
      "a step that is none",
      small({ behaviors: [{ uid: "x", bot: "b", slug: "x", title: "X", steps: [{ do: "shell" }] }] }),
    ],
  ])("because it is %s", async (_why, pack) => {
    const preview = await previewPackage(hub.ctx(people.ada), { package: pack });
    expect(preview.ready).toBe(false);
    expect(preview.problems.length).toBeGreaterThan(0);
    for (const { message } of preview.problems) expect(message).toMatch(/[.!]$|expected/);
    await expect(importPackage(hub.ctx(people.ada), { package: pack })).rejects.toMatchObject({ code: "invalid" });
  });

  it("because it would take its reader down: depth, size, circles", async () => {
    let deep: unknown = 1;
    for (let level = 0; level < 50_000; level++) deep = [deep];
    expect((await problems(small({ bots: [{ config: { deep } }] })))[0]!.message).toContain("100 deep");
    const circle: Record<string, unknown> = small();
    circle.bots = circle;
    expect((await problems(circle))[0]!.message).toContain("100 deep");
    const wide = small({ behaviors: [{ output: Array.from({ length: 210_000 }, () => 0) }] });
    expect((await problems(wide))[0]!.message).toContain("200,000");
  });

  it("because of names that change what objects are", async () => {
    for (const text of [
      '{"bots":[{"config":{"__proto__":{"admin":true}}}]}',
      '{"constructor":{"prototype":{"admin":true}}}',
    ])
      expect((await problems({ ...small(), ...(JSON.parse(text) as object) }))[0]!.message).toMatch(
        /can not be a name/,
      );
    expect((await problems(small(), JSON.parse('{"__proto__":{"a":1}}') as never))[0]!.path).toBe("answers.__proto__");
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
    expect(await problems(small(), JSON.parse('{"toString":"x"}') as never)).toMatchObject([
      { path: "answers.toString" },
    ]);
  });

  it("but behaviors that call each other in a circle are fine; runs bound that", async () => {
    const behaviors = ["a", "b"].map((slug) => ({
      uid: `ring/${slug}`,
      bot: "ring",
      slug,
      title: slug,
      steps: [{ do: "run_behavior", behavior: `ring/${slug === "a" ? "b" : "a"}` }],
    }));
    const pack = small({ uid: "ring", bots: [{ uid: "ring", slug: "ring", name: "Ring" }], behaviors });
    expect(await problems(pack)).toEqual([]);
    await importPackage(hub.ctx(people.ada), { package: pack });
  });
});

describe("a secret", () => {
  const pack = (change: (pack: Written) => void): Written => {
    const made = helpdeskPackage("https://desk.example", {
      services: [structuredClone(CRM)],
      prompts: [...CRM_PROMPTS],
    });
    made.behaviors = [];
    made.bots = [{ uid: "s/bot", slug: "s-bot", name: "S" }];
    change(made);
    return made;
  };
  const MARK = "{{{ prompts.secret }}}";

  it.each<[string, string, (pack: Written) => void]>([
    ["a bot's configuration", "bots.0.config.key", (one) => (one.bots![0]!.config = { key: MARK })],
    ["a name", "bots.0.name", (one) => (one.bots![0]!.name = `Bot ${MARK}`)],
    ["a service's name", "services.0.name", (one) => (one.services![0]!.name = MARK)],
    ["an open setting", "services.0.settings.client_id", (one) => (one.services![0]!.settings!.client_id = MARK)],
    ["a header", "services.0.headers.x", (one) => (one.services![0]!.headers = { x: MARK })],
    [
      "a list in a hidden setting",
      "services.0.settings.client_secret.0",
      (one) => (one.services![0]!.settings!.client_secret = [MARK]),
    ],
    [
      "a step",
      "behaviors.0.steps.0.value",
      (one) =>
        (one.behaviors = [
          { uid: "s/b", bot: "s-bot", slug: "b", title: "B", steps: [{ do: "set", name: "x", value: MARK }] as never },
        ]),
    ],
  ])("may not land in %s", async (_what, path, change) => {
    const found = await problems(pack(change), { client: "id", secret: SECRET });
    expect(found).toContainEqual({ path, message: expect.stringContaining("is a secret") });
    const imported = importPackage(hub.ctx(people.ada), {
      package: pack(change),
      answers: { client: "id", secret: SECRET },
    });
    await expect(imported).rejects.toMatchObject({ code: "invalid" });
  });

  it("is not written into a package, nor asked for by another kind of prompt, nor given a default", async () => {
    const settings = (value: string) => pack((one) => (one.services![0]!.settings!.client_secret = value));
    expect(await places(settings("plain-secret"))).toEqual(["services.0.settings.client_secret"]);
    expect(await places(settings("{{{ prompts.client }}}"))).toEqual(["services.0.settings.client_secret"]);
    const preset = pack((one) => (one.prompts![1] = { ...CRM_PROMPTS[1]!, default: "x" }));
    expect(await places(preset)).toEqual(["prompts.1.default"]);
    const fromCatalog = pack(
      (one) =>
        (one.services = [{ uid: "s/sf", catalog: "salesforce", settings: { client_id: "x", client_secret: "y" } }]),
    );
    expect(await places(fromCatalog)).toContain("services.0.settings.client_secret");
  });

  it("goes where it belongs, and comes out nowhere, also when the import is refused", async () => {
    const ada = hub.ctx(people.ada);
    const answers = { client: "id", secret: SECRET };
    const told: unknown[] = [await previewPackage(ada, { package: pack(() => undefined), answers })];
    const bad = pack((one) => (one.services![0]!.settings!.token_url = "no address"));
    told.push(await previewPackage(ada, { package: bad, answers }));
    told.push(
      await importPackage(ada, { package: bad, answers }).catch((error: unknown) => ({
        ...(error as object),
        m: String(error),
      })),
    );
    told.push(await importPackage(ada, { package: pack(() => undefined), answers }));
    for (const table of ["packages", "package_items", "services", "bots"])
      told.push(await hub.world.database.knex(table));
    told.push(await auditRows(hub.world));
    expect(told.length).toBeGreaterThan(8);
    expect(JSON.stringify(told)).not.toContain(SECRET);
  });
});

describe("an answer", () => {
  const asking = () =>
    small({
      uid: "asking",
      prompts: [
        { key: "word", type: "text", label: "Word" },
        { key: "many", type: "text", label: "How many", required: false },
        { key: "region", type: "picklist", label: "Region", options: [{ value: "eu", label: "Europe" }, "us"] },
      ],
      bots: [
        {
          uid: "asking",
          slug: "asking",
          name: "Asks {{{prompts.word}}}",
          config: {
            many: "{{{ prompts.many }}}",
            region: "{{{ prompts.region }}}",
            both: "{{{ prompts.word }}}-{{{ prompts.many }}}",
          },
        },
      ],
      behaviors: [
        {
          uid: "asking/b",
          bot: "asking",
          slug: "b",
          title: "B",
          output: "{{ inputs.x }} {{{ prompts.word }}}",
          inputs: [{ name: "x" }],
        },
      ],
    });

  it("takes the place of a text, or is part of one; what is meant for run time stays", async () => {
    const ada = hub.ctx(people.ada);
    const { changes } = await previewPackage(ada, {
      package: asking(),
      answers: { word: "hello", many: 3, region: "us" },
    });
    const after = (index: number, field: string) => changes[index]!.fields.find((one) => one.field === field)!.after;
    expect(after(0, "name")).toBe("Asks hello");
    expect(after(0, "config")).toEqual({ many: 3, region: "us", both: "hello-3" });
    expect(after(1, "output")).toBe("{{ inputs.x }} hello");
    const without = await previewPackage(ada, { package: asking(), answers: { word: "hello", region: "us" } });
    expect(without.changes[0]!.fields.find((one) => one.field === "config")!.after).toEqual({
      many: null,
      region: "us",
      both: "hello-",
    });
  });

  it("is checked: missing, not offered, not asked for, or a program in disguise", async () => {
    const preview = await previewPackage(hub.ctx(people.ada), { package: asking() });
    expect(preview.missing.map(({ key }) => key)).toEqual(["word", "region"]);
    const wrong = { word: "{{ config.secret }}", region: "asia", other: 1 };
    expect(await places(asking(), wrong)).toEqual(["answers.word", "answers.region", "answers.other"]);
  });

  it("is of a prompt that there is, in three braces that are closed", async () => {
    const pack = asking();
    (pack as Written).bots![0]!.config = { a: "{{{ prompts.nothing }}}", b: "{{{ env.KEY }}}" };
    expect(await places(pack, { word: "x", region: "eu" })).toEqual(["bots.0.config.a", "bots.0.config.b"]);
  });

  it("may name a program that can not be read, and that is said with its place", async () => {
    const pack = asking() as Written;
    pack.behaviors![0]!.output = "{{ inputs.x == '{{{ prompts.word }}}' }}";
    expect(await places(pack, { word: "it's", region: "eu" })).toEqual(["behaviors.0.output"]);
    expect(await places(pack, { word: "its", region: "eu" })).toEqual([]);
  });
});
