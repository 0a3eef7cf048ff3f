import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Behavior } from "../../src/behaviors/behavior.ts";
import { addBehavior, type AddBehavior } from "../../src/behaviors/save.ts";
import { addBot } from "../../src/bots/add.ts";
import type { Bot } from "../../src/bots/bot.ts";
import { setMember } from "../../src/people/set-member.ts";
import { workerActor } from "../../src/people/browse.ts";
import { SCOPES, type WorkerActor } from "../../src/access/actor.ts";
import { getRun, listRuns } from "../../src/runs/browse.ts";
import { startRun } from "../../src/runs/start.ts";
import { runRuns } from "../../src/runs/serve.ts";
import { Browser, startApp, type App, type Visit } from "../support/app.ts";
import { json, newEcho, type Answer, type Echo } from "../support/echo.ts";
import { bearerService, connected } from "../support/services.ts";
import { cast, newWorld, PASSWORDS, type Cast, type TestWorld } from "../support/world.ts";

let hub: TestWorld;
let app: App;
let people: Cast;
let echo: Echo;
let serving: { close(): Promise<void> };
let ada: Browser;
let ben: Browser;
let cleo: Browser;
/** Ada's own bot, and Ben as he is after he got his team. */
let crm: Bot;
let desk: Bot;
let benNow: WorkerActor;

const CONTACTS = json({ items: [{ id: 1 }, { id: 2 }] }, 200, { "set-cookie": "session=not-for-eyes" });

beforeAll(async () => {
  hub = await newWorld({ outboundAllow: ["127.0.0.1/32"] });
  app = await startApp(hub.world);
  people = await cast(hub.world);
  await setMember(hub.ctx(people.ada), people.support.id, { worker: people.cleo.id, manager: false });
  benNow = (await workerActor(hub.world, people.ben.id, SCOPES))!;
  echo = await newEcho();
  serving = await runRuns(hub.world);
  ada = await new Browser(app).signIn("ada@example.com", PASSWORDS.ada);
  ben = await new Browser(app).signIn("ben@example.com", PASSWORDS.ben);
  cleo = await new Browser(app).signIn("cleo@example.com", PASSWORDS.cleo);
  crm = await addBot(hub.ctx(people.ada), { name: "CRM", slug: "crm" });
  desk = await addBot(hub.ctx(benNow), { name: "Desk", owner: { type: "team", id: people.support.id } });
  const service = await bearerService(hub, people.ada, `${echo.url}/api`, { name: "Contacts" });
  await connected(hub, people.ada, service, { token: "0123456789abcdef" }, { name: "Contacts, live", slug: "live" });
  const own = { name: "Team's contacts", slug: "teams", owner: { type: "team", id: people.support.id } };
  await connected(hub, benNow, service, { token: "0123456789abcdef" }, own);
});

afterAll(async () => {
  await app.close();
  await serving.close();
  await echo.close();
  await hub.close();
});

beforeEach(() => {
  echo.requests.length = 0;
  echo.answer(CONTACTS);
});

const make = (slug: string, more: object, bot = crm) =>
  addBehavior(hub.ctx(bot === crm ? people.ada : benNow), { bot: bot.id, slug, title: slug, ...more } as AddBehavior);
const runOf = async (visit: Visit, ctx = hub.ctx(people.ada)) => getRun(ctx, visit.location!.slice("/runs/".length));
/** A run that is over. */
const ran = (behavior: Behavior, inputs: object = {}, who: WorkerActor = people.ada) =>
  startRun(hub.ctx(who), behavior.id, { inputs: inputs as never, wait_ms: 20_000 }, "hand");
const find = (account = "live") => ({
  id: "found",
  do: "http_request",
  title: "Find the contact",
  account,
  url: "/contacts",
  query: { email: "{{ inputs.email }}", access_token: "not for eyes" },
});

