import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Account } from "../../src/accounts/account.ts";
import { addBot } from "../../src/bots/add.ts";
import type { Bot } from "../../src/bots/bot.ts";
import type { Behavior } from "../../src/behaviors/behavior.ts";
import { getBehavior } from "../../src/behaviors/browse.ts";
import { addBehavior, editBehavior } from "../../src/behaviors/save.ts";
import { allStepKinds } from "../../src/behaviors/steps.ts";
import { layOut } from "../../src/http/flow-layout.ts";
import { drawTree } from "../../src/http/step-tree.ts";
import { readValue, shownValue } from "../../src/http/step-values.ts";
import { startRun } from "../../src/runs/start.ts";
import { Browser, startApp, type App, type FormFields, type Visit } from "../support/app.ts";
import { json, newEcho, type Echo } from "../support/echo.ts";
import { bearerService, connected } from "../support/services.ts";
import { cast, newWorld, PASSWORDS, type Cast, type TestWorld } from "../support/world.ts";

let hub: TestWorld;
let app: App;
let people: Cast;
let echo: Echo;
let ada: Browser;
let ben: Browser;
let cleo: Browser;
let crm: Account;
let bot: Bot;
let behavior: Behavior;

const STEPS = [
  {
    id: "found",
    do: "http_request",
    title: "Find contacts",
    account: "crm-main",
    method: "GET",
    url: "/contacts",
    query: { limit: 10, tag: ["a", "b"], none: null },
    headers: { accept: "application/json" },
    on_error: [{ do: "stop", state: "failed", message: "It said {{ steps.found.status }}" }],
  },
  {
    do: "decide",
    outcomes: [
      { title: "none", when: "steps.found.body.total == 0", steps: [{ do: "stop", state: "succeeded" }] },
      { title: "some", steps: [{ do: "set", name: "first", value: "{{ steps.found.body.items[0] }}" }] },
    ],
  },
];

beforeAll(async () => {
  hub = await newWorld({ outboundAllow: ["127.0.0.1/32"] });
  app = await startApp(hub.world);
  people = await cast(hub.world);
  echo = await newEcho(json({ total: 2, items: [{ id: 7, "odd key": "x" }] }));
  ada = await new Browser(app).signIn("ada@example.com", PASSWORDS.ada);
  ben = await new Browser(app).signIn("ben@example.com", PASSWORDS.ben);
  cleo = await new Browser(app).signIn("cleo@example.com", PASSWORDS.cleo);
  const service = await bearerService(hub, people.ada, echo.url, { name: "CRM" });
  crm = await connected(hub, people.ada, service, { token: "tok-canary-1" }, { name: "CRM", slug: "crm-main" });
  bot = await addBot(hub.ctx(people.ada), { name: "Helper", slug: "helper", config: { region: "eu" } });
});

afterAll(async () => {
  await app.close();
  await echo.close();
  await hub.close();
});

/** A fresh behavior of Ada's bot for one story. */
async function fresh(more: object = {}): Promise<Behavior> {
  const slug = `find-${Math.random().toString(36).slice(2, 10)}`;
  const given = {
    inputs: [{ name: "email", required: true }],
    steps: STEPS,
    output: "{{ steps.found.body }}",
    ...more,
  };
  return addBehavior(hub.ctx(people.ada), { bot: bot.id, slug, title: "Find a contact", ...given } as never);
}

const now = (one: Behavior) => getBehavior(hub.ctx(people.ada), one.id);
const steps = async (one: Behavior) => (await now(one)).steps as unknown as Record<string, never>[];

/** The fields of the step form on a page, as a browser sends them. */
function formIn(page: Visit): FormFields {
  const form = /<form class="form step-form"[\s\S]*?<\/form>/.exec(page.text)![0];
  const fields: Record<string, string[]> = {};
  const add = (name: string, value: string) => (fields[name] ??= []).push(unescaped(value));
  for (const [control] of form.matchAll(
    /<(?:input|select|textarea)\b[\s\S]*?>(?:(?<=<textarea[^>]*>)[\s\S]*?<\/textarea>|(?<=<select[^>]*>)[\s\S]*?<\/select>)?/g,
  )) {
    const name = /\bname="([^"]*)"/.exec(control)?.[1];
    if (name === undefined) continue;
    if (control.startsWith("<textarea")) add(name, /<textarea[^>]*>\n?([\s\S]*)<\/textarea>/.exec(control)![1]!);
    else if (control.startsWith("<select")) add(name, /<option value="([^"]*)" selected/.exec(control)?.[1] ?? "");
    else if (!/type="checkbox"/.test(control) || / checked/.test(control))
      add(name, /\bvalue="([^"]*)"/.exec(control)?.[1] ?? "");
  }
  return fields;
}

