import { afterAll, beforeAll, expect, test } from "vitest";
import { disconnectAccount } from "../../src/accounts/disconnect.ts";
import { shareAccount } from "../../src/accounts/share.ts";
import { addService } from "../../src/services/add.ts";
import type { Account } from "../../src/accounts/account.ts";
import { Browser, startApp, type App } from "../support/app.ts";
import { json, newEcho, text, type Echo } from "../support/echo.ts";
import { bearerService, connected } from "../support/services.ts";
import { cast, newWorld, PASSWORDS, type Cast, type TestWorld } from "../support/world.ts";

const SECRET = "tok-9f8e7d6c5b4a-never-shown";

let hub: TestWorld;
let app: App;
let echo: Echo;
let people: Cast;
let account: Account;
let ada: Browser;
let ben: Browser;

beforeAll(async () => {
  echo = await newEcho();
  hub = await newWorld({ outboundAllow: [echo.host] });
  people = await cast(hub.world);
  app = await startApp(hub.world);
  const service = await bearerService(hub, people.ada, echo.url);
  account = await connected(hub, people.ben, service, { token: SECRET });
  ada = await new Browser(app).signIn("ada@example.com", PASSWORDS.ada);
  ben = await new Browser(app).signIn("ben@example.com", PASSWORDS.ben);
});

afterAll(async () => {
  await app?.close();
  await hub?.close();
  await echo?.close();
});

const form = (more: Record<string, string> = {}) => ({
  act: "send",
  account: account.id,
  method: "GET",
  url: "/items",
  query: "",
  headers: "",
  body_kind: "none",
  body: "",
  ...more,
});

/** The page's text as a person reads it. */
const read = (html: string) =>
  html
    .replace(/<[^>]+>/g, "")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'");

test("offers the accounts one may use, by name, and no others", async () => {
  const mine = await ben.get(`/requests?account=${account.slug}&method=post&url=/x`);
  expect(mine.text).toContain(`<option value="${account.id}" selected>Support inbox</option>`);
  expect(mine.text).toMatch(/<option value="POST" selected>/);
  expect(mine.text).toContain('value="/x"');
  for (const label of ["Account", "Method", "URL"])
    expect(mine.text).toMatch(new RegExp(`<label[^>]*>${label}</label>`));
  const admins = await ada.get("/requests");
  expect(admins.text).not.toContain("Support inbox");
  expect(admins.text).toContain("There is no account you may use yet");
});

test("sends what was typed, signed, and shows the answer without the secret", async () => {
  echo.answer((request, response) => {
    json({ seen: request.header("authorization"), count: 2 }, 201, { "set-cookie": ["a=1", "b=2"] })(request, response);
  });
  const visit = await ben.post(
    "/requests",
    form({
      method: "POST",
      query: "q: a b\r\ntag: x\r\ntag: y",
      headers: "X-Note: hi\r\nAuthorization: Bearer mine",
      body_kind: "json",
      body: '{"big": 12345678901234567890}',
    }),
  );
  expect(visit.status).toBe(200);
  expect(echo.last.method).toBe("POST");
  expect(echo.last.path).toBe("/items?q=a+b&tag=x&tag=y");
  expect(echo.last.header("x-note")).toBe("hi");
  expect(echo.last.header("authorization")).toBe(`Bearer ${SECRET}`);
  expect(echo.last.header("content-type")).toBe("application/json");
  expect(echo.last.body.toString()).toBe('{"big": 12345678901234567890}');
  expect(visit.text).not.toContain(SECRET);
  expect(read(visit.text)).toMatch(/201 Created[\s\S]*set-cookiea=1set-cookieb=2[\s\S]*"count": 2/);
  expect(read(visit.text)).toContain(`curl -X POST '${app.url}/proxy/${account.slug}/items?q=a+b&amp;tag=x&amp;tag=y'`);
  expect(read(visit.text)).toContain('"Authorization: Bearer $SIGNET_TOKEN"');
  expect(visit.text).toContain("X-Note: hi");
});

test("shows numbers with all their digits, and a body that is null", async () => {
  echo.answer((_, response) =>
    response.setHeader("content-type", "application/json").end('{"id":12345678901234567890}'),
  );
  expect(read((await ben.post("/requests", form())).text)).toContain('{\n  "id": 12345678901234567890\n}');
  echo.answer((_, response) => response.setHeader("content-type", "application/json").end("null"));
  const { text: answer } = await ben.post("/requests", form());
  expect(answer).toContain('<span class="tok-word">null</span>');
  expect(answer).not.toContain('<p class="soft">No body');
});

test("sends forms, text and base64", async () => {
  echo.answer(text("fine", "text/plain"));
  await ben.post("/requests", form({ method: "PUT", body_kind: "form", body: "a=1=2\r\nb= x" }));
  expect(echo.last.body.toString()).toBe("a=1%3D2&b=+x");
  await ben.post("/requests", form({ method: "PUT", body_kind: "text", body: "two\r\nlines" }));
  expect(echo.last.body.toString()).toBe("two\nlines");
  const visit = await ben.post("/requests", form({ method: "PUT", body_kind: "base64", body: "AAEC" }));
  expect([...echo.last.body]).toEqual([0, 1, 2]);
  expect(read(visit.text)).toContain("fine");
});

