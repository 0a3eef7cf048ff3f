import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addBot } from "../../src/bots/add.ts";
import type { Bot } from "../../src/bots/bot.ts";
import type { Behavior } from "../../src/behaviors/behavior.ts";
import { addBehavior, deleteBehavior, editBehavior, type AddBehavior } from "../../src/behaviors/save.ts";
import { listRuns } from "../../src/runs/browse.ts";
import { runRuns } from "../../src/runs/serve.ts";
import { listWebhooks } from "../../src/triggers/browse.ts";
import { addWebhook, editWebhook, renewAddress } from "../../src/triggers/webhook-save.ts";
import type { AddWebhook } from "../../src/triggers/webhook.ts";
import { startApp, type App } from "../support/app.ts";
import { auditRows, cast, newWorld, type Cast, type TestWorld } from "../support/world.ts";

const SECRET = "canary-signing-secret-5d1f0c77";

let hub: TestWorld;
let app: App;
let people: Cast;
let bot: Bot;
let runs: { close(): Promise<void> };
let ahead = 0;
const now = () => Date.now() + ahead;
const seconds = () => Math.floor(now() / 1000);

beforeAll(async () => {
  hub = await newWorld({ clock: () => new Date(now()) });
  app = await startApp(hub.world);
  people = await cast(hub.world);
  bot = await addBot(hub.ctx(people.ada), { name: "CRM", slug: "crm" });
  runs = await runRuns(hub.world);
});

afterAll(async () => {
  await runs?.close();
  await app?.close();
  await hub?.close();
});

const ada = () => hub.ctx(people.ada);
const make = (slug: string, more: Partial<AddBehavior> = {}) =>
  addBehavior(ada(), { bot: bot.id, slug, title: slug, inputs: [], steps: [], output: "{{ trigger.body }}", ...more });
const hook = async (behavior: Behavior, more: AddWebhook = {}) => (await addWebhook(ada(), behavior.id, more)).url;
const send = async (url: string, body: string, headers: Record<string, string> = {}, method = "POST") => {
  const response = await fetch(url, {
    method,
    headers: { "content-type": "application/json", ...headers },
    ...(method !== "GET" && { body }),
  });
  const text = await response.text();
  return {
    status: response.status,
    text,
    headers: response.headers,
    json: () => JSON.parse(text) as Record<string, unknown>,
  };
};
const runsOf = async (behavior: Behavior) => (await listRuns(ada(), { behavior: behavior.id })).items;
const mac = (text: string, secret = SECRET, algorithm = "sha256") => createHmac(algorithm, secret).update(text);

