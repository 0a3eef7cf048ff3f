import { afterAll, beforeAll, expect, test } from "vitest";
import { Browser, type Visit } from "../support/app.ts";
import { family } from "../support/certificates.ts";
import { newDirectory, type TestDirectory } from "../support/directory.ts";
import { newServed, type Served } from "../support/provider-hub.ts";
import { PASSWORDS } from "../support/world.ts";

// A directory from the library to the answer, as people and programs see it.

const PASSWORD = "canary-directory-4711";
const BASE = "dc=example,dc=com";
const READER = `cn=reader,${BASE}`;
const { authority, server } = family();

let served: Served;
let directory: TestDirectory;
let ada: Browser;
let ben: Browser;

beforeAll(async () => {
  served = await newServed({ outboundAllow: ["127.0.0.0/8", "::1"] });
  const person = (cn: string) => ({
    dn: `cn=${cn},ou=people,${BASE}`,
    attributes: {
      objectClass: ["person"],
      cn: [cn],
      jpegPhoto: [Buffer.from([0xff, 0xd8, 0])],
      mail: [`${cn}@example.com`],
    },
  });
  directory = await newDirectory({
    security: "starttls",
    own: server,
    people: { [READER]: PASSWORD },
    entries: [
      { dn: BASE, attributes: { objectClass: ["domain"] } },
      { dn: `ou=people,${BASE}`, attributes: { objectClass: ["organizationalUnit"] } },
      person("<b>Zoë</b>"),
      person("Max"),
    ],
  });
  ada = await new Browser(served.app).signIn("ada@example.com", PASSWORDS.ada);
  ben = await new Browser(served.app).signIn("ben@example.com", PASSWORDS.ben);
});

afterAll(async () => {
  await directory?.close();
  await served?.close();
});

const words = (visit: Visit) =>
  visit.text
    .replace(/<[^>]*>/g, " ")
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")
    .replaceAll("&quot;", '"')
    .replace(/\s+/g, " ");

let id: string;
let account: string;

test("Ada sets it up from the library, where nothing of HTTP is asked", async () => {
  const form = {
    name: "People",
    "settings.host": `localhost:${directory.port}`,
    "settings.scheme": "ldap",
    "settings.base_dn": BASE,
  };
  const wrong = await ada.post("/services/new?catalog=openldap", { ...form, "settings.tls_ca": "my authority" });
  expect(words(wrong)).toContain("Paste the certificate as PEM");
  const made = await ada.post("/services/new?catalog=openldap", { ...form, "settings.tls_ca": authority.certificate });
  expect(made.status, words(made)).toBe(303);
  id = made.location!.split("/").at(-1)!;
  const page = words(await ada.follow(made));
  expect(page).toContain(`Address ldap://localhost:${directory.port}`);
  expect(page).toContain("Each account signs in before it is kept");
  const build = await ada.get("/services/build?kind=ldap");
  for (const name of ["base_url", "hosts", "test.url", "headers"]) {
    expect(build.text).not.toContain(`name="${name}"`);
    expect((await ada.get(`/services/${id}/edit`)).text).not.toContain(`name="${name}"`);
  }
  const kept = { ...form, "settings.url": `ldap://localhost:${directory.port}`, "settings.start_tls": "on" };
  expect((await ada.post(`/services/${id}/edit`, { ...kept, "settings.tls_ca": authority.certificate })).status).toBe(
    303,
  );
});

