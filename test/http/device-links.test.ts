import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { tidyLinks } from "../../src/accounts/link-save.ts";
import { addService } from "../../src/services/add.ts";
import { editService } from "../../src/services/edit.ts";
import type { Service } from "../../src/services/service.ts";
import { api } from "../support/app-api.ts";
import { Browser, startApp, type App, type Visit } from "../support/app.ts";
import { json, newEcho, type Echo } from "../support/echo.ts";
import { CLIENTS, newOidc, type Oidc } from "../support/oidc.ts";
import { issueToken } from "../../src/people/token.ts";
import { auditRows, cast, newWorld, PASSWORDS, type Cast, type TestWorld } from "../support/world.ts";

// Links by a code that is typed at the provider, against a server that nobody here wrote (RFC 8628).

let hub: TestWorld;
let app: App;
let people: Cast;
let oidc: Oidc;
let echo: Echo;
let service: Service;
let ben: Browser;
let time = new Date();
let number = 0;

beforeAll(async () => {
  [hub, oidc, echo] = await Promise.all([
    newWorld({ outboundAllow: ["127.0.0.1/32"], clock: () => time }),
    newOidc(),
    newEcho(),
  ]);
  people = await cast(hub.world);
  app = await startApp(hub.world);
  service = await addService(hub.ctx(people.ada), at("Television", oidc.url));
  ben = await new Browser(app).signIn("ben@example.com", PASSWORDS.ben);
});
afterAll(async () => {
  await app?.close();
  await Promise.all([hub?.close(), oidc?.close(), echo?.close()]);
});
beforeEach(() => {
  time = new Date();
  echo.requests.length = 0;
});

function at(name: string, url: string) {
  const client = { client_id: CLIENTS.device.id, token_auth: "none", scopes: "read" };
  const addresses = { device_url: `${url}/device/auth`, token_url: `${url}/token` };
  const test = { method: "GET" as const, url: "/me", identity: { id: "id", label: "id" } };
  return { kind: "oauth2", name, settings: { grant: "device_code", ...client, ...addresses }, base_url: url, test };
}

const words = (visit: Visit) => visit.text.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
const codeOn = (visit: Visit) => /<output[^>]*>([^<]+)<\/output>/.exec(visit.text)![1]!;
const addressOn = (visit: Visit) => /class="mono">([^<]+)<\/span>/.exec(visit.text)![1]!;
const timesAsked = () => oidc.asked.filter((path) => path === "/token").length;
const later = (seconds: number) => (time = new Date(time.getTime() + seconds * 1000));

async function setOut(who = ben, of = service): Promise<string> {
  const begun = await who.post("/accounts/link", { service: of.id, name: `My television ${++number}` });
  expect([begun.status, begun.location]).toEqual([303, expect.stringMatching(/^\/links\/[0-9a-f-]{36}\/wait$/)]);
  return begun.location!;
}

test("a code is shown, typed at the provider, and what came back is saved", async () => {
  const form = await ben.get(`/accounts/new?service=${service.id}`);
  expect(form.text).toContain("<span>Link to Television</span>");
  const path = await setOut();
  const page = await ben.get(path);
  expect(page.text).toContain(`<noscript><meta http-equiv="refresh" content="5"></noscript>`);
  expect(page.text).toMatch(
    /<a class="button primary wide" href="http[^"]+user_code=[^"]+" target="_blank" rel="noopener noreferrer"/,
  );
  expect(words(page)).toContain("Type this code at Television");
  await oidc.enterCode(addressOn(page), codeOn(page), "ben@home.example");
  later(6);
  const done = await ben.get(path);
  expect(done.location).toBe(path.replace("/wait", ""));
  const linked = await ben.follow(done);
  expect(words(linked)).toContain("ben@home.example Linked");
  expect(await hub.ctx().db("accounts").where({ service_id: service.id })).toEqual([]);
  const saved = await ben.follow(await ben.post(`${done.location}/save`, { name: "My television" }));
  expect(words(saved)).toContain("My television is linked as ben@home.example.");
  const [account] = await hub.ctx().db("accounts").where({ service_id: service.id });
  expect(account).toMatchObject({ identity_id: "ben@home.example", refreshable: true, scopes_granted: ["read"] });
  expect((await ben.get(path)).location).toBe(path.replace("/wait", ""));
});