describe("an address without a signature", () => {
  it("starts a run with what came, but for what is nobody's to read", async () => {
    const behavior = await make("plain", { inputs: [{ name: "email" }, { name: "n", type: "number" }] });
    const url = await hook(behavior);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/hooks\/[\w-]{43}$/);
    const headers = {
      authorization: "Bearer abc",
      cookie: "a=b",
      "x-event": "made",
      "x-api-key": "k",
      "x-my-signature": "s",
    };
    const answer = await send(
      `${url}?n=7&n2=a&n2=b`,
      '{"email":"cy@example.com","deep":{"a":["\\u0000\\ud800"]}}',
      headers,
    );
    expect([answer.status, Object.keys(answer.json())]).toEqual([202, ["run"]]);
    const [run] = await runsOf(behavior);
    expect(run).toMatchObject({ id: answer.json().run, trigger: "webhook", inputs: { email: "cy@example.com", n: 7 } });
    const { headers: kept, ...rest } = run!.occasion as { headers: Record<string, string> };
    expect(rest).toMatchObject({
      method: "POST",
      query: { n: "7", n2: ["a", "b"] },
      body: { deep: { a: ["\ufffd\ufffd"] } },
    });
    expect(Object.keys(kept).sort()).toEqual(["accept", "accept-language", "content-type", "user-agent", "x-event"]);
  });

  it("takes forms, text and a bare GET, each time as another delivery", async () => {
    const behavior = await make("kinds");
    const url = await hook(behavior);
    await send(url, "a=1&b=2&b=3", { "content-type": "application/x-www-form-urlencoded" });
    await send(url, "hello", { "content-type": "text/plain; charset=utf-8" });
    await send(url, "hello", { "content-type": "text/plain" });
    expect((await send(`${url}/`, "", {}, "GET")).status).toBe(202);
    await send(url, "\x00\x01", { "content-type": "application/octet-stream" });
    const bodies = (await runsOf(behavior)).map(({ occasion }) => (occasion as { body: unknown }).body);
    expect(bodies).toEqual([null, null, "hello", "hello", { a: "1", b: ["2", "3"] }]);
  });

  it("is known only by its whole address, and only while it lasts", async () => {
    const behavior = await make("known");
    const { url, webhook } = await addWebhook(ada(), behavior.id, {});
    for (const wrong of [
      url.slice(0, -1),
      `${url}x`,
      `${app.url}/hooks/`,
      `${app.url}/hooks/a/b`,
      `${app.url}/hooks/%00`,
    ])
      expect((await send(wrong, "{}")).status, wrong).toBe(404);
    const renewed = await renewAddress(ada(), behavior.id, webhook.id);
    expect([(await send(url, "{}")).status, (await send(renewed.url, "{}")).status]).toEqual([404, 202]);
    await editWebhook(ada(), behavior.id, webhook.id, { state: "paused" });
    expect((await send(renewed.url, "{}")).status).toBe(503);
    await editWebhook(ada(), behavior.id, webhook.id, { state: "active" });
    await editBehavior(ada(), behavior.id, { enabled: false });
    expect((await send(renewed.url, "{}")).status).toBe(503);
    await deleteBehavior(ada(), behavior.id);
    expect((await send(renewed.url, "{}")).status).toBe(404);
  });

  it("refuses what is too large, too deep, broken, or does not fit, and tells the reason to its owner alone", async () => {
    const behavior = await make("strict", { inputs: [{ name: "n", type: "number", required: true }] });
    const url = await hook(behavior);
    const refused = await send(url, '{"n":"many"}');
    expect([refused.status, refused.json().detail]).toEqual([400, "What was sent does not fit the behavior."]);
    const [webhook] = (await listWebhooks(ada(), behavior.id, {})).items;
    expect(webhook).toMatchObject({ refusedReason: "Input n: This must be a number." });
    expect((await send(url, "{")).status).toBe(400);
    expect((await send(url, `{"n":1,"a":${"[".repeat(5000)}${"]".repeat(5000)}}`)).status).toBe(400);
    expect((await send(url, `{"n":1,"a":"${"x".repeat(1_048_576)}"}`)).status).toBe(400);
    expect(await runsOf(behavior)).toEqual([]);
    await hub.world.audit.catchUp(hub.world.database.knex);
    const told = (await auditRows(hub.world)).filter((row) => row.action === "webhook.refused");
    expect(told.map((row) => row.facts.behavior)).toEqual(["crm/strict"]);
  });

  it("takes so many a minute and no more", async () => {
    const behavior = await make("busy");
    const url = await hook(behavior, { per_minute: 3 });
    const answers = await Promise.all(Array.from({ length: 5 }, () => send(url, "{}")));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 202, 202, 429, 429]);
    expect(Number(answers.find(({ status }) => status === 429)!.headers.get("retry-after"))).toBeGreaterThan(0);
    ahead += 61_000;
    expect((await send(url, "{}")).status).toBe(202);
  });

  it("gives inputs what its mapping says, and answers with what was chosen", async () => {
    const behavior = await make("mapped", {
      inputs: [{ name: "who", required: true }],
      output: { hello: "{{ inputs.who }}" },
    });
    const inputs = { who: "{{ trigger.body.user.name }}" };
    const fixed = await hook(behavior, {
      inputs,
      answer: { type: "fixed", status: 201, content_type: "text/xml", body: "<ok>{{ trigger.body.user.name }}</ok>" },
    });
    const answer = await send(fixed, '{"user":{"name":"Cy"}}');
    expect([answer.status, answer.headers.get("content-type"), answer.text]).toEqual([
      201,
      "text/xml; charset=utf-8",
      "<ok>Cy</ok>",
    ]);
    expect(answer.headers.get("content-security-policy")).toContain("sandbox");
    expect((await send(fixed, "{}")).status).toBe(400);
    const output = await hook(behavior, { inputs, answer: { type: "output", wait_seconds: 10 } });
    const waited = await send(output, '{"user":{"name":"Di"}}');
    expect([waited.status, waited.json()]).toEqual([200, { hello: "Di" }]);
    const failing = await make("failing", { steps: [{ do: "stop", state: "failed", message: "private" }] as never });
    const failed = await send(await hook(failing, { answer: { type: "output" } }), "{}");
    expect([failed.status, failed.json().state, failed.text]).toEqual([
      502,
      "failed",
      expect.not.stringContaining("private"),
    ]);
    await expect(addWebhook(ada(), behavior.id, { inputs: { nobody: "x" } })).rejects.toMatchObject({
      issues: [{ path: "inputs.nobody" }],
    });
    await expect(addWebhook(ada(), behavior.id, { inputs: { who: "{{ trigger." } })).rejects.toMatchObject({
      code: "invalid",
    });
  });
});