function unescaped(text: string): string {
  return text
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}

describe("a value in a form", () => {
  test("comes back as it was, whatever JSON it is", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const plain = JSON.parse(JSON.stringify(value)) as unknown;
        expect(readValue(shownValue(plain), "value")).toEqual(plain);
      }),
    );
    for (const text of ["5", "true", "null", '"x"', "[a", "{b", "{{ inputs.x }}", "Hello {{ inputs.x }}", " x ", ""])
      expect(readValue(shownValue(text), "value"), text).toBe(text);
  });

  test("that begins like JSON and is none is refused with a hint", () => {
    expect(() => readValue('{"a": {{ inputs.a }}}', "value")).toThrow("into double quotes");
    expect(() => readValue("[urgent] look", "value")).toThrow("is read as JSON");
  });
});

describe("the editor", () => {
  test("shows the tree and the form of the chosen step, generated from its kind", async () => {
    behavior = await fresh();
    const { status, text } = await ada.get(`/behaviors/${behavior.id}?step=0`);
    expect(status).toBe(200);
    for (const words of [
      "Find contacts",
      "GET /contacts · CRM",
      "On error",
      "steps.found.body.total == 0",
      "first = {{",
    ])
      expect(text).toContain(words.replaceAll("&", "&amp;"));
    expect(text).toContain('<option value="account:crm-main" selected>CRM (has the bot&#39;s owner)</option>');
    expect(text).toMatch(/<optgroup label="CRM">/);
    expect(text).toContain("CRM: the caller&#39;s own, else the team&#39;s");
    expect((await ada.get(`/behaviors/${behavior.id}?step=1.outcomes.1.steps.0`)).text).toContain('value="first"');
    for (const nowhere of ["9", "0.outcomes.0.steps.0", "x", "__proto__"])
      expect((await ada.get(`/behaviors/${behavior.id}?step=${nowhere}`)).status, nowhere).toBe(404);
  });

  test("leaves every step as it is when its form is saved untouched", async () => {
    behavior = await fresh();
    const before = await steps(behavior);
    for (const place of ["0", "0.on_error.0", "1", "1.outcomes.0.steps.0", "1.outcomes.1.steps.0"]) {
      const form = formIn(await ada.get(`/behaviors/${behavior.id}?step=${place}`));
      expect((await ada.post(`/behaviors/${behavior.id}/steps`, form)).status, place).toBe(303);
    }
    expect(await steps(behavior)).toEqual(before);
  });

  test("has a form for every kind of step, which leaves what it can not show as well", async () => {
    const kinds = allStepKinds();
    const icons = await (await fetch(`${app.url}/assets/icons.svg`)).text();
    behavior = await fresh({
      steps: [
        {
          do: "paginate",
          account: { service: "CRM" },
          url: "/a",
          items: "{{ page.body }}",
          next: { link_header: true },
          max_pages: "{{ 3 }}",
        },
        { do: "ldap_search", account: "{{ inputs.email }}", attributes: ["cn", "mail"], size_limit: 5 },
        { do: "notify", to: ["owner", "ben@example.com"], title: "Late", text: "a\nb\n" },
        { do: "schedule_behavior", behavior: "helper/gone", cron: "0 9 * * *", inputs: { list: [1, "2"], text: "5" } },
        {
          do: "http_request",
          account: "crm-main",
          method: "OPTIONS",
          url: "/",
          body: "5",
          follow_redirects: false,
          query: "{{ vars.q }}",
        },
        {
          do: "loop",
          over: "[1]",
          as: "one",
          limit: 3,
          disabled: true,
          steps: [{ do: "set", name: "a", value: null }],
        },
      ],
    });
    for (const { kind, label, icon } of kinds) {
      const page = await ada.get(`/behaviors/${behavior.id}?add=steps&at=0&kind=${kind}`);
      expect(page.text).toContain(`New: ${label}`);
      expect(icons).toContain(`id="${icon}"`);
    }
    const before = await steps(behavior);
    for (const place of before.keys()) {
      const form = formIn(await ada.get(`/behaviors/${behavior.id}?step=${place}`));
      expect((await ada.post(`/behaviors/${behavior.id}/steps`, form)).status, String(place)).toBe(303);
    }
    expect(await steps(behavior)).toEqual(before);
    expect((await ada.get(`/behaviors/${behavior.id}?step=0`)).text).toContain("<code>{{ page.body }}</code>");
  });

  test("adds, changes and rearranges steps by forms alone", async () => {
    behavior = await fresh({ steps: [] });
    const first = await ada.get(`/behaviors/${behavior.id}`);
    expect(first.text).toContain("What should it do first?");
    const path = /href="([^"]*kind=http_request[^"]*)"/.exec(first.text)![1]!.replaceAll("&amp;", "&");
    const form = formIn(await ada.get(path));
    const made = await ada.post(`/behaviors/${behavior.id}/steps`, {
      ...form,
      "fields.account": "account:crm-main",
      "fields.url": "/contacts/{{ inputs.email }}",
      "fields.query.name": ["limit", "tag", "tag", ""],
      "fields.query.value": ["10", "a", "b", ""],
      on_error: "branch",
      "retry.times": "2",
    });
    expect(made.location).toBe(`/behaviors/${behavior.id}?step=0`);
    expect(await steps(behavior)).toEqual([
      {
        id: "request",
        do: "http_request",
        account: "crm-main",
        method: "GET",
        url: "/contacts/{{ inputs.email }}",
        query: { limit: "10", tag: ["a", "b"] },
        retry: { times: 2, wait_seconds: 5 },
        on_error: [],
      },
    ]);
    const act = async (step: string, name: string, more: FormFields = {}) => {
      const { version } = await now(behavior);
      return ada.post(`/behaviors/${behavior.id}/steps/act`, { step, act: name, version: String(version), ...more });
    };
    expect((await act("0", "duplicate")).location).toBe(`/behaviors/${behavior.id}?step=1`);
    expect((await act("1", "send", { list: "steps.0.on_error" })).location).toBe(
      `/behaviors/${behavior.id}?step=0.on_error.0`,
    );
    expect((await act("0.on_error.0", "out")).location).toBe(`/behaviors/${behavior.id}?step=1`);
    await act("1", "up");
    await act("1", "switch");
    expect((await steps(behavior)).map(({ id, disabled }) => [id, disabled])).toEqual([
      ["request_2", undefined],
      ["request", true],
    ]);
    const gone = await act("0", "delete");
    expect(await steps(behavior)).toHaveLength(1);
    const told = await ada.follow(gone);
    expect(told.text).toContain("Execute HTTP Request is deleted.");
    const undo = /action="([^"]*restore[^"]*)"/.exec(told.text)![1]!;
    expect((await ada.follow(await ada.post(undo))).text).toContain("is back, as version");
    expect(await steps(behavior)).toHaveLength(2);
    expect((await ada.follow(await ada.post(undo))).text).toContain("saved version");
  });

  test("asks before nested steps go along", async () => {
    behavior = await fresh();
    const page = await ada.get(`/behaviors/${behavior.id}?step=1`);
    const ask = /href="([^"]*steps\/delete[^"]*)"/.exec(page.text)![1]!;
    const asked = (await ada.get(ask)).text;
    expect(asked).toContain("The 2 steps inside it go with it");
    expect((await ada.get(`/behaviors/${behavior.id}?step=1.outcomes.0.steps.0`)).text).not.toContain("steps/delete");
  });

  test("places problems at the fields of the step and loses nothing typed", async () => {
    behavior = await fresh();
    const form = formIn(await ada.get(`/behaviors/${behavior.id}?step=0`));
    const refused = await ada.post(`/behaviors/${behavior.id}/steps`, {
      ...form,
      id: "Not So",
      "fields.account": "",
      "fields.url": "/contacts/{{ inputs.email",
      "fields.query.name": ["limit", "mine"],
      "fields.query.value": ["10", "{{ oops( }}"],
      "fields.body": '{"a": {{ inputs.a }}}',
      "retry.times": "many",
      title: "Kept title",
    });
    expect(refused.status).toBe(400);
    for (const kept of [
      'value="Kept title"',
      'value="/contacts/{{ inputs.email"',
      'value="{{ oops( }}"',
      'value="mine"',
      'value="many"',
    ])
      expect(refused.text).toContain(kept);
    expect(refused.text).toContain("{&quot;a&quot;: {{ inputs.a }}}</textarea>");
    expect(refused.text).toMatch(/id="field-fields-body-problem"[\s\S]{0,300}into double quotes/);
    expect(refused.text).toMatch(/id="field-retry-times-problem"[\s\S]{0,300}must be a number/);
    const again = {
      ...form,
      id: "Not So",
      "fields.account": "",
      "fields.query.name": ["mine"],
      "fields.query.value": ["{{ oops( }}"],
    };
    const schema = (await ada.post(`/behaviors/${behavior.id}/steps`, again)).text;
    expect(schema).toMatch(/id="field-fields-account-problem"[\s\S]{0,300}Choose an account\./);
    expect(schema).toMatch(/id="field-id-problem"[\s\S]{0,300}lower-case letters/);
    const template = (
      await ada.post(`/behaviors/${behavior.id}/steps`, {
        ...again,
        id: "found",
        "fields.account": "account:crm-main",
        "fields.url": "/{{ inputs. }}",
      })
    ).text;
    expect(template).toMatch(/id="field-fields-url-problem"/);
    expect(template).toMatch(/id="field-fields-query-mine-problem"/);
    expect((await now(behavior)).version).toBe(1);
  });

  test("edits outcomes, which keep their steps", async () => {
    behavior = await fresh();
    const base = formIn(await ada.get(`/behaviors/${behavior.id}?step=1`));
    const more = await ada.post(`/behaviors/${behavior.id}/steps`, { ...base, act: "add.outcomes" });
    expect(more.status).toBe(200);
    expect((await now(behavior)).version).toBe(1);
    const three = formIn(more);
    expect(three["fields.outcomes.title"]).toEqual(["none", "some", ""]);
    const moved = formIn(
      await ada.post(`/behaviors/${behavior.id}/steps`, {
        ...three,
        "fields.outcomes.title": ["none", "some", "new"],
        act: "up.outcomes.1",
      }),
    );
    expect(moved["fields.outcomes.title"]).toEqual(["some", "none", "new"]);
    const bad = await ada.post(`/behaviors/${behavior.id}/steps`, {
      ...moved,
      act: "save",
      "fields.outcomes.when": ["", "1 ==", "true"],
    });
    expect(bad.text).toMatch(/id="field-fields-outcomes-1-when-problem"/);
    await ada.post(`/behaviors/${behavior.id}/steps`, {
      ...formIn(bad),
      act: "save",
      "fields.outcomes.when": ["", "false", "true"],
    });
    const [, decide] = await steps(behavior);
    expect(decide).toMatchObject({
      outcomes: [
        { title: "some", steps: [{ do: "set", name: "first" }] },
        { title: "none", when: "false", steps: [{ do: "stop" }] },
        { title: "new", when: "true", steps: [] },
      ],
    });
  });

  test("lists what may be written: inputs, configuration, earlier steps, keys of the latest answer", async () => {
    behavior = await fresh();
    await startRun(hub.ctx(people.ada), behavior.id, { inputs: { email: "x" }, wait_ms: 10_000 }, "api");
    const { text } = await ada.get(`/behaviors/${behavior.id}?step=1.outcomes.1.steps.0`);
    for (const name of [
      "{{ inputs.email }}",
      "{{ config.region }}",
      "{{ steps.found.status }}",
      "{{ steps.found.body.items[0].id }}",
      "{{ steps.found.body.items[0][&quot;odd key&quot;] }}",
    ])
      expect(text).toContain(`<code>${name}</code>`);
    expect(text).toContain("such as 7");
    expect(text).not.toContain("<code>{{ vars.first }}</code>");
    expect((await ada.get(`/behaviors/${behavior.id}?part=output`)).text).toContain("<code>{{ vars.first }}</code>");
    expect((await ada.get(`/behaviors/${behavior.id}?add=steps&at=0&kind=set`)).text).not.toContain(
      "<code>{{ steps.found.status }}</code>",
    );
    expect((await ada.get(`/behaviors/${behavior.id}?step=0.on_error.0`)).text).toContain(
      "<code>{{ steps.found.status }}</code>",
    );
  });

  test("keeps what was typed when somebody else saved meanwhile, and says what", async () => {
    behavior = await fresh();
    const form = formIn(await ada.get(`/behaviors/${behavior.id}?step=0`));
    await editBehavior(hub.ctx(people.ada), behavior.id, { steps: [{ do: "wait", seconds: 1 }, ...STEPS] as never });
    const conflict = await ada.post(`/behaviors/${behavior.id}/steps`, { ...form, title: "Mine" });
    expect(conflict.status).toBe(409);
    expect(conflict.text).toContain("Ada Admin saved version 2 while you were editing.");
    expect(conflict.text).toMatch(/diff-added[\s\S]{0,200}do: wait/);
    expect(conflict.text).toContain('value="Mine"');
    // The step has moved by one, and so has its form.
    expect((await ada.post(`/behaviors/${behavior.id}/steps`, formIn(conflict))).location).toBe(
      `/behaviors/${behavior.id}?step=1`,
    );
    expect((await steps(behavior)).map(({ title }) => title)).toEqual([undefined, "Mine", undefined]);
    await editBehavior(hub.ctx(people.ada), behavior.id, { steps: [] });
    const lost = await ada.post(`/behaviors/${behavior.id}/steps`, {
      ...formIn(conflict),
      title: "Mine again",
      version: "3",
    });
    expect(lost.status).toBe(409);
    expect(lost.text).toContain("Add this step");
    await ada.post(`/behaviors/${behavior.id}/steps`, formIn(lost));
    expect(await steps(behavior)).toMatchObject([{ id: "found", title: "Mine again" }]);
  });

  test("is for who manages the bot; who sees it may read, strangers find nothing", async () => {
    behavior = await fresh({ public: true });
    const seen = await cleo.get(`/behaviors/${behavior.id}?step=0`);
    expect(seen.status).toBe(200);
    expect(seen.text).toContain('<fieldset class="fieldset step-fields" disabled>');
    for (const word of ["Add a step", "Connect new", "crm-main (has", "config.region"])
      expect(seen.text).not.toContain(word);
    const posts = [
      "/steps",
      "/steps/act",
      "/inputs",
      "/inputs/act",
      "/output",
      "/settings",
      "/text",
      "/delete",
      "/accounts",
      "/versions/1/restore",
    ];
    for (const path of posts) {
      const answer = await cleo.post(`/behaviors/${behavior.id}${path}`, { step: "0", input: "0", version: "1" });
      expect([403, 303], path).toContain(answer.status);
    }
    expect((await now(behavior)).version).toBe(1);
    const hidden = await fresh();
    for (const path of ["", "/text", "/flow", "/versions", "/delete"])
      expect((await cleo.get(`/behaviors/${hidden.id}${path}`)).status).toBe(404);
    expect((await ben.get(`/behaviors?q=${hidden.slug}`)).text).toContain("No behavior matches");
    expect((await ada.get(`/behaviors?q=${hidden.slug}`)).text).toContain(hidden.slug);
  });
});

