import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { addBot } from "../../src/bots/add.ts";
import type { Bot } from "../../src/bots/bot.ts";
import { addBehavior } from "../../src/behaviors/save.ts";
import { issueToken } from "../../src/people/token.ts";
import type { Scope, WorkerActor } from "../../src/access/actor.ts";
import { runRuns } from "../../src/runs/serve.ts";
import { api as call, type ApiAnswer } from "../support/app-api.ts";
import { startApp, type App } from "../support/app.ts";
import { json, newEcho, type Echo } from "../support/echo.ts";
import { bearerService, connected } from "../support/services.ts";
import { cast, newWorld, type Cast, type TestWorld } from "../support/world.ts";

// Runs as programs start and follow them.

let hub: TestWorld;
let app: App;
let people: Cast;
let echo: Echo;
let serving: { close(): Promise<void> };
let crm: Bot;
/** Tokens of Ada, of Ben, of a bot of Ada's and of Cleo, each of whom may do everything a token can. */
let tokens: Record<"ada" | "ben" | "cleo" | "crm", string>;
let find: string;

beforeAll(async () => {
  hub = await newWorld({ outboundAllow: ["127.0.0.1/32"] });
  app = await startApp(hub.world);
  people = await cast(hub.world);
  serving = await runRuns(hub.world);
  echo = await newEcho();
  const service = await bearerService(hub, people.ada, `${echo.url}/api`);
  await connected(hub, people.ada, service, { token: "0123456789abcdef" }, { name: "CRM", slug: "crm-main" });
  crm = await addBot(hub.ctx(people.ada), { name: "CRM", slug: "crm" });
  tokens = {
    ada: await token(people.ada),
    ben: await token(people.ben),
    cleo: await token(people.cleo),
    crm: await token(people.ada, ["execute", "read"], crm),
  };
  find = await make("find-contact", true, {
    inputs: [{ name: "email", type: "text", label: "Email", required: true }],
    steps: [
      {
        id: "found",
        do: "http_request",
        account: "crm-main",
        url: "/contacts",
        query: { email: "{{ inputs.email }}" },
      },
      { id: "noted", do: "http_request", account: "crm-main", method: "POST", url: "/notes", fail_on: "4xx" },
    ],
    output: "{{ steps.found.body }}",
  });
});

afterAll(async () => {
  await app.close();
  await serving.close();
  await echo.close();
  await hub.close();
});

beforeEach(() => {
  echo.requests.length = 0;
  echo.answer(json({ id: 7 }));
});

async function token(worker: WorkerActor, scopes: Scope[] = ["execute", "manage", "read"], bot?: Bot): Promise<string> {
  const holder = bot ? ({ type: "bot", id: bot.id } as const) : ({ type: "worker", id: worker.id } as const);
  return (await issueToken(hub.ctx(worker), { holder, name: "t", scopes, expiresAt: null })).token;
}
async function make(slug: string, isPublic: boolean, program: object): Promise<string> {
  const given = { bot: crm.id, slug, title: slug, public: isPublic, ...program };
  return (await addBehavior(hub.ctx(people.ada), given as never)).id;
}
const as = (who: keyof typeof tokens | string, method: string, path: string, body?: unknown): Promise<ApiAnswer> =>
  call(app, tokens[who as "ada"] ?? who, method, path, body);
const start = (who: string, body: object, behavior = find) => as(who, "POST", `/behaviors/${behavior}/runs`, body);
const EMAIL = { inputs: { email: "grace@example.com" } };
const over = async (id: string) => {
  await expect.poll(async () => (await as("ada", "GET", `/runs/${id}`)).body.state).toMatch(/succeeded|failed|stopped/);
  return (await as("ada", "GET", `/runs/${id}`)).body;
};