test("Ben connects an account by name and password, and is told what is wrong with a wrong one", async () => {
  const form = { service: id, name: "Reader", "secret.dn": READER };
  const wrong = await ben.post("/accounts/new", { ...form, "secret.password": "wrong" });
  expect(words(wrong)).toContain("does not accept the bind DN and password");
  expect(wrong.text).toContain(READER);
  const saved = await ben.post("/accounts/new", { ...form, "secret.password": PASSWORD });
  account = saved.location!;
  const page = await ben.follow(saved);
  expect(words(page)).toContain(`Reader is connected. People knows it as ${READER}.`);
  expect(words(page)).toContain(`Bind DN ${READER} Password saved, hidden`);
  for (const text of ["/proxy/", "Base URL", PASSWORD]) expect(page.text).not.toContain(text);
  expect(page.text).toMatch(/href="\/requests\/directory\?account=/);
  expect(words(await ben.follow(await ben.post(`${account}/test`)))).toContain(`People knows it as ${READER}.`);
});

test("Ben searches on a page of its own, which keeps what he typed", async () => {
  const key = (await ben.get(account)).text.match(/\/requests\/directory\?account=([0-9a-f-]+)/)![1]!;
  const led = await ben.get(`/requests?account=${key}`);
  expect(led.location).toBe(`/requests/directory?account=${key}`);
  expect((await ben.follow(led)).text).toContain(`<option value="${key}" selected>`);
  const form = {
    account: key,
    filter: "(mail=*@example.com)",
    base: "",
    scope: "sub",
    attributes: "",
    size_limit: "50",
  };
  const found = await ben.post("/requests/directory", form);
  expect(found.status).toBe(200);
  expect(words(found)).toContain("2 entries");
  expect(words(found)).toContain("cn=Max,ou=people,dc=example,dc=com objectClass person");
  expect(words(found)).toContain("mail <b>Zoë</b>@example.com");
  expect(found.text).not.toContain("<b>Zoë");
  expect(words(found)).toContain("jpegPhoto 3 bytes");
  expect(words(found)).toContain(`"filter":"(mail=*@example.com)"`);
  expect(found.text).toContain('value="50"');

  const cut = words(await ben.post("/requests/directory", { ...form, size_limit: "1" }));
  expect(cut).toContain("One entry");
  expect(cut).toContain("There are more entries than these.");
  expect(words(await ben.post("/requests/directory", { ...form, filter: "(cn=Nobody)" }))).toContain("Nothing fits");

  const broken = await ben.post("/requests/directory", {
    ...form,
    filter: "(mail=a",
    size_limit: "9999",
    attributes: "cn",
  });
  expect(broken.status).toBe(400);
  expect(words(broken)).toContain("Enter a number from 1 to 500.");
  const unclosed = await ben.post("/requests/directory", { ...form, filter: "(mail=a" });
  expect(words(unclosed)).toContain("At character 1: the “)” that ends this filter is missing.");
  expect(unclosed.text).toMatch(/<textarea[^>]*name="filter"[^>]*aria-invalid="true"[^>]*>\s*\(mail=a/);
  const nowhere = await ben.post("/requests/directory", { ...form, base: "ou=nowhere" });
  expect(words(nowhere)).toContain("There is no such entry to begin at");
  await ben.post(`${account}/pause`);
  expect(words(await ben.post("/requests/directory", form))).toContain("Reader is paused.");
  await ben.post(`${account}/resume`);
  expect(words(await ben.get("/requests"))).toContain("Requests Directories");
  expect((await ben.get("/requests")).text).toContain(
    `/requests/directory?account=${key}&amp;base=dc%3Dexample%2Cdc%3Dcom`,
  );
});

test("somebody without such an account sees what to do, and nothing of Ben's", async () => {
  const page = words(await ada.get("/requests/directory"));
  expect(page).toContain("There is no account of a directory you may use yet");
  expect(page).not.toContain("Reader");
});

test("a program searches with a token, and finds the way in the API's description", async () => {
  const { call, tokens } = served;
  const slug = account.split("/").at(-1)!;
  const wish = { account: slug, filter: "(cn=Max)", attributes: ["mail"] };
  const found = await call("POST", "/ldap/search", tokens.ben, wish);
  expect([found.status, found.body]).toEqual([
    200,
    {
      entries: [{ dn: `cn=Max,ou=people,${BASE}`, attributes: { mail: ["Max@example.com"] } }],
      truncated: false,
      duration_ms: expect.any(Number) as number,
      request_id: found.headers.get("signet-request-id"),
    },
  ]);
  const refused = async (token: string | null, body: object) => {
    const { status, body: problem } = await call("POST", "/ldap/search", token, body);
    return [status, problem.code, problem.issues?.[0]?.path ?? null];
  };
  expect(await refused(null, wish)).toEqual([401, "unauthenticated", null]);
  expect(await refused(tokens.cleo, wish)).toEqual([404, "not_found", null]);
  expect(await refused(tokens.ben, { ...wish, filter: "cn=Max" })).toEqual([400, "invalid", "filter"]);
  expect(await refused(tokens.ben, { ...wish, size_limit: 0 })).toEqual([400, "invalid", "size_limit"]);
  expect(await refused(tokens.ben, { ...wish, password: "x" })).toEqual([400, "invalid", "password"]);
  const execute = await call("POST", "/execute", tokens.ben, { account: slug, url: "https://example.com/" });
  expect([execute.status, execute.body.detail]).toEqual([
    400,
    expect.stringMatching(/takes no HTTP requests; search it/),
  ]);
  const proxy = await fetch(`${served.app.url}/proxy/${slug}/x`, {
    headers: { authorization: `Bearer ${tokens.ben}` },
  });
  expect([proxy.status, proxy.headers.get("signet-error")]).toEqual([400, "invalid"]);
  const { body } = await call("GET", "/openapi.json");
  const schema = body.paths["/ldap/search"].post.requestBody.content["application/json"].schema;
  expect(Object.keys(schema.properties)).toEqual(
    "account base scope filter attributes size_limit page_size time_limit_ms".split(" "),
  );
});