describe("inputs, output and settings", () => {
  test("are added, changed, moved and deleted, and keep what was typed", async () => {
    behavior = await fresh();
    const post = async (path: string, form: FormFields) => {
      const { version } = await now(behavior);
      return ada.post(`/behaviors/${behavior.id}${path}`, { version: String(version), ...form });
    };
    const choice = {
      input: "new",
      name: "kind",
      type: "picklist",
      label: "Kind",
      default: "lead",
      help: "",
      options: "",
      service: "",
    };
    const refused = await post("/inputs", choice);
    expect(refused.status).toBe(400);
    expect(refused.text).toMatch(/id="field-options-problem"[\s\S]{0,300}A picklist needs options/);
    expect(refused.text).toContain('value="Kind"');
    await post("/inputs", { ...choice, options: "lead\r\ncustomer" });
    await post("/inputs", { ...choice, name: "limit", type: "number", default: "10", required: "on" });
    await post("/inputs/act", { input: "2", act: "up" });
    await post("/inputs/act", { input: "0", act: "delete" });
    expect((await now(behavior)).inputs).toEqual([
      { name: "limit", type: "number", label: "Kind", required: true, default: 10 },
      {
        name: "kind",
        type: "picklist",
        label: "Kind",
        required: false,
        default: "lead",
        options: ["lead", "customer"],
      },
    ]);
    await post("/output", { output: '{"found": "{{ steps.found.body }}"}' });
    expect((await now(behavior)).output).toEqual({ found: "{{ steps.found.body }}" });
    expect((await post("/output", { output: "{{ 1 + }}" })).text).toMatch(/id="field-output-problem"/);
    await post("/settings", { title: "New title", slug: behavior.slug, public: "on" });
    expect(await now(behavior)).toMatchObject({ title: "New title", public: true, enabled: false });
    const taken = await post("/settings", { title: "Other", slug: (await fresh()).slug, enabled: "on" });
    expect(taken.text).toMatch(/id="field-slug-problem"[\s\S]{0,300}taken/);
    expect(taken.text).toContain('value="Other"');
    const late = await ada.post(`/behaviors/${behavior.id}/output`, { output: "mine", version: "1" });
    expect(late.status).toBe(409);
    expect(late.text).toContain("mine</textarea>");
  });

  test("of a behavior that others call are told before it is deleted", async () => {
    behavior = await fresh();
    const caller = await fresh({
      title: "Caller",
      steps: [{ do: "run_behavior", behavior: `helper/${behavior.slug}` }],
    });
    const form = await ada.get(`/behaviors/${caller.id}?step=0`);
    expect(form.text).toContain('name="fields.inputs.name" value="email"');
    const filled = { ...formIn(form), "fields.inputs.value": "{{ inputs.email }}" };
    await ada.post(`/behaviors/${caller.id}/steps`, filled);
    expect((await steps(caller))[0]).toMatchObject({ inputs: { email: "{{ inputs.email }}" } });
    expect((await ada.get(`/behaviors/${behavior.id}/delete`)).text).toContain("Caller");
    expect((await ada.post(`/behaviors/${behavior.id}/delete`, { typed: "no" })).status).toBe(400);
    expect((await ada.post(`/behaviors/${behavior.id}/delete`, { typed: "Find a contact" })).location).toBe(
      `/bots/${bot.id}`,
    );
    expect((await ada.get(`/behaviors/${behavior.id}`)).status).toBe(404);
  });
});