describe("starting", () => {
  test("answers at once with a queued run, or waits for its end as long as was asked", async () => {
    const queued = await start("ada", EMAIL);
    expect(queued).toMatchObject({ status: 201, body: { state: "queued", trigger: "api", output: null, error: null } });
    expect(await over(queued.body.id)).toMatchObject({ state: "succeeded", output: { id: 7 } });
    const waited = await start("ada", { ...EMAIL, wait_ms: 20_000 });
    expect(waited).toMatchObject({ status: 201, body: { state: "succeeded", output: { id: 7 } } });
    expect(waited.body).not.toHaveProperty("steps");
    const patient = await make("patient", false, { steps: [{ do: "wait", seconds: 3600 }] });
    expect((await start("ada", { wait_ms: 50 }, patient)).body.state).toMatch(/queued|running/);
  });

  test("takes the behavior's id or its name", async () => {
    const named = await as("ben", "POST", "/behaviors/crm%2Ffind-contact/runs", { ...EMAIL, wait_ms: 20_000 });
    expect(named.body).toMatchObject({
      state: "succeeded",
      behavior: { id: find, name: "crm/find-contact", version: 1 },
    });
    expect(named.body.started_by).toEqual({ type: "worker", id: people.ben.id, name: "Ben Worker" });
  });

  test.each([
    [{ inputs: {} }, "inputs.email", "This is required."],
    [{ inputs: { email: 7 } }, "inputs.email", "This must be text."],
    [{ inputs: { email: "a", phone: "1" } }, "inputs.phone", "The behavior has no such input."],
    [{ inputs: { email: "a" }, wait_ms: -1 }, "wait_ms", undefined],
    [{ inputs: { email: "a" }, wait_ms: 120_001 }, "wait_ms", undefined],
    [{ inputs: { email: "a" }, wait: 1 }, "wait", "There is no such field."],
    [{ inputs: { email: "a" }, simulate: { sent: [] } }, "simulate", undefined],
  ])("refuses %j and names what is wrong", async (body, path, message) => {
    const refused = await start("ada", body);
    expect(refused).toMatchObject({ status: 400, body: { code: "invalid" } });
    const issue = refused.body.issues.find((one: { path: string }) => one.path.startsWith(path));
    expect(issue).toBeDefined();
    if (message !== undefined) expect(issue.message).toBe(message);
  });

  test("is refused without the scope, for strangers, and for private behaviors of others", async () => {
    const reader = await token(people.ada, ["read"]);
    expect(await start(reader, EMAIL)).toMatchObject({ status: 403, body: { code: "forbidden" } });
    expect(await start("sgw_nobody", EMAIL)).toMatchObject({ status: 401 });
    const closed = await make("closed", false, {});
    expect(await start("ben", {}, closed)).toMatchObject({ status: 404, body: { code: "not_found" } });
    const theirs = await addBot(hub.ctx(people.ben), { name: "Ben's", slug: "bens" });
    const private_ = await addBehavior(hub.ctx(people.ben), { bot: theirs.id, title: "Private" } as never);
    expect(await start("ada", {}, private_.id)).toMatchObject({ status: 403, body: { code: "forbidden" } });
    expect(await start("ada", {}, "01a22ae3-0000-7000-8000-000000000000")).toMatchObject({ status: 404 });
    expect(echo.requests).toHaveLength(0);
  });

  test("is refused while behavior or bot are switched off", async () => {
    const off = await make("off", false, { enabled: false });
    expect(await start("ada", {}, off)).toMatchObject({ status: 409, body: { code: "conflict" } });
  });
});

