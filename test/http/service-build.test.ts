import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listServices } from "../../src/services/browse.ts";
import { openSettings } from "../../src/services/secret.ts";
import type { Service } from "../../src/services/service.ts";
import { Browser, startApp, type App, type FormFields, type Visit } from "../support/app.ts";
import { newAuthorizationServer, type AuthorizationServer } from "../support/authorization-server.ts";
import { json, newEcho, type Echo } from "../support/echo.ts";
import { cast, newWorld, PASSWORDS, type Cast, type TestWorld } from "../support/world.ts";

// All of it is done without script: a form is sent, and comes back with more in it.

let hub: TestWorld;
let app: App;
let people: Cast;
let server: AuthorizationServer;
let echo: Echo;
let ada: Browser;

beforeAll(async () => {
  hub = await newWorld({ outboundAllow: ["127.0.0.0/8"] });
  people = await cast(hub.world);
  app = await startApp(hub.world);
  server = await newAuthorizationServer();
  echo = await newEcho();
  ada = await new Browser(app).signIn("ada@example.com", PASSWORDS.ada);
});

afterAll(async () => {
  await Promise.all([server, echo, app].map((one) => one?.close()));
  await hub?.close();
});

const BUILD = "/services/build?kind=oauth2";

/** The fields of the page's form that building is, as a browser would send them back. */
function formIn({ text }: Visit): Record<string, string | string[]> {
  const form = /<form class="form" method="post" action="\/services\/build[^"]*"[\s\S]*?<\/form>/.exec(text)![0];
  const fields: Record<string, string[]> = {};
  const note = (name: string, value: string) => (fields[name] ??= []).push(plain(value));
  for (const [tag] of form.matchAll(/<input\b[^>]*>/g)) {
    const [name, value] = [attribute(tag, "name"), attribute(tag, "value")];
    const ticked = attribute(tag, "type") !== "checkbox" || / checked/.test(tag);
    if (name !== undefined && ticked) note(name, value ?? "");
  }
  for (const [, tag, value] of form.matchAll(/<textarea\b([^>]*)>\n?([\s\S]*?)<\/textarea>/g))
    note(attribute(tag!, "name")!, value!);
  for (const [, tag, options] of form.matchAll(/<select\b([^>]*)>([\s\S]*?)<\/select>/g))
    note(attribute(tag!, "name")!, /value="([^"]*)" selected/.exec(options!)?.[1] ?? "");
  return Object.fromEntries(
    Object.entries(fields).map(([name, values]) => [name, values.length > 1 ? values : values[0]!]),
  );
}

const attribute = (tag: string, name: string) => new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
const plain = (html: string) =>
  html
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
const words = ({ text }: Visit) => plain(text.replace(/<[^>]*>/g, " ")).replace(/\s+/g, " ");

const send = (fields: FormFields, path = BUILD) => ada.post(path, fields);

async function named(name: string): Promise<Service> {
  const { items } = await listServices(hub.ctx(people.ada), { q: name });
  return items.find((service) => service.name === name)!;
}

/** Metadata of the echo server, that says this besides. */
function describing(more: object, path = "/.well-known/oauth-authorization-server"): void {
  const addresses = { authorization_endpoint: `${echo.url}/authorize`, token_endpoint: `${echo.url}/token` };
  echo.answer((request, response) =>
    json(request.path === path ? { issuer: echo.url, ...addresses, ...more } : {}, request.path === path ? 200 : 404)(
      request,
      response,
    ),
  );
}