describe("a new behavior", () => {
  const create = (form: FormFields) => ada.post(`/bots/${bot.id}/behaviors/new`, form);

  test("begins empty, as a copy or from text", async () => {
    expect((await ada.get(`/bots/${bot.id}`)).text).toContain(`/bots/${bot.id}/behaviors/new`);
    const empty = await create({ title: "Empty one", slug: "", start: "empty" });
    expect((await ada.follow(empty)).text).toContain("Empty one is made.");
    const source = await fresh();
    await create({ title: "A copy", slug: "a-copy", start: "copy", copy: source.id });
    expect(await getBehavior(hub.ctx(people.ada), "helper/a-copy")).toMatchObject({ steps: source.steps });
    await create({
      title: "",
      slug: "",
      start: "text",
      text: "title: From text\npublic: true\nsteps:\n  - {do: wait, seconds: 5}\n",
    });
    expect(await getBehavior(hub.ctx(people.ada), "helper/from-text")).toMatchObject({
      public: true,
      steps: [{ do: "wait", seconds: 5 }],
    });
  });

  test("is refused with the line of the text, which stays as typed", async () => {
    const refused = await create({
      title: "T",
      slug: "",
      start: "text",
      text: "steps:\n  - do: wait\n    seconds: soon\n",
    });
    expect(refused.status).toBe(400);
    expect(refused.text).toContain("Line 3: steps.0.seconds");
    expect(refused.text).toContain("seconds: soon\n</textarea>");
    expect((await create({ title: "", start: "empty" })).text).toContain("Enter a title.");
    expect((await cleo.get(`/bots/${bot.id}/behaviors/new`)).status).toBe(404);
  });
});