describe("a signature", () => {
  it("is that of GitHub's own example", async () => {
    // docs.github.com, "Validating webhook deliveries": secret, payload and the signature that they must give.
    const behavior = await make("pushes");
    const url = await hook(behavior, { scheme: "github", secret: "It's a Secret to Everybody" });
    const signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    const signed = (headers: object = {}) =>
      send(url, "Hello, World!", {
        "content-type": "text/plain",
        "x-hub-signature-256": signature,
        "x-github-event": "push",
        ...headers,
      });
    const first = await signed({ "x-github-delivery": "72d3162e" });
    expect(first.status).toBe(202);
    expect((await signed({ "x-github-delivery": "72d3162e" })).json()).toEqual(first.json());
    expect((await signed({ "x-github-delivery": "72d3162f" })).json()).not.toEqual(first.json());
    const [run] = await runsOf(behavior);
    expect(run!.occasion).toMatchObject({ body: "Hello, World!", headers: { "x-github-event": "push" } });
    expect(JSON.stringify(run!.occasion)).not.toContain(signature.slice(7));
    for (const wrong of [
      "",
      "sha256=",
      signature.slice(0, -1),
      signature.replace("7571", "7572"),
      signature.replace("sha256", "sha1"),
    ]) {
      const refused = await signed({ "x-hub-signature-256": wrong });
      expect([refused.status, refused.json().detail], wrong).toEqual([
        401,
        "This request is not signed as it must be.",
      ]);
    }
    expect(await runsOf(behavior)).toHaveLength(2);
  });

  it("is that of Slack's own example, whose moment has passed", async () => {
    // docs.slack.dev, "Verifying requests from Slack".
    const body =
      "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    const headers = {
      "content-type": "application/x-www-form-urlencoded",
      "x-slack-request-timestamp": "1531420618",
      "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    };
    const behavior = await make("commands");
    const url = await hook(behavior, { scheme: "slack", secret: "8f742231b10e8888abcd99yyyzzz85a5" });
    expect((await send(url, body, headers)).status).toBe(401);
    const then = ahead;
    ahead += 1531420618_000 + 299_000 - now();
    expect((await send(url, body, headers)).status).toBe(202);
    ahead += 2_000;
    expect((await send(url, body, headers)).status).toBe(401);
    ahead = then;
    expect(await runsOf(behavior)).toHaveLength(1);
    expect(JSON.stringify(await runsOf(behavior))).not.toContain("xyzz0WbapA4vBCDEFasx0q6G");
  });

  it("by Slack: a challenge is answered, events are told apart by their ids", async () => {
    const behavior = await make("events");
    const url = await hook(behavior, { scheme: "slack", secret: SECRET });
    const signed = (body: object, at = seconds(), secret = SECRET) => {
      const text = JSON.stringify(body);
      const signature = `v0=${mac(`v0:${at}:${text}`, secret).digest("hex")}`;
      return send(url, text, { "x-slack-request-timestamp": String(at), "x-slack-signature": signature });
    };
    const challenge = await signed({ type: "url_verification", challenge: "3eZbrw1aB", token: "t" });
    expect([challenge.status, challenge.text]).toEqual([200, "3eZbrw1aB"]);
    const event = { type: "event_callback", event_id: "Ev1", token: "legacy-token-in-the-body" };
    const first = await signed(event);
    expect((await signed({ ...event, retried: true }, seconds() + 1)).json()).toEqual(first.json());
    expect((await signed({ ...event, event_id: "Ev2" }, seconds(), "another secret")).status).toBe(401);
    expect((await signed({ type: "url_verification", challenge: "x" }, seconds(), "another secret")).status).toBe(401);
    const found = await runsOf(behavior);
    expect(found).toHaveLength(1);
    expect(JSON.stringify(found)).not.toContain("legacy-token");
  });

  it("by Stripe: with its moment, and one of several", async () => {
    const behavior = await make("payments");
    const url = await hook(behavior, { scheme: "stripe", secret: SECRET });
    const text = '{"id":"evt_1","type":"charge.succeeded"}';
    const v1 = (at: number, secret = SECRET) => mac(`${at}.${text}`, secret).digest("hex");
    const signed = (header: string, body = text) => send(url, body, { "stripe-signature": header });
    const at = seconds();
    const first = await signed(`t=${at},v1=${v1(at, "the old secret")},v1=${v1(at)},v0=${"0".repeat(64)}`);
    expect(first.status).toBe(202);
    // Sent again, and signed anew.
    expect((await signed(`t=${at - 1},v1=${v1(at - 1)}`)).json()).toEqual(first.json());
    const refused = [
      signed(`t=${at},v1=${v1(at)}`, text.replace("evt_1", "evt_2")),
      signed(`t=${at - 301},v1=${v1(at - 301)}`),
      signed(`t=${at + 310},v1=${v1(at + 310)}`),
      signed(`t=${at},v1=${v1(at, "another secret")}`),
      signed(`t=${at + 1},v1=${v1(at)}`),
      signed(`v1=${v1(at)}`),
      signed(`t=${at},v0=${v1(at)}`),
    ];
    expect((await Promise.all(refused)).map(({ status }) => status)).toEqual(Array(7).fill(401));
    expect(await runsOf(behavior)).toHaveLength(1);
  });

  it("in a way of its own: header, algorithm, encoding, moment", async () => {
    const behavior = await make("own");
    const settings = {
      header: "X-Sig",
      algorithm: "sha512" as const,
      encoding: "base64" as const,
      prefix: "v=",
      timestamp_header: "X-When",
    };
    const url = await hook(behavior, { scheme: "hmac", secret: SECRET, settings });
    const signed = (at: number, body: string, text = `${at}.${body}`) =>
      send(url, body, { "x-when": String(at), "x-sig": `v=${mac(text, SECRET, "sha512").digest("base64")}` });
    const at = seconds();
    const first = await signed(at, '{"a":1}');
    expect(first.status).toBe(202);
    // A recorded request tells nothing apart from its first: the same signature is the same delivery.
    expect((await signed(at, '{"a":1}')).json()).toEqual(first.json());
    expect((await signed(at, '{"a":2}', `${at}.{"a":1}`)).status).toBe(401);
    expect((await signed(at - 400, '{"a":1}')).status).toBe(401);
    const plain = await hook(behavior, {
      scheme: "hmac",
      secret: SECRET,
      settings: { header: "x-sig", delivery_header: "x-id" },
    });
    const by = (id: string) => send(plain, "{}", { "x-id": id, "x-sig": mac("{}").digest("hex") });
    const [one, again, other] = [await by("1"), await by("1"), await by("2")];
    expect([again.json(), other.json()]).toEqual([one.json(), expect.not.objectContaining(one.json())]);
    await expect(addWebhook(ada(), behavior.id, { scheme: "hmac", secret: SECRET })).rejects.toMatchObject({
      issues: [{ path: "settings.header" }],
    });
    await expect(addWebhook(ada(), behavior.id, { scheme: "github" })).rejects.toMatchObject({
      issues: [{ path: "secret" }],
    });
  });

  it("that many refuse is told of once a minute, with the number, and the secret is found nowhere", async () => {
    const { knex } = hub.world.database;
    const before = (await auditRows(hub.world)).filter((row) => row.action === "webhook.refused");
    expect(before.length).toBeLessThan(10);
    expect(new Set(before.map((row) => row.facts.reason))).toContain("wrong signature");
    const tables = await knex("pg_tables").where({ schemaname: "public" }).pluck("tablename");
    const dumps = await Promise.all(tables.map((table: string) => knex.raw(`select t::text from ${table} t`)));
    expect(dumps.some(({ rows }) => JSON.stringify(rows).includes(SECRET))).toBe(false);
    const left = await knex("secrets").whereLike("subject", "webhook:%").count({ count: "*" });
    for (const behavior of new Set((await listRuns(ada(), { limit: 200 })).items.map(({ behaviorId }) => behaviorId)))
      if (behavior) await deleteBehavior(ada(), behavior);
    expect(Number(left[0]!.count)).toBeGreaterThan(3);
    expect(await knex("secrets").whereLike("subject", "webhook:%")).toEqual([]);
  });
});

it("lets two deliveries of the same event that come at once start one run", async () => {
  const behavior = await make("race");
  const url = await hook(behavior, { scheme: "github", secret: SECRET });
  const headers = { "x-hub-signature-256": `sha256=${mac("{}").digest("hex")}`, "x-github-delivery": "one" };
  const answers = await Promise.all(Array.from({ length: 12 }, () => send(url, "{}", headers)));
  expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
  expect(await runsOf(behavior)).toHaveLength(1);
});