describe("a service filled in from an address", () => {
  test("has what the server says of itself, and says so in words", async () => {
    const page = await send({ ...formIn(await ada.get(BUILD)), url: server.issuer, act: "discover" });
    expect(page.status).toBe(200);
    expect(formIn(page)).toMatchObject({
      url: server.issuer,
      "settings.authorize_url": `${server.issuer}/auth`,
      "settings.token_url": `${server.issuer}/token`,
      "settings.revoke_url": `${server.issuer}/token/revocation`,
      "settings.issuer": server.issuer,
      "settings.token_auth": "basic",
      "settings.pkce": "on",
    });
    expect(words(page)).toContain(`Found ${server.issuer} (RFC 8414). Filled in: Authorization URL, Token URL,`);
    expect(words(page)).toContain("It offers 4 scopes");
    expect(page.text).toMatch(/type="checkbox"[^>]*name="settings\.scopes" value="tickets:read"/);
    expect(await named("Tickets")).toBeUndefined();
  });

  test("is created from what the page then holds", async () => {
    const page = await send({ ...formIn(await ada.get(BUILD)), url: server.issuer, act: "discover" });
    const made = await send({
      ...formIn(page),
      name: "Tickets",
      hosts: "api.tickets.example",
      "settings.client_id": "c-1",
      "settings.scopes": ["tickets:read", "openid"],
      "settings.scopes.more": "extra",
      act: "create",
    });
    expect(made.status, words(made)).toBe(303);
    expect((await named("Tickets")).settings).toMatchObject({
      issuer: server.issuer,
      scopes: ["tickets:read", "openid", "extra"],
      token_auth: "basic",
    });
  });

  test("keeps everything that was typed, and says where the server says something else", async () => {
    describing({ revocation_endpoint: `${echo.url}/revoke`, scopes_supported: ["read", "write"] });
    const typed = {
      name: 'The "house"',
      base_url: "https://api.house.example",
      hosts: "a.example\nb.example",
      headers: "Accept: x",
      "test.method": "GET",
      "test.url": "/me",
      "test.identity.label": "mail",
      "settings.client_id": "my-client",
      "settings.scopes": "write my:own",
      "settings.token_url": "https://typed.example/token",
      "settings.authorize_params": "a=1",
    };
    const page = await send({ ...typed, url: echo.url, act: "discover" });
    const { "settings.scopes": _typed, ...others } = typed;
    expect(formIn(page)).toMatchObject({
      ...others,
      "settings.authorize_url": `${echo.url}/authorize`,
      "settings.revoke_url": `${echo.url}/revoke`,
      "settings.scopes": "write",
      "settings.scopes.more": "my:own",
    });
    expect(words(page)).toContain(`Token URL: what you entered stays; the server says ${echo.url}/token.`);
    expect(words(page)).toContain("PKCE stays on");
  });

  test("takes another address' word for what was filled in before, not for what was typed", async () => {
    describing({});
    const first = await send({ ...formIn(await ada.get(BUILD)), url: server.issuer, act: "discover" });
    const changed = { ...formIn(first), "settings.revoke_url": "https://typed.example/revoke" };
    const second = await send({ ...changed, url: echo.url, act: "discover" });
    expect(formIn(second)).toMatchObject({
      "settings.authorize_url": `${echo.url}/authorize`,
      "settings.token_url": `${echo.url}/token`,
      "settings.revoke_url": "https://typed.example/revoke",
    });
  });

  test("is looked up by Enter as well, as long as there is nothing to create", async () => {
    const page = await send({ ...formIn(await ada.get(BUILD)), url: server.issuer });
    expect(formIn(page)["settings.token_url"]).toBe(`${server.issuer}/token`);
    const again = await send({ ...formIn(page) });
    expect([again.status, words(again).includes("This is required.") || words(again).includes("Enter")]).toEqual([
      400,
      true,
    ]);
  });

  test("never has a secret put back", async () => {
    const secret = "canary-client-secret";
    const page = await send({ url: server.issuer, act: "discover", "settings.client_secret": secret });
    expect(page.text).not.toContain(secret);
    expect(page.text).toContain("Enter it again: a secret is never put back into a page.");
  });

  test("shows which of its addresses lead to other hosts", async () => {
    describing({ token_endpoint: "https://tokens.elsewhere.example/t" });
    const page = await send({ url: echo.url, act: "discover" });
    expect(words(page)).toContain("It sends to another host: tokens.elsewhere.example");
  });

  test("lets an admin choose who lets people into an API", async () => {
    const resource = {
      resource: echo.url,
      authorization_servers: [`https://login.example/<b>`, "https://other.example"],
    };
    const path = "/.well-known/oauth-protected-resource";
    echo.answer((request, response) =>
      json(request.path === path ? resource : {}, request.path === path ? 200 : 404)(request, response),
    );
    const page = await send({ url: echo.url, act: "discover" });
    expect(formIn(page)).toMatchObject({ base_url: echo.url, "settings.resource": echo.url, "settings.token_url": "" });
    expect(page.text).toContain('name="issuer" value="https://other.example"');
    expect(page.text).not.toContain('<b>"');
    const chosen = await send({ ...formIn(page), issuer: server.issuer });
    expect(formIn(chosen)).toMatchObject({
      url: server.issuer,
      base_url: echo.url,
      "settings.resource": echo.url,
      "settings.token_url": `${server.issuer}/token`,
    });
  });

  test.each([
    ["https://user:pw@login.example", "Leave out the user name and password."],
    ["", "Enter an address"],
    ["http://8.8.8.8", "Enter an https address"],
  ])("says beside the field why %j can not be asked", async (url, sentence) => {
    const page = await send({ url, act: "discover", name: "Kept" });
    expect(page.status).toBe(400);
    expect(page.text).toMatch(new RegExp(`id="field-url-problem"[\\s\\S]{0,300}${sentence}`));
    expect(page.text).toMatch(/id="field-url"[^>]*aria-describedby="field-url-problem[^"]*"[^>]*aria-invalid="true"/);
    expect(formIn(page)).toMatchObject({ url, name: "Kept" });
  });

  test("does not stumble over what somebody did to the hidden field", async () => {
    for (const found of ["{", "null", "[]", '{"address":7}', `{"address":"x","source":{"url":"not a url"}}`]) {
      expect((await send({ found, name: "Odd", act: "create" })).status).toBe(400);
    }
    const forged = { ...JSON.parse(String(formIn(await send({ url: server.issuer, act: "discover" })).found)) };
    forged.source.url = "nonsense";
    expect((await send({ found: JSON.stringify(forged), name: "Odd", act: "create" })).status).toBe(400);
  });
});