describe("the text of a behavior", () => {
  const textOf = (page: Visit) =>
    unescaped(/<textarea[^>]*name="text"[^>]*>\n?([\s\S]*?)<\/textarea>/.exec(page.text)![1]!);

  test("saves what it shows without a change", async () => {
    behavior = await fresh();
    const text = textOf(await ada.get(`/behaviors/${behavior.id}/text`));
    expect(text).toContain("  - id: found\n    do: http_request\n    title: Find contacts\n    account: crm-main\n");
    const saved = await ada.post(`/behaviors/${behavior.id}/text`, {
      text: text.replaceAll("\n", "\r\n"),
      version: "1",
    });
    expect(saved.status).toBe(303);
    const { inputs, steps: stored, output } = await now(behavior);
    expect({ inputs, steps: stored, output }).toEqual({
      inputs: behavior.inputs,
      steps: behavior.steps,
      output: behavior.output,
    });
    expect(textOf(await ada.get(`/behaviors/${behavior.id}/text`))).toBe(text);
    const asJson = JSON.stringify({ title: "Small", steps: [] });
    await ada.post(`/behaviors/${behavior.id}/text`, { text: asJson, version: "2" });
    expect(await now(behavior)).toMatchObject({ title: "Small", steps: [], output: null });
  });

  test.each([
    ["steps: [", "Line 1"],
    ["title: a\nsteps:\n  - do: wait\n    seconds: 1\n  - do: dance", "Line 5"],
    ['steps:\n  - do: set\n    name: a\n    value: "{{ oops( }}"', "Line 4"],
    ["title: a\nbot: other", "Line 2"],
    ["title: a\nwhatever: 1", "Line 2"],
  ])("that is refused stays as typed, with the line: %j", async (text, line) => {
    behavior = await fresh();
    const refused = await ada.post(`/behaviors/${behavior.id}/text`, { text, version: "1" });
    expect(refused.status).toBe(400);
    expect(refused.text).toContain(`>${line}</a>`);
    expect(textOf(refused)).toBe(text);
  });

  test("of a version that is no longer the present one is kept", async () => {
    behavior = await fresh();
    await editBehavior(hub.ctx(people.ada), behavior.id, { title: "Other" });
    const conflict = await ada.post(`/behaviors/${behavior.id}/text`, { text: "title: Mine", version: "1" });
    expect(conflict.status).toBe(409);
    expect(textOf(conflict)).toBe("title: Mine");
    expect(conflict.text).toMatch(/name="version" value="2"/);
  });
});