describe("simulating", () => {
  test.each([
    [true, [null, []]],
    [{ answers: { found: { status: 200, body: { id: 8 } } } }, [{ id: 8 }, []]],
    [{ send: ["found"] }, [{ id: 7 }, ["/api/contacts?email=grace%40example.com"]]],
  ])("%j answers with a finished run that sent only what it was told to", async (simulate, [output, sent]) => {
    const run = await start("ada", { ...EMAIL, simulate });
    expect(run).toMatchObject({ status: 201, body: { state: "succeeded", simulated: true, output } });
    expect(echo.requests.map(({ path }) => path)).toEqual(sent);
    const { steps } = (await as("ada", "GET", `/runs/${run.body.id}`)).body;
    expect(steps.at(-1)).toMatchObject({ id: "noted", state: "simulated", shown: { rule: { because: "owner" } } });
    expect(JSON.stringify(steps)).not.toContain("0123456789abcdef");
  });

  test("replays a run, whose answers given ones replace; and holds the clock", async () => {
    const real = await start("ada", { ...EMAIL, wait_ms: 20_000 });
    echo.requests.length = 0;
    const replay = await start("ada", { ...EMAIL, simulate: { replay: real.body.id } });
    expect(replay.body.output).toEqual({ id: 7 });
    const clock = await make("clock", false, { output: "{{ now }}" });
    const held = await start("ada", { simulate: { now: "2026-05-31T14:00:00Z" } }, clock);
    expect(held.body.output).toBe("2026-05-31T14:00:00.000Z");
    expect(echo.requests).toHaveLength(0);
  });

  test("sends no single steps of somebody else's bot, and replays nothing that one may not see", async () => {
    const real = await start("ada", { ...EMAIL, wait_ms: 20_000 });
    expect(await start("ben", { ...EMAIL, simulate: { send: ["noted"] } })).toMatchObject({ status: 403 });
    const peek = await start("ben", { ...EMAIL, simulate: { replay: real.body.id } });
    expect(peek).toMatchObject({ status: 400, body: { issues: [{ path: "simulate.replay" }] } });
    const mine = await start("ben", { ...EMAIL, wait_ms: 20_000 });
    expect(await start("ben", { ...EMAIL, simulate: { replay: mine.body.id } })).toMatchObject({ status: 400 });
  });
});

describe("following", () => {
  test("gives the trace to who looks after the bot, the output to who started it, and nothing to others", async () => {
    const { id } = (await start("ben", { ...EMAIL, wait_ms: 20_000 })).body;
    for (const who of ["ada", "crm"]) {
      const { body } = await as(who, "GET", `/runs/${id}`);
      expect(body.steps.map((step: { key: string; state: string }) => [step.key, step.state])).toEqual([
        ["0", "finished"],
        ["1", "finished"],
      ]);
      expect(body.steps[0]).toMatchObject({ do: "http_request", result: { status: 200, body: { id: 7 } } });
    }
    expect((await as("ben", "GET", `/runs/${id}`)).body).toMatchObject({ output: { id: 7 }, steps: [] });
    for (const path of ["", "/stop", "/rerun"])
      expect(
        await as("cleo", path === "" ? "GET" : "POST", `/runs/${id}${path}`, path === "" ? undefined : {}),
      ).toMatchObject({ status: 404, body: { code: "not_found" } });
    expect(await as("ada", "GET", "/runs/no-id")).toMatchObject({ status: 404 });
    expect(await as(await token(people.ada, ["execute"]), "GET", `/runs/${id}`)).toMatchObject({ status: 403 });
  });

  test("lists what one may see, narrowed and page by page", async () => {
    const listed = await make("listed", true, {
      inputs: [{ name: "n", type: "number" }],
      steps: [
        {
          do: "decide",
          outcomes: [{ title: "bad", when: "inputs.n == 2", steps: [{ do: "stop", state: "failed", message: "two" }] }],
        },
      ],
    });
    for (const n of [1, 2, 3]) await start("ben", { inputs: { n }, wait_ms: 20_000 }, listed);
    const list = async (who: string, query: string) => (await as(who, "GET", `/runs?behavior=${listed}${query}`)).body;
    const inputs = (page: { items: { inputs: { n: number } }[] }) => page.items.map((run) => run.inputs.n);
    for (const who of ["ada", "ben", "crm"]) expect(inputs(await list(who, ""))).toEqual([3, 2, 1]);
    expect(inputs(await list("cleo", ""))).toEqual([]);
    expect(inputs(await list("ada", "&state=failed"))).toEqual([2]);
    expect(inputs(await list("ada", `&bot=${crm.id}`))).toEqual([3, 2, 1]);
    expect(inputs(await list("ada", "&bot=01a22ae3-0000-7000-8000-000000000000"))).toEqual([]);
    expect(inputs(await list("ada", "&since=2099-01-01T00:00:00Z"))).toEqual([]);
    const first = await list("ada", "&limit=2");
    expect(inputs(first)).toEqual([3, 2]);
    expect(inputs(await list("ada", `&limit=2&cursor=${first.next_cursor}`))).toEqual([1]);
    for (const query of ["state=odd", "cursor=x", "limit=0", "since=soon", "colour=red"])
      expect(await as("ada", "GET", `/runs?${query}`)).toMatchObject({ status: 400 });
  });
});