describe("a server where clients register themselves", () => {
  test("needs no client id, and its secret is seen by nobody", async () => {
    const page = await send({ ...formIn(await ada.get(BUILD)), url: server.issuer, act: "discover" });
    expect(words(page)).toContain("Register and create needs no client ID");
    const fields = { ...formIn(page), name: "Registered", hosts: "api.tickets.example", act: "register" };
    const made = await send({ ...fields, "settings.scopes": ["openid", "tickets:read"] });
    expect(made.status, words(made)).toBe(303);
    const shown = await ada.follow(made);
    expect(words(shown)).toContain(
      "Registered is set up. Signet has registered itself there. Next, link your account.",
    );
    const service = await named("Registered");
    expect(service.hidden).toEqual(["client_secret", "registration_token"]);
    const { settings } = (await openSettings(hub.ctx(), service)) as { settings: Record<string, string> };
    const edit = await ada.get(`/services/${service.id}/edit`);
    for (const { text } of [shown, edit]) {
      expect(text).not.toContain(settings.client_secret);
      expect(text).not.toContain(settings.registration_token);
    }
    expect(edit.text).toContain(String(service.settings.client_id));
  });

  test("keeps the form when the service can not be made, and registers nothing", async () => {
    const page = await send({ ...formIn(await ada.get(BUILD)), url: server.issuer, act: "discover" });
    const before = server.asked.filter((line) => line === "POST /reg").length;
    const refused = await send({ ...formIn(page), name: "registered", hosts: "api.x.example", act: "register" });
    expect([refused.status, words(refused).includes("This name is taken.")]).toEqual([400, true]);
    expect(formIn(refused)).toMatchObject({ name: "registered", "settings.token_url": `${server.issuer}/token` });
    expect(words(refused)).toContain("Register and create needs no client ID");
    expect(server.asked.filter((line) => line === "POST /reg").length).toBe(before);
  });

  test("is offered only where a server says so", async () => {
    describing({});
    expect((await send({ url: echo.url, act: "discover" })).text).not.toContain("Register and create");
    expect((await ada.get(BUILD)).text).not.toContain("Register and create");
  });
});

describe("a service from an example of its documentation", () => {
  const KEY = "canary-s3cret";
  const example = (curl: string, more: FormFields = {}) => send({ curl, ...more }, "/services/build");

  test("is ready to be created", async () => {
    const page = await example(
      `curl "https://api.acme.example/v1/me?lang=en" -H "X-Api-Key: ${KEY}" -H "Acme-Version: 3"`,
    );
    expect(page.text).not.toContain(KEY);
    expect(page.text).toContain('action="/services/build?kind=api_key"');
    expect(words(page)).toContain("Its key was left out");
    const made = await send(formIn(page), "/services/build?kind=api_key");
    expect(made.status, words(made)).toBe(303);
    expect(await named("Acme")).toMatchObject({
      settings: { in: "header", name: "X-Api-Key" },
      hosts: ["api.acme.example"],
      baseUrl: "https://api.acme.example/v1",
      headers: { "Acme-Version": "3" },
      test: { method: "GET", url: "/me?lang=en" },
    });
  });

  test("that can not be read is kept, but not what looks like a key", async () => {
    const refused = await example(`curl https://x.example --odd -H 'X-Api-Key: ${KEY}'`, { name: "Wished for" });
    expect(refused.status).toBe(400);
    expect(refused.text).toContain("The option --odd can not be taken over.");
    expect(refused.text).toContain("X-Api-Key: •••");
    expect(refused.text).not.toContain(KEY);
    expect(refused.text).toContain('name="name" value="Wished for"');
  });

  test("takes the name that somebody looked for", async () => {
    const page = await example("curl https://api.acme.example/me -u a:b", { name: "Acme for Ben" });
    expect(formIn(page).name).toBe("Acme for Ben");
  });
});

describe("a service that the library lacks", () => {
  test("becomes a form with the name that was looked for", async () => {
    const library = await ada.get("/services/library?q=" + encodeURIComponent('Zyx & "Co"'));
    expect(library.text).toContain('href="/services/build?name=Zyx+%26+%22Co%22"');
    const build = await ada.get("/services/build?name=Zyx+%26+%22Co%22");
    expect(words(build)).toContain('“Zyx & "Co"” is not in the library yet');
    expect(build.text).toContain('href="/services/build?kind=bearer&amp;name=Zyx+%26+%22Co%22"');
    const form = await ada.get("/services/build?kind=bearer&name=Zyx+%26+%22Co%22");
    expect(formIn(form).name).toBe('Zyx & "Co"');
  });

  test("is offered also below what was found, and filters say how many there are", async () => {
    const library = await ada.get("/services/library?q=git&kind=bearer");
    expect(library.text).toContain('<a href="/services/build?name=git">');
    expect(library.text).toMatch(/<option value="bearer" selected>Bearer token \(\d+\)<\/option>/);
    expect(library.text).toMatch(/<option value="crm">CRM \(\d+\)<\/option>/);
  });
});