describe("the form", () => {
  let typed: Behavior;
  beforeAll(async () => {
    typed = await make("typed", {
      inputs: [
        { name: "email", type: "text", label: "Email", required: true },
        { name: "note", type: "long_text" },
        { name: "most", type: "number", default: 3 },
        { name: "since", type: "date" },
        { name: "urgent", type: "yes_no" },
        { name: "list", type: "picklist", options: ["Customers", "Leads"] },
        { name: "fields", type: "json" },
        { name: "account", type: "account" },
      ],
      output: "{{ inputs }}",
    });
  });
  const FILLED = {
    "inputs.email": "grace@example.com",
    "inputs.note": "two\r\nlines",
    "inputs.most": "7",
    "inputs.since": "2026-05-31",
    "inputs.urgent": "true",
    "inputs.list": "Leads",
    "inputs.fields": '{"tier": 1}',
  };

  test("asks for each input in its own way, with its default", async () => {
    const { text } = await ada.get(`/behaviors/${typed.id}/run`);
    expect(text).toMatch(/<textarea[^>]*name="inputs.note"/);
    expect(text).toMatch(/name="inputs.most" value="3"/);
    expect(text).toMatch(/type="date"[^>]*name="inputs.since"/);
    expect(text).toContain('<option value="Leads">');
    expect(text).toContain("Contacts, live · Contacts");
  });

  test("offers only accounts that the person may see", async () => {
    const open = await make("open", { public: true, inputs: [{ name: "account", type: "account" }] });
    const { text } = await ben.get(`/behaviors/${open.id}/run`);
    expect(text).toContain("Team&#39;s contacts · Contacts");
    expect(text).not.toContain("Contacts, live");
  });

  test("runs with what was typed and leads to the run", async () => {
    const sent = await ada.post(`/behaviors/${typed.id}/run`, { ...FILLED, act: "run" });
    const { run } = await runOf(sent);
    expect(run).toMatchObject({ state: "succeeded", trigger: "hand" });
    expect(run.output).toEqual({
      email: "grace@example.com",
      note: "two\nlines",
      most: 7,
      since: "2026-05-31",
      urgent: true,
      list: "Leads",
      fields: { tier: 1 },
      account: null,
    });
    const again = await ada.get(`/behaviors/${typed.id}/run`);
    expect(again.text).toContain("Fill in what you used last");
    const filled = await ada.get(`/behaviors/${typed.id}/run?from=${run.id}`);
    expect(filled.text).toContain('value="grace@example.com"');
    expect(filled.text).toContain('<option value="true" selected>');
    expect((await ben.get(`/behaviors/${typed.id}/run?from=${run.id}`)).text).not.toContain("grace@example.com");
  });

  test("keeps what was typed and says at each field what is wrong", async () => {
    const wrong = { ...FILLED, "inputs.email": "", "inputs.most": "many", "inputs.fields": '{"tier": 1}' };
    const { status, text } = await ada.post(`/behaviors/${typed.id}/run`, { ...wrong, act: "run" });
    expect(status).toBe(400);
    expect(text).toContain('<a href="#field-inputs-email">This is required.</a>');
    expect(text).toContain('<a href="#field-inputs-most">This must be a number.</a>');
    expect(text).toContain('value="many"');
    expect(text).toContain("{&quot;tier&quot;: 1}");
    const broken = await ada.post(`/behaviors/${typed.id}/run`, { ...FILLED, "inputs.fields": "{oops", act: "run" });
    expect(broken.text).toMatch(/#field-inputs-fields">This is not JSON/);
    expect(broken.text).toContain("{oops</textarea>");
  });

  test("is not there for strangers, and runs nothing private for onlookers", async () => {
    expect((await ben.get(`/behaviors/${typed.id}/run`)).status).toBe(404);
    expect((await ben.post(`/behaviors/${typed.id}/run`, { ...FILLED, act: "run" })).status).toBe(404);
    const teams = await make("closed", { steps: [find("teams")] }, desk);
    expect((await ada.get(`/behaviors/${teams.id}/run`)).text).toContain("Only its own bot may run this");
    expect((await ada.post(`/behaviors/${teams.id}/run`, { act: "run" })).status).toBe(403);
    expect(echo.requests).toHaveLength(0);
  });
});

describe("simulating", () => {
  let behavior: Behavior;
  beforeAll(async () => {
    behavior = await make(
      "simulated",
      {
        public: true,
        inputs: [{ name: "email", type: "text" }],
        steps: [
          find("teams"),
          {
            id: "noted",
            do: "http_request",
            account: "teams",
            method: "POST",
            url: "/notes",
            body: { password: "hunter22" },
          },
        ],
        output: ["{{ steps.found.status }}", "{{ steps.found.body }}", "{{ now }}"],
      },
      desk,
    );
  });

  test("sends nothing and says so", async () => {
    const sent = await ben.post(`/behaviors/${behavior.id}/run`, {
      act: "simulate",
      "simulate.now": "2026-05-31T14:00",
    });
    const { text } = await ben.follow(sent);
    expect(echo.requests).toHaveLength(0);
    expect(text).toContain("This is a simulation");
    expect(text).toContain("2 steps would have done something outside and did not");
    expect(text).toContain("The answer is taken to be 200 and empty.");
    expect(text).not.toContain("not for eyes");
    expect((await runOf(sent, hub.ctx(benNow))).run.output).toEqual([200, null, "2026-05-31T14:00:00.000Z"]);
  });

  test("answers with what was typed, or sends for real, step by step", async () => {
    const sent = await ben.post(`/behaviors/${behavior.id}/run`, {
      act: "simulate",
      "step.found.mode": "answer",
      "step.found.status": "404",
      "step.found.body": '{"error": "none"}',
      "step.noted.mode": "send",
    });
    const { run } = await runOf(sent, hub.ctx(benNow));
    const again = await ben.get(`/behaviors/${behavior.id}/run?from=${run.id}&simulate=1`);
    expect(again.text).toContain('name="step.found.status" value="404"');
    expect(again.text).toContain("&quot;error&quot;: &quot;none&quot;");
    expect(again.text).toContain('<option value="send" selected>');
    expect(run.output).toMatchObject([404, { error: "none" }, expect.anything()]);
    expect(echo.requests.map(({ path }) => path)).toEqual(["/api/notes"]);
  });

  test("replays the answers of an earlier run", async () => {
    const earlier = await ran(behavior, {}, benNow);
    echo.requests.length = 0;
    const filled = await ben.get(`/behaviors/${behavior.id}/run?from=${earlier.id}&simulate=1`);
    expect(filled.text).toContain(`<option value="${earlier.id}" selected>`);
    const sent = await ben.post(`/behaviors/${behavior.id}/run`, { act: "simulate", "simulate.replay": earlier.id });
    expect((await runOf(sent, hub.ctx(benNow))).run.output).toMatchObject([200, { items: [{ id: 1 }, { id: 2 }] }, {}]);
    expect(echo.requests).toHaveLength(0);
  });

  test("keeps a refused form, with the part open", async () => {
    const refused = await ben.post(`/behaviors/${behavior.id}/run`, {
      act: "simulate",
      "step.found.mode": "answer",
      "step.found.status": "9000",
      "step.found.body": "{oops",
      "simulate.now": "yesterday",
    });
    expect(refused.status).toBe(400);
    expect(refused.text).toContain("A status is a number from 100 to 599.");
    expect(refused.text).toContain('<a href="#field-step-found-body">This is not JSON');
    expect(refused.text).toContain("This must be a moment");
    expect(refused.text).toMatch(/<details[^>]*id="simulation" open>/);
    expect(refused.text).toContain('<option value="answer" selected>');
  });

  test("lets nobody but who manages the bot send single steps, or replay what they may not see", async () => {
    const send = { act: "simulate", "step.noted.mode": "send" };
    expect((await cleo.get(`/behaviors/${behavior.id}/run`)).text).not.toContain("Really send");
    for (const browser of [cleo, ada])
      expect((await browser.post(`/behaviors/${behavior.id}/run`, send)).text).toContain("Only who manages Desk");
    const open = await make("mine", { inputs: [{ name: "email", type: "text" }], steps: [find()], public: true });
    const peek = await ben.post(`/behaviors/${open.id}/run`, {
      act: "simulate",
      "simulate.replay": (await ran(open)).id,
    });
    expect(peek.status).toBe(400);
    expect(peek.text).toContain("There is no such run, or it is not visible to you.");
    expect(echo.requests.filter(({ method }) => method === "POST")).toHaveLength(0);
  });
});

describe("a run's page", () => {
  test("tells each step: what was sent, what came back, and why it was allowed", async () => {
    const behavior = await make("told", { inputs: [{ name: "email", type: "text" }], steps: [find()] });
    const run = await ran(behavior, { email: "grace@example.com" });
    const { text } = await ada.get(`/runs/${run.id}`);
    expect(text).toContain("Find the contact");
    expect(text).toContain("GET /contacts → 200");
    expect(text).toContain("email=grace%40example.com");
    expect(text).toContain("Allowed because the bot&#39;s owner owns Contacts, live.");
    for (const secret of ["not for eyes", "not+for+eyes", "not-for-eyes", "0123456789abcdef"])
      expect(text).not.toContain(secret);
    expect(text).not.toContain("http-equiv");
  });

  test("nests rounds, outcomes and what was done because something failed", async () => {
    echo.answer(refusing("/api/note/2"));
    const behavior = await make("nested", {
      steps: [
        {
          do: "loop",
          over: "[1, 2]",
          as: "n",
          steps: [
            {
              do: "http_request",
              title: "Note",
              account: "live",
              url: "/note/{{ vars.n }}",
              fail_on: "4xx",
              on_error: [{ do: "set", title: "Remember", name: "missed", value: "{{ vars.n }}" }],
            },
          ],
        },
      ],
    });
    const run = await ran(behavior);
    const { text } = await ada.get(`/runs/${run.id}`);
    expect(run.state).toBe("succeeded");
    const order = ["Round 1", "Round 2", "The provider answered 409.", "Because it failed", "Remember"];
    const places = order.map((words) => text.indexOf(words));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places[0]).toBeGreaterThan(0);
    expect(text).toContain("1 failed");
  });

  test("says where it failed and what to do", async () => {
    echo.answer(json({ error: "down" }, 503));
    const behavior = await make("broken", {
      steps: [{ do: "loop", over: "[1]", steps: [{ ...find(), query: {}, title: "Ask", fail_on: "5xx" }] }],
    });
    const run = await ran(behavior);
    expect(run.error?.step).toBe("0[0].0");
    const { text } = await ada.get(`/runs/${run.id}`);
    expect(text).toContain("It happened at “Ask”, step 1.1.1.");
    expect(text).toContain('href="#step-0-0--0"');
    expect(text).toContain('id="step-0-0--0"');
    expect(text).toContain("Go on from the failure");
  });

  test("shows who only started it the output, and strangers nothing", async () => {
    const behavior = await make("open-to-all", { public: true, steps: [{ ...find(), query: {} }], output: "said" });
    const run = await ran(behavior, {}, benNow);
    const { text } = await ben.get(`/runs/${run.id}`);
    expect(text).toContain("said");
    expect(text).toContain("How it came about is for those who look after CRM");
    expect(text).not.toContain("/contacts");
    for (const path of ["", "/events", "/stop"]) expect((await cleo.get(`/runs/${run.id}${path}`)).status).toBe(404);
    for (const path of ["/stop", "/rerun"]) expect((await cleo.post(`/runs/${run.id}${path}`)).status).toBe(404);
  });

  test("leads to the runs that it called, where the reader may see them", async () => {
    await make("inner", { public: true, output: 1 });
    const outer = await make("outer", { steps: [{ do: "run_behavior", behavior: "crm/inner" }] }, desk);
    const run = await ran(outer, {}, benNow);
    const [call] = (await getRun(hub.ctx(benNow), run.id)).calls;
    expect((await ben.get(`/runs/${run.id}`)).text).not.toContain(`/runs/${call!.id}`);
    expect((await ben.get(`/runs/${call!.id}`)).status).toBe(404);
    expect((await ada.get(`/runs/${call!.id}`)).text).toContain("Ben Worker → desk/outer → crm/inner");
    const twice = await make("twice", { steps: [{ do: "run_behavior", behavior: "crm/inner" }] });
    const own = await ran(twice, {}, people.ada);
    const [seen] = (await getRun(hub.ctx(people.ada), own.id)).calls;
    expect((await ada.get(`/runs/${own.id}`)).text).toContain(`href="/runs/${seen!.id}"`);
  });

  test("shows an admin that a bot of others ran and how it ended, and nothing that went in or came out", async () => {
    const inputs = [{ name: "word", required: true }];
    const behavior = await make("own-affair", { inputs, output: "heard {{ inputs.word }}" } as never, desk);
    const run = await ran(behavior, { word: "sesame" }, benNow);
    expect((await ben.get(`/runs/${run.id}`)).text).toContain("heard sesame");
    const page = await ada.get(`/runs/${run.id}`);
    expect(page.status).toBe(200);
    expect(page.text).toContain("Succeeded");
    expect(page.text).not.toContain("sesame");
    const { items } = await listRuns(hub.ctx(people.ada), { behavior: behavior.id });
    expect(items).toMatchObject([{ id: run.id, state: "succeeded", inputs: {}, output: null }]);
  });

  test("shows how a large answer begins, and many steps page by page", async () => {
    echo.answer(json({ text: "x".repeat(200_000) }));
    const large = await ran(await make("large", { steps: [{ ...find(), query: {} }] }));
    const page = await ada.get(`/runs/${large.id}`);
    expect(page.text.length).toBeLessThan(60_000);
    expect(page.text).toMatch(/Only the first 16,384 of 200,0\d\d characters are shown/);
    const inputs = [{ name: "all", type: "json" }];
    const many = {
      do: "loop",
      over: "inputs.all",
      steps: [
        { do: "set", name: "a", value: 1 },
        { do: "set", name: "b", value: 2 },
      ],
    };
    const long = await ran(await make("long", { inputs, steps: [many] }), { all: Array(150).fill(0) });
    const first = await ada.get(`/runs/${long.id}`);
    const next = /href="(\/runs\/[^"]+\?after=\d+)"/.exec(first.text)![1]!;
    expect(first.text).toContain("301 steps");
    expect((await ada.get(next)).text).toContain("From the first step");
  });
});