describe("versions and flow", () => {
  test("tell who saved what, compare, and restore", async () => {
    behavior = await fresh();
    await editBehavior(hub.ctx(people.ada), behavior.id, { title: "Second", steps: STEPS.slice(0, 1) as never });
    const page = (await ada.get(`/behaviors/${behavior.id}/versions?from=1&to=2`)).text;
    expect(page).toContain("Ada Admin");
    expect(page).toMatch(/diff-removed[\s\S]{0,120}do: decide/);
    const restored = await ada.post(`/behaviors/${behavior.id}/versions/1/restore?present=2`);
    expect(restored.location).toBe(`/behaviors/${behavior.id}`);
    expect(await now(behavior)).toMatchObject({ version: 3, title: "Find a contact", steps: behavior.steps });
    expect((await ada.get(`/behaviors/${behavior.id}/versions?from=1&to=9`)).status).toBe(404);
  });

  test("draw each step once, inside the drawing, and list it as well", async () => {
    behavior = await fresh();
    const { status, text } = await ada.get(`/behaviors/${behavior.id}/flow`);
    expect(status).toBe(200);
    for (const words of ["Find contacts", "GET /contacts", "On error", "none"]) expect(text).toContain(words);
    const tree = drawTree(behavior, { account: String }, undefined);
    const end = { href: "/", title: "", line: "" };
    const { width, height, shapes } = layOut(tree, end, end);
    const boxes = shapes.filter((shape) => shape.type === "step" || shape.type === "end");
    expect(boxes).toHaveLength(5 + 2);
    for (const { x, y, w, h } of boxes) {
      expect(Math.min(x, y)).toBeGreaterThan(0);
      expect([x + w <= width, y + h <= height]).toEqual([true, true]);
    }
    const overlaps = boxes.flatMap((one, at) =>
      boxes
        .slice(at + 1)
        .filter(
          (other) =>
            one.x < other.x + other.w &&
            other.x < one.x + one.w &&
            one.y < other.y + other.h &&
            other.y < one.y + one.h,
        ),
    );
    expect(overlaps).toEqual([]);
  });
});