test("the provider is asked no more often than it wants, however many look", async () => {
  const path = await setOut();
  const before = timesAsked();
  for (let look = 0; look < 3; look++) expect((await ben.get(path)).status).toBe(200);
  expect(timesAsked()).toBe(before);
  later(6);
  await Promise.all(Array.from({ length: 5 }, () => ben.get(path)));
  expect(timesAsked()).toBe(before + 1);
  later(4);
  expect((await ben.get(`${path}?as=json`)).text).toBe('{"seconds":5}');
  expect(timesAsked()).toBe(before + 1);
  const rows = (await auditRows(hub.world)).filter(({ action }) => action === "link.asked");
  expect(rows.filter(({ outcome }) => outcome === "pending").length).toBe(
    rows.filter(({ outcome }) => outcome === "ok").length,
  );
});

test("a declined code says so, and a script is led to where that is told", async () => {
  const path = await setOut();
  const page = await ben.get(path);
  await oidc.enterCode(addressOn(page), codeOn(page), "ben@home.example", { decline: true });
  later(6);
  expect((await ben.get(`${path}?as=json`)).text).toBe(`{"to":"${path.replace("/wait", "")}"}`);
  const told = await ben.get(path.replace("/wait", ""));
  expect(words(told)).toContain("Consent was declined at the provider. Nothing was saved.");
  expect(told.text).toContain(`value="My television ${number}"`);
});

test("a code that was not typed in time ends, also where nobody looked until then", async () => {
  const path = await setOut();
  later(601);
  expect((await ben.get(path)).location).toBe(path.replace("/wait", ""));
  expect(words(await ben.get(path.replace("/wait", "")))).toContain("The code was not entered in time.");
  const abandoned = await setOut();
  later(1000);
  expect((await ben.get(abandoned)).location).toBe(abandoned.replace("/wait", ""));
});

test("the page of the link leads back to the code, and linking again gives another one", async () => {
  const path = await setOut();
  const link = path.replace("/wait", "");
  const page = await ben.get(link);
  expect(words(page)).toContain("A code waits to be typed at Television.");
  expect(page.text).toContain(`href="${path}"`);
  const first = codeOn(await ben.get(path));
  expect((await ben.post(`${link}/depart`, { name: "My television" })).location).toBe(path);
  expect(codeOn(await ben.get(path))).not.toBe(first);
});

test("another browser, and one that signed out, see no code", async () => {
  const path = await setOut();
  expect((await new Browser(app).get(path)).status).toBe(404);
  const cleo = await new Browser(app).signIn("cleo@example.com", PASSWORDS.cleo);
  expect((await cleo.get(path)).status).toBe(404);
  const own = await setOut(cleo);
  await cleo.post("/sign-out", {});
  expect((await cleo.get(own)).status).toBe(400);
  expect((await ben.get(path, { "sec-purpose": "prefetch" })).status).toBe(403);
});

test("somebody else can type the code, by an address that was sent to them", async () => {
  const holder = { type: "worker" as const, id: people.ben.id };
  const scopes = ["read", "manage"] as const;
  const { token } = await issueToken(hub.ctx(), { holder, name: "Links", scopes, expiresAt: null });
  const made = await api(app, token, "POST", "/links", { service: service.id, name: "Cleo's television" });
  const stranger = new Browser(app);
  const address = new URL(made.body.url).pathname;
  expect(words(await stranger.get(address))).toContain("Continue to Television");
  const path = (await stranger.post(address, {})).location!;
  const page = await stranger.get(path);
  await oidc.enterCode(addressOn(page), codeOn(page), "cleo@home.example");
  // Nobody looks at the page any more: whoever asks the API finds it out.
  expect((await api(app, token, "GET", `/links/${made.body.id}`)).body.state).toBe("pending");
  later(6);
  expect((await api(app, token, "GET", `/links/${made.body.id}`)).body).toMatchObject({
    state: "linked",
    identity: { id: "cleo@home.example" },
  });
  const done = await stranger.follow(await stranger.get(path));
  expect(words(done)).toContain("Linked as cleo@home.example");
  expect((await api(app, token, "POST", `/links/${made.body.id}/save`, {})).status).toBe(201);
});