test("previews what is signed line by line", async () => {
  const service = await addService(hub.ctx(people.ada), {
    kind: "hmac",
    name: "Signed",
    settings: { string_to_sign: "{method}\\n{path}", headers: { "X-Sign": "{signature}" } },
    base_url: echo.url,
  });
  const signed = await connected(hub, people.ben, service, { secret: SECRET }, { name: "Signed" });
  const visit = await ben.post("/requests", form({ act: "preview", account: signed.id, url: "/items" }));
  expect(read(visit.text)).toMatch(/String to sign[^]*GET\n\/items/);
  expect(read(visit.text)).toContain("x-sign");
  expect(visit.text).not.toContain(SECRET);
  await disconnectAccount(hub.ctx(people.ben), signed.id);
});

test("previews without sending", async () => {
  const before = echo.requests.length;
  const visit = await ben.post("/requests", form({ act: "preview", url: "/items?x=1" }));
  expect(echo.requests.length).toBe(before);
  expect(visit.text).not.toContain(SECRET);
  expect(read(visit.text)).toMatch(/Allowed[\s\S]*The account is yours\. Nothing was sent\.[\s\S]*Bearer •••/);
});

test("shows a refusal with its code and sentence", async () => {
  const host = await ben.post("/requests", form({ url: "https://evil.example.com/x" }));
  expect(host.status).toBe(200);
  expect(read(host.text)).toMatch(/host_not_allowed[\s\S]*evil\.example\.com is not among the hosts/);
  expect(host.text).toContain('value="https://evil.example.com/x"');

  const [share] = [
    await shareAccount(hub.ctx(people.ben), account.id, {
      with: { type: "worker", id: people.ada.id },
      rules: [{ methods: ["GET"], paths: ["/items/**"] }],
    }),
  ];
  expect(share).toBeDefined();
  const rule = await ada.post("/requests", form({ method: "DELETE" }));
  expect(read(rule.text)).toContain("rule_denied");
  const allowed = await ada.post("/requests", form({ act: "preview", url: "/items/1" }));
  expect(read(allowed.text)).toContain("The account is shared with you.");
});

test("keeps what was typed when it can not be sent, and says where", async () => {
  const typed = { url: "/p", query: "no colon here", headers: "X-A: 1", body_kind: "json", body: "{nope" };
  const visit = await ben.post("/requests", form(typed));
  expect(visit.status).toBe(400);
  expect(visit.text).toMatch(/id="field-query-problem"/);
  for (const text of ["no colon here", "X-A: 1", "{nope", 'value="/p"']) expect(visit.text).toContain(text);
  const body = await ben.post("/requests", form({ ...typed, query: "" }));
  expect(body.text).toMatch(/href="#field-body">This is not JSON/);
  expect((await ben.post("/requests", form({ url: "//x" }))).text).toContain('id="field-url-problem"');
  expect((await ben.post("/requests", form({ account: "" }))).text).toContain("Choose an account.");
  expect((await ben.post("/requests", form({ account: "nobodys" }))).status).toBe(400);
  expect((await ben.post("/requests", form({ body: "left over" }))).text).toContain("Say what kind of body this is");
});

test("fills the form from a curl command, without the credential in it", async () => {
  const curl = `curl -X POST ${echo.url}/items -H 'Authorization: Bearer pasted-secret' --json '{"a": 1}'`;
  const visit = await ben.post("/requests/import", { curl });
  expect(visit.status).toBe(200);
  expect(visit.text).not.toContain("pasted-secret");
  expect(visit.text).toContain("Left out: Authorization.");
  expect(visit.text).toContain(`<option value="${account.id}" selected>`);
  expect(visit.text).toContain(`value="${echo.url}/items"`);
  expect(visit.text).toMatch(/<option value="json" selected>/);
  const bad = await ben.post("/requests/import", { curl: `wget -H 'Authorization: Bearer pasted-secret' x` });
  expect(bad.status).toBe(400);
  expect(bad.text).toContain("This does not begin with curl.");
  expect(bad.text).not.toContain("pasted-secret");
});

test("lists what I sent, and leads to it in the audit", async () => {
  const page = await ben.get("/requests");
  expect(page.text).toMatch(/href="\/audit\/\d+">GET evil\.example\.com/);
  expect(read(page.text)).not.toContain("Intent");
});

test("the home page counts the calls and leads a newcomer through the first steps", async () => {
  const home = read((await ben.get("/")).text);
  expect(home).toMatch(/Calls in 24 hours\s*\d+/);
  expect(home).toContain("Latest requests");
  const fresh = await newWorld();
  await cast(fresh.world);
  const other = await startApp(fresh.world);
  try {
    const first = await (await new Browser(other).signIn("ada@example.com", PASSWORDS.ada)).get("/");
    expect(read(first.text)).toMatch(
      /Add a service[\s\S]*Link an account[\s\S]*Make a bot with a token[\s\S]*Send the first request/,
    );
  } finally {
    await other.close();
    await fresh.close();
  }
});