describe("stopping and running again", () => {
  test("stops a run that waits, once", async () => {
    const patient = await make("waits", true, { steps: [{ do: "wait", seconds: 3600 }] });
    const { id } = (await start("ben", {}, patient)).body;
    expect(await as("ben", "POST", `/runs/${id}/stop`)).toMatchObject({ status: 200 });
    expect(await over(id)).toMatchObject({ state: "stopped", error: null });
    expect(await as("ben", "POST", `/runs/${id}/stop`)).toMatchObject({ status: 409, body: { code: "conflict" } });
    expect(await as(await token(people.ben, ["read"]), "POST", `/runs/${id}/stop`)).toMatchObject({ status: 403 });
  });

  test("goes on from the failure, or begins anew; a run that is not over, or succeeded, does neither", async () => {
    echo.answer((request, response) => json({ id: 7 }, request.method === "POST" ? 409 : 200)(request, response));
    const { body: failed } = await start("ada", { ...EMAIL, wait_ms: 20_000 });
    expect(failed).toMatchObject({ state: "failed", error: { code: "upstream_invalid", step: "1" } });
    echo.answer(json({ id: 7 }));
    const again = await as("ada", "POST", `/runs/${failed.id}/rerun`, { from: "failure" });
    expect(again).toMatchObject({ status: 201, body: { rerun_of: failed.id, state: "queued", trigger: "hand" } });
    expect(await over(again.body.id)).toMatchObject({ state: "succeeded" });
    expect(echo.requests.map(({ method }) => method)).toEqual(["GET", "POST", "POST"]);
    const keys = echo.requests.map((one) => one.header("idempotency-key"));
    expect(keys[1]).toBe(keys[2]);
    const anew = await as("ada", "POST", `/runs/${again.body.id}/rerun`, {});
    expect(await over(anew.body.id)).toMatchObject({ state: "succeeded", inputs: EMAIL.inputs });
    expect(echo.requests).toHaveLength(5);
    expect(echo.requests[4]!.header("idempotency-key")).not.toBe(keys[1]);
    expect(await as("ada", "POST", `/runs/${anew.body.id}/rerun`, { from: "failure" })).toMatchObject({ status: 409 });
    expect(await as("ada", "POST", `/runs/${anew.body.id}/rerun`, { from: "middle" })).toMatchObject({ status: 400 });
  });
});

test("the description of the API holds all of it", async () => {
  const { paths, components } = (await (await fetch(`${app.url}/api/v1/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { parameters: { name: string }[]; requestBody?: object }>>;
    components: { schemas: Record<string, unknown> };
  };
  const parameters = (path: string) => paths[path]!.get!.parameters.map(({ name }) => name);
  expect(parameters("/runs")).toEqual(
    expect.arrayContaining(["q", "limit", "cursor", "behavior", "bot", "state", "since"]),
  );
  expect(JSON.stringify(paths["/behaviors/{id}/runs"]!.post!.requestBody)).toMatch(/inputs.*wait_ms.*simulate/);
  expect(JSON.stringify(paths["/runs/{id}/rerun"]!.post!.requestBody)).toContain('"failure"');
  for (const path of ["/runs/{id}", "/runs/{id}/stop"]) expect(paths).toHaveProperty([path]);
  expect(components.schemas).toHaveProperty("Problem");
});