describe("a provider with troubles", () => {
  const usual = { device_code: "dc-canary-device", user_code: "WDJB-MJHT", expires_in: 600, interval: 2 };
  let troubled: Service;
  beforeAll(async () => {
    troubled = await addService(hub.ctx(people.ada), at("Troubled", echo.url));
  });
  /** Answers the device endpoint as usual, the token endpoint with `answer`. */
  const answering = (answer: Parameters<Echo["answer"]>[0]) =>
    echo.answer((request, response) =>
      request.path === "/device/auth"
        ? json({ ...usual, verification_uri: `${echo.url}/type-it-here` })(request, response)
        : answer(request, response),
    );
  const asked = () => echo.requests.filter(({ path }) => path === "/token").length;

  test("that wants to be asked more seldom is", async () => {
    answering(json({ error: "slow_down" }, 400));
    const path = await setOut(ben, troubled);
    later(2);
    expect((await ben.get(`${path}?as=json`)).text).toBe('{"seconds":7}');
    later(6);
    await ben.get(path);
    expect(asked()).toBe(1);
    later(1);
    expect((await ben.get(path)).text).toContain('content="12"');
    expect(asked()).toBe(2);
  });

  test("that is down for a while ends nothing", async () => {
    answering((_request, response) => response.writeHead(503).end());
    const path = await setOut(ben, troubled);
    later(2);
    expect((await ben.get(path)).status).toBe(200);
    answering(json({ access_token: "at-after-all", expires_in: 60 }));
    later(4);
    expect((await ben.get(path)).location).toBe(path.replace("/wait", ""));
  });

  test("that gives no code says why on the page of the link", async () => {
    echo.answer(json({ error: "invalid_client" }, 401));
    const begun = await ben.post("/accounts/link", { service: troubled.id, name: "Not linked" });
    expect(begun.location).toMatch(/^\/links\/[0-9a-f-]{36}$/);
    expect(words(await ben.follow(begun))).toContain("does not accept the client id or secret of this service");
  });

  test("keeps no code and no device's code in a plain column, and none outlives its link", async () => {
    answering(json({ error: "authorization_pending" }, 400));
    await setOut(ben, troubled);
    const links = JSON.stringify(await hub.ctx().db("links"));
    expect(links).not.toMatch(/WDJB-MJHT|dc-canary-device/);
    expect(JSON.stringify(await auditRows(hub.world))).not.toMatch(/WDJB-MJHT|dc-canary-device/);
    await hub
      .ctx()
      .db("links")
      .update({ expires_at: new Date(0) });
    await tidyLinks(hub.ctx());
    expect(await hub.ctx().db("secrets").where("subject", "like", "link:%")).toEqual([]);
  });

  test("whose service is changed meanwhile ends the round", async () => {
    answering(json({ access_token: "at-too-late-now", expires_in: 60 }));
    const path = await setOut(ben, troubled);
    await editService(hub.ctx(people.ada), troubled.id, { name: "Troubled again" });
    later(3);
    expect((await ben.get(path)).location).toBe(path.replace("/wait", ""));
    expect(words(await ben.get(path.replace("/wait", "")))).toContain("was changed meanwhile. Start the link again.");
    expect(asked()).toBe(0);
  });

  test("that answers a round which was started over changes nothing of the new one", async () => {
    let release: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => {
      answering((request, response) => {
        if (request.path !== "/token") return json({ id: "ben" })(request, response);
        release = () => json({ access_token: "at-of-before", expires_in: 60 })(request, response);
        resolve();
      });
    });
    const path = await setOut(ben, troubled);
    later(2);
    const looking = ben.get(path);
    await arrived;
    await ben.post(`${path.replace("/wait", "")}/depart`, { name: "Anew" });
    release();
    expect((await looking).status).toBe(200);
    const [link] = await hub
      .ctx()
      .db("links")
      .where({ id: path.split("/")[2] });
    expect(link).toMatchObject({ state: "pending", secret_id: null, error: null });
  });
});