describe("again and no further", () => {
  test("goes on from the failure without doing again what was done", async () => {
    echo.answer(refusing("/api/second"));
    const steps = ["/first", "/second"].map((url) => ({
      do: "http_request",
      account: "live",
      method: "POST",
      url,
      fail_on: "4xx",
    }));
    const run = await ran(await make("two", { steps }));
    echo.answer(CONTACTS);
    const again = await ada.post(`/runs/${run.id}/rerun`, { from: "failure" });
    await expect.poll(async () => (await runOf(again)).run.state).toBe("succeeded");
    expect(echo.requests.map(({ path }) => path)).toEqual(["/api/first", "/api/second", "/api/second"]);
    expect((await ada.get(again.location!)).text).toContain(`href="/runs/${run.id}"`);
    const start = await ada.post(`/runs/${run.id}/rerun`, { from: "start" });
    await expect.poll(async () => (await runOf(start)).run.state).toBe("succeeded");
    expect(echo.requests).toHaveLength(5);
  });

  test("stops after a question", async () => {
    const behavior = await make("patient", { steps: [{ do: "wait", seconds: 3600 }] });
    const sent = await ada.post(`/behaviors/${behavior.id}/run`, { act: "run" });
    await expect.poll(async () => (await runOf(sent)).run.state).toBe("queued");
    const waiting = await ada.get(sent.location!);
    expect(waiting.text).toContain("Waiting");
    expect(waiting.text).toContain('<noscript><meta http-equiv="refresh"');
    expect((await ada.get(`${sent.location}/stop`)).text).toContain("What is done already stays done.");
    const stopped = await ada.follow(await ada.post(`${sent.location}/stop`));
    expect(stopped.text).toContain("The run is stopped.");
    expect((await ada.follow(await ada.post(`${sent.location}/stop`))).text).toContain("This run is over already.");
  });
});

