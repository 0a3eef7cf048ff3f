import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addBot } from "../../src/bots/add.ts";
import type { Behavior } from "../../src/behaviors/behavior.ts";
import { addBehavior } from "../../src/behaviors/save.ts";
import { listSchedules } from "../../src/schedules/browse.ts";
import { listEventTriggers, listWebhooks } from "../../src/triggers/browse.ts";
import { Browser } from "../support/app.ts";
import { newServed, type Served } from "../support/provider-hub.ts";
import { PASSWORDS } from "../support/world.ts";

// What starts a behavior, as Ben sets it up on its pages and a program does over the API.

const SECRET = "canary-signing-secret-0b7e";

let served: Served;
let ben: Browser;
let cleo: Browser;
let behavior: Behavior;
let here: string;

beforeAll(async () => {
  served = await newServed();
  ben = await new Browser(served.app).signIn("ben@example.com", PASSWORDS.ben);
  cleo = await new Browser(served.app).signIn("cleo@example.com", PASSWORDS.cleo);
  const bot = await addBot(asBen(), { name: "Digest", slug: "digest" });
  const inputs = [{ name: "email", label: "Email", required: true }];
  behavior = await addBehavior(asBen(), {
    bot: bot.id,
    title: "Send it",
    public: true,
    inputs,
    steps: [],
    output: null,
  });
  here = `/behaviors/${behavior.id}/triggers`;
});

afterAll(() => served?.close());

const asBen = () => served.hub.ctx(served.people.ben);
const api = (method: string, path: string, body?: unknown, by: "ben" | "cleo" = "ben") =>
  served.call(method, path, served.tokens[by], body);
const form = {
  mode: "again",
  cron: "30 2 * * *",
  time_zone: "Europe/Berlin",
  duplicates: "allow",
  "inputs.email": "cy@example.com",
};

describe("a schedule", () => {
  test("shows the next five times before it is made, keeps what was typed, and names what is wrong", async () => {
    const shown = await ben.post(`${here}/schedule`, { ...form, act: "preview" });
    expect(
      shown.text.match(/<li class="tabular">\w{3} \d+ \w+ \d{4}, 02:30 GMT\+[12]</g)?.length,
    ).toBeGreaterThanOrEqual(4);
    expect(shown.text).toContain('value="cy@example.com"');
    const refused = await ben.post(`${here}/schedule`, { ...form, cron: "99 * * * *" });
    expect([refused.status, refused.text.includes("In this pattern 99 is no minute.")]).toEqual([400, true]);
    expect((await ben.post(`${here}/schedule`, { ...form, mode: "once", at: "" })).text).toContain(
      "Enter a date and a time.",
    );
    expect((await ben.post(`${here}/schedule`, { ...form, "inputs.email": "" })).text).toContain("This is required.");
    const made = await ben.follow(await ben.post(`${here}/schedule`, form));
    expect(made.text).toMatch(/It runs next on \w{3} \d+ \w+ \d{4}, 0[23]:\d\d GMT/);
  });

  test("is paused, resumed and, after a question, deleted", async () => {
    const [schedule] = (await listSchedules(asBen(), {}, behavior.id)).items;
    const one = `${here}/schedules/${schedule!.id}`;
    expect((await ben.follow(await ben.post(`${one}/pause`))).text).toContain("Ben Worker paused it.");
    expect((await ben.follow(await ben.post(`${one}/resume`))).text).toContain("It runs next on");
    expect((await cleo.get(`${one}/delete`)).status).toBe(404);
    expect((await ben.get(`${one}/delete`)).text).toContain("no longer started by it");
    await ben.post(`${one}/delete`);
    expect((await listSchedules(asBen(), {}, behavior.id)).items).toEqual([]);
  });

  test("is made by whoever may run the behavior, who sees their own alone", async () => {
    await ben.post(`${here}/schedule`, form);
    expect((await cleo.get(here)).text).toContain("No schedule");
    await cleo.post(`${here}/schedule`, { ...form, cron: "0 7 * * *" });
    const page = (await cleo.get(here)).text;
    expect([page.includes("0 7 * * *"), page.includes("30 2 * * *")]).toEqual([true, false]);
    expect((await ben.get(here)).text).toContain("0 7 * * *");
    expect((await cleo.get(`${here}/webhook`)).status).toBe(403);
    expect(page).toContain("for who manages its bot");
  });

  test("is made, listed and ended over the API", async () => {
    const path = `/behaviors/${behavior.id}/schedules`;
    const at = new Date(Date.now() + 3_600_000).toISOString();
    const made = await api("POST", path, { at, inputs: { email: "x" }, duplicates: "keep_last" }, "cleo");
    expect([made.status, made.body]).toEqual([
      201,
      expect.objectContaining({ at, cron: null, time_zone: "UTC", next_at: at }),
    ]);
    expect(made.body.scheduled_by).toMatchObject({ type: "worker", name: "Cleo Worker" });
    expect((await api("GET", path, undefined, "cleo")).body.items.map(({ id }: { id: string }) => id)).toEqual([
      made.body.id,
    ]);
    expect((await api("GET", "/schedules")).body.items).toHaveLength(2);
    const wrong = await api("POST", path, { at, cron: "* * * * *", inputs: { email: "x" } });
    expect([wrong.status, wrong.body.issues[0].path]).toEqual([400, "cron"]);
    expect((await api("DELETE", `/schedules/${made.body.id}`, undefined, "cleo")).status).toBe(204);
    expect((await api("DELETE", `/schedules/${made.body.id}`, undefined, "cleo")).status).toBe(404);
  });
});