describe("another account for a step", () => {
  test("is linked for the bot's owner, and the step's form has it chosen", async () => {
    behavior = await fresh();
    const page = await ada.get(`/behaviors/${behavior.id}?step=0`);
    const connect = /href="([^"]*\/accounts\?[^"]*)"/.exec(page.text)![1]!.replaceAll("&amp;", "&");
    const services = (await ada.get(connect)).text;
    const tile = /href="(\/accounts\/new[^"]*)"/.exec(services)![1]!.replaceAll("&amp;", "&");
    const form = await ada.get(tile);
    expect(form.text).toMatch(new RegExp(`value="worker:${people.ada.id}" selected`));
    const back = unescaped(/name="back" value="([^"]*)"/.exec(form.text)![1]!);
    const given = {
      service: crm.serviceId,
      name: "Second CRM",
      owner: `worker:${people.ada.id}`,
      "secret.token": "tok-canary-2",
      anyway: "yes",
    };
    const saved = await ada.post("/accounts/new", { ...given, back });
    expect(saved.location).toBe(`/behaviors/${behavior.id}?step=0&account=second-crm`);
    expect((await ada.follow(saved)).text).toContain('<option value="account:second-crm" selected>');
    const astray = await ada.post("/accounts/new", { ...given, name: "Third CRM", back: "//evil.example/" });
    expect(astray.location).toBe("/accounts/third-crm");
  });

  test("is shared with the bot by who manages the account", async () => {
    const team = await addBot(hub.ctx(people.ada), {
      name: "Org bot",
      slug: "org-bot",
      owner: { type: "organization" },
    });
    const one = await addBehavior(hub.ctx(people.ada), {
      bot: team.id,
      title: "Shared",
      inputs: [],
      steps: [],
      output: null,
    });
    const path = `/behaviors/${one.id}/accounts?list=steps&at=0&kind=http_request`;
    expect((await ada.get(path)).text).toContain(`<option value="${crm.id}">CRM (CRM)</option>`);
    expect((await ada.post(`/behaviors/${one.id}/accounts`, { account: "", back: "/" })).status).toBe(400);
    const back = `/behaviors/${one.id}?add=steps&at=0&kind=http_request`;
    const shared = await ada.post(`/behaviors/${one.id}/accounts`, { account: crm.id, back });
    expect((await ada.follow(shared)).text).toContain(
      '<option value="account:crm-main" selected>CRM (shared by Ada Admin)</option>',
    );
  });
});