describe("lists", () => {
  test("are narrowed by state, bot, behavior and words in the address, and paged", async () => {
    echo.answer(refusing("/api/contacts"));
    const failing = await make("failing", { steps: [{ ...find("teams"), query: {}, fail_on: "4xx" }] }, desk);
    const fine = await make("fine", {}, desk);
    for (const one of [failing, fine]) await ran(one, {}, benNow);
    const rows = (visit: Visit) =>
      [...visit.text.matchAll(/class="row-link" href="\/runs\/[^>]+>([^<]+)/g)].map(([, title]) => title);
    expect(rows(await ben.get(`/runs?bot=${desk.id}&state=failed`))).toEqual(["failing"]);
    expect(rows(await ben.get(`/runs?behavior=${fine.id}`))).toEqual(["fine"]);
    expect(rows(await ben.get("/runs?q=FINE"))).toEqual(["fine"]);
    expect(rows(await ben.get(`/behaviors/${fine.id}/runs`))).toHaveLength(1);
    expect(rows(await cleo.get("/runs?q=fine"))).toEqual(["fine"]);
    expect((await ben.get("/runs?q=nothing")).text).toContain("No run matches");
    expect(rows(await ben.get("/runs?q=told"))).toEqual([]);
    await Promise.all(Array.from({ length: 51 }, () => ran(fine, {}, benNow)));
    const first = await ben.get(`/runs?behavior=${fine.id}`);
    const next = /href="([^"]*cursor=[^"]*)"/.exec(first.text)![1]!.replaceAll("&amp;", "&");
    expect(rows(first)).toHaveLength(50);
    expect(rows(await ben.get(next))).toHaveLength(2);
  });

  test("tell failures of the last day at home", async () => {
    const home = await ben.get("/");
    expect(home.text).toContain("Latest runs");
    expect(home.text).toContain('href="/runs?state=failed"');
    expect((await cleo.get("/")).text).not.toContain("open-to-all");
  });
});

/** Refuses what begins with `path`, with 409; answers the rest. */
function refusing(path: string): Answer {
  return (request, response) =>
    (request.path.startsWith(path) ? json({ error: "no" }, 409) : CONTACTS)(request, response);
}