describe("a webhook", () => {
  const typed = {
    name: "Pushes",
    scheme: "github",
    secret: SECRET,
    answer: "fixed",
    "answer.status": "200",
    "answer.content_type": "text/plain",
    "answer.body": "ok",
    per_minute: "60",
    "inputs.email": "{{ trigger.body.pusher.email }}",
  };

  test("is made with its address shown once, and works", async () => {
    const refused = await ben.post(`${here}/webhook`, { ...typed, secret: "" });
    expect([refused.status, refused.text.includes("Enter the secret that the sender signs with.")]).toEqual([
      400,
      true,
    ]);
    expect(refused.text).toContain("{{ trigger.body.pusher.email }}");
    const made = await ben.post(`${here}/webhook`, typed);
    const [url] = /http:[^"]+\/hooks\/[\w-]{43}/.exec(made.text)!;
    const body = '{"pusher":{"email":"di@example.com"}}';
    const signature = `sha256=${createHmac("sha256", SECRET).update(body).digest("hex")}`;
    const headers = { "content-type": "application/json", "x-hub-signature-256": signature };
    const answer = await fetch(url, { method: "POST", body, headers });
    expect([answer.status, await answer.text()]).toEqual([200, "ok"]);
    expect((await fetch(url, { method: "POST", body })).status).toBe(401);
    const page = (await ben.get(here)).text;
    expect([page.includes(url), page.includes("Last refused: unsigned")]).toEqual([false, true]);
  });

  test("is changed without its secret, paused, given a new address and deleted", async () => {
    const [webhook] = (await listWebhooks(asBen(), behavior.id, {})).items;
    const one = `${here}/webhooks/${webhook!.id}`;
    const form = (await ben.get(one)).text;
    expect([
      form.includes("saved, hidden"),
      form.includes(SECRET),
      form.includes("{{ trigger.body.pusher.email }}"),
    ]).toEqual([true, false, true]);
    await ben.post(one, { ...typed, secret: "", name: "Renamed", answer: "accepted" });
    await ben.post(`${one}/pause`);
    const [changed] = (await listWebhooks(asBen(), behavior.id, {})).items;
    expect(changed).toMatchObject({
      name: "Renamed",
      answer: { type: "accepted" },
      secretId: webhook!.secretId,
      state: "paused",
    });
    await ben.post(`${one}/resume`);
    expect((await ben.get(`${one}/address`)).text).toContain("unknown from then on");
    const renewed = await ben.post(`${one}/address`);
    expect(renewed.text).toMatch(/\/hooks\/[\w-]{43}/);
    expect((await cleo.post(`${one}/delete`)).status).toBe(403);
    await ben.post(`${one}/delete`);
    expect((await listWebhooks(asBen(), behavior.id, {})).items).toEqual([]);
  });

  test("is made, changed and deleted over the API", async () => {
    const path = `/behaviors/${behavior.id}/webhooks`;
    const made = await api("POST", path, {
      name: "Hook",
      scheme: "hmac",
      secret: SECRET,
      settings: { header: "X-Sig" },
    });
    expect([made.status, made.body.url]).toEqual([201, expect.stringContaining("/hooks/")]);
    expect(made.body).toMatchObject({ scheme: "hmac", has_secret: true, settings: { header: "x-sig" } });
    const list = await api("GET", path);
    expect([list.body.items.length, list.text.includes(SECRET), list.text.includes(made.body.url)]).toEqual([
      1,
      false,
      false,
    ]);
    const one = `${path}/${made.body.id}`;
    expect((await api("PATCH", one, { scheme: "none" })).body).toMatchObject({ scheme: "none", has_secret: false });
    expect((await api("PATCH", one, { scheme: "stripe" })).body.issues).toMatchObject([{ path: "secret" }]);
    const other = await api("POST", `${one}/address`);
    expect(other.body.url).not.toBe(made.body.url);
    expect((await api("GET", path, undefined, "cleo")).status).toBe(403);
    expect((await api("DELETE", one)).status).toBe(204);
  });
});

describe("account events", () => {
  test("are chosen on a page, paused, and deleted", async () => {
    expect((await ben.post(`${here}/event`, {})).text).toContain("Choose at least one event.");
    const chosen = {
      events: ["account.paused", "account.resumed"],
      account: "",
      "inputs.email": "{{ trigger.account.name }}",
    };
    const page = await ben.follow(await ben.post(`${here}/event`, chosen));
    expect(page.text).toContain("An account is paused");
    const [trigger] = (await listEventTriggers(asBen(), behavior.id, {})).items;
    expect(trigger).toMatchObject({ events: chosen.events, inputs: { email: "{{ trigger.account.name }}" } });
    const one = `${here}/events/${trigger!.id}`;
    expect((await ben.follow(await ben.post(`${one}/pause`))).text).toContain("Ben Worker paused it.");
    await ben.post(`${one}/resume`);
    await ben.get(`${one}/delete`);
    await ben.post(`${one}/delete`);
    expect((await ben.get(here)).text).toContain("No account event");
  });

  test("are chosen over the API", async () => {
    const path = `/behaviors/${behavior.id}/event-triggers`;
    const made = await api("POST", path, { events: ["account.needs_reconnect"] });
    expect([made.status, made.body]).toEqual([
      201,
      expect.objectContaining({ events: ["account.needs_reconnect"], account: null, state: "active" }),
    ]);
    expect((await api("POST", `${path}/${made.body.id}/pause`)).body).toMatchObject({ state: "paused" });
    expect((await api("GET", path)).body.items).toHaveLength(1);
    expect((await api("POST", path, { events: ["account.renamed"] })).status).toBe(400);
    expect((await api("DELETE", `${path}/${made.body.id}`)).status).toBe(204);
  });
});