describe("a request of the console", () => {
  const typed = {
    method: "POST",
    url: "/contacts",
    query: "limit: 10",
    headers: "X-Trace: 1",
    body_kind: "json",
    body: '{"name": "Cy"}',
  };

  test("becomes the next step of a behavior, or of a new one", async () => {
    behavior = await fresh();
    const request = { ...typed, account: crm.id };
    expect((await ada.post("/requests", { ...request, act: "preview" })).text).toContain("Save as step");
    const page = await ada.post("/requests/step", request);
    expect(page.text).toContain(`value="behavior:${behavior.id}"`);
    const refused = await ada.post("/requests/step", { ...request, target: "", id: "made", title: "Make one" });
    expect(refused.status).toBe(400);
    expect(refused.text).toContain('value="Make one"');
    expect(refused.text).toContain("Choose where it goes.");
    const saved = await ada.post("/requests/step", {
      ...request,
      target: `behavior:${behavior.id}`,
      id: "found",
      title: "",
    });
    expect(saved.location).toBe(`/behaviors/${behavior.id}?step=2`);
    expect((await steps(behavior))[2]).toEqual({
      id: "found_2",
      do: "http_request",
      account: "crm-main",
      method: "POST",
      url: "/contacts",
      query: { limit: "10" },
      headers: { "X-Trace": "1" },
      body: { name: "Cy" },
    });
    const fromNothing = await ada.post("/requests/step", {
      ...request,
      target: `bot:${bot.id}`,
      behavior_title: "From the console",
      id: "",
    });
    expect((await ada.follow(fromNothing)).text).toContain("From the console");
    expect((await cleo.post("/requests/step", { ...request, target: `behavior:${behavior.id}`, id: "" })).status).toBe(
      404,
    );
  });
});
