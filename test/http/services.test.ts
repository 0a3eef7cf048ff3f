import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listServices } from "../../src/services/browse.ts";
import { catalog } from "../../src/services/catalog.ts";
import { openSettings } from "../../src/services/secret.ts";
import { addService } from "../../src/services/add.ts";
import { connectAccount } from "../../src/accounts/connect.ts";
import type { Service } from "../../src/services/service.ts";
import { Browser, startApp, type App } from "../support/app.ts";
import { cast, newWorld, PASSWORDS, type Cast, type TestWorld } from "../support/world.ts";

const SECRET = "shh-very-secret-client-secret";
const OAUTH = {
  name: "House API",
  base_url: "https://api.house.example/v1",
  hosts: "files.house.example\n*.cdn.house.example",
  headers: "Accept: application/json",
  "test.method": "GET",
  "test.url": "/me",
  "test.identity.label": "user.email",
  "settings.authorize_url": "https://auth.house.example/authorize",
  "settings.token_url": "https://auth.house.example/token",
  "settings.client_id": "house-client",
  "settings.client_secret": SECRET,
  "settings.scopes": "read write",
  "settings.pkce": "on",
  "settings.scope_delimiter": " ",
  "settings.header": "Authorization",
  "settings.prefix": "Bearer",
  "settings.auth_failure_statuses": "401",
};

let hub: TestWorld;
let app: App;
let people: Cast;
let ada: Browser;
let cleo: Browser;

beforeAll(async () => {
  hub = await newWorld();
  app = await startApp(hub.world);
  people = await cast(hub.world);
  ada = await new Browser(app).signIn("ada@example.com", PASSWORDS.ada);
  cleo = await new Browser(app).signIn("cleo@example.com", PASSWORDS.cleo);
});

afterAll(async () => {
  await app.close();
  await hub.close();
});

async function named(name: string): Promise<Service> {
  const { items } = await listServices(hub.ctx(people.ada), { q: name });
  return items.find((service) => service.name === name)!;
}

function idAt(location: string | null): string {
  return /^\/services\/([0-9a-f-]{36})$/.exec(location ?? "")![1]!;
}

describe("the library", () => {
  test("has a tile for every entry, named by the service alone", async () => {
    const { status, text } = await ada.get("/services/library");
    expect(status).toBe(200);
    const tiles = [...text.matchAll(/<a class="choice-name" href="([^"]+)">([^<]+)<\/a>/g)];
    expect(tiles).toHaveLength(catalog().length);
    expect(new Set(tiles.map((tile) => tile[2])).size).toBe(tiles.length);
    expect(tiles.map((tile) => tile[2])).toEqual(expect.arrayContaining(["GitHub", "GitHub (personal access token)"]));
  });

  test("searches without script, and finds what begins with the word first", async () => {
    const { text } = await ada.get("/services/library?q=git");
    const names = [...text.matchAll(/class="choice-name"[^>]*>([^<]+)</g)].map((match) => match[1]);
    expect(names[0]).toMatch(/^Git/);
    expect(names).not.toContain("Salesforce");
  });

  test("filters by category and kind", async () => {
    const { text } = await ada.get("/services/library?category=crm&kind=oauth2");
    expect(text).toContain(">Salesforce</a>");
    expect(text).not.toContain(">GitHub</a>");
  });

  test("offers to build what it does not have, and writes what was searched as text", async () => {
    const { text } = await ada.get("/services/library?q=" + encodeURIComponent("<b>zzz"));
    expect(text).toContain("Build it by hand");
    expect(text).toContain("&lt;b&gt;zzz");
    expect(text).not.toContain("<b>zzz");
  });

  test("marks what was retired", async () => {
    expect((await ada.get("/services/library?q=hipchat")).text).toContain("Retired");
  });
});

describe("a service of the library", () => {
  test("is set up from its prompts alone, and leads to its page with the next step", async () => {
    const page = await ada.get("/services/new?catalog=github");
    expect(page.text).toContain(`value="${app.url}/oauth/callback"`);
    expect(page.text).toContain("Read the profile, including private details");
    const made = await ada.post("/services/new?catalog=github", {
      name: "GitHub",
      "settings.client_id": "Iv1.abc",
      "settings.client_secret": SECRET,
      "settings.scopes": ["read:user", "repo"],
      "settings.scopes.more": "write:discussion, read:audit_log",
    });
    expect(made.status).toBe(303);
    const service = await named("GitHub");
    expect(service.settings.scopes).toEqual(["read:user", "repo", "write:discussion", "read:audit_log"]);
    const next = await ada.follow(made);
    expect(next.text).toContain(`href="/accounts/new?service=${service.id}">Link your account</a>`);
    expect(next.text).toContain("Read and write all repositories");
    expect(next.text).not.toContain(SECRET);
  });

  test("keeps what was typed when something is missing, but never a secret", async () => {
    const refused = await ada.post("/services/new?catalog=github", {
      name: "GitHub two",
      "settings.client_id": "",
      "settings.client_secret": SECRET,
      "settings.scopes": ["gist"],
      "settings.scopes.more": "my:scope",
    });
    expect(refused.status).toBe(400);
    expect(refused.text).toContain('value="GitHub two"');
    expect(refused.text).toMatch(/value="gist" checked/);
    expect(refused.text).not.toMatch(/value="read:user" checked/);
    expect(refused.text).toContain('value="my:scope"');
    expect(refused.text).toContain('<a href="#field-settings-client_id">Enter Client ID.</a>');
    expect(refused.text).not.toContain(SECRET);
    expect(refused.text).toContain("Enter it again");
  });

  test("may not take a name that is taken", async () => {
    const refused = await ada.post("/services/new?catalog=github-token", { name: "GITHUB" });
    expect(refused.status).toBe(400);
    expect(refused.text).toContain('<a href="#field-name">This name is taken.</a>');
  });

  test("that asks nothing is one press of Create", async () => {
    expect((await ada.post("/services/new?catalog=stripe", { name: "Stripe" })).status).toBe(303);
  });

  test("a prompt about an address gets the problem of that address", async () => {
    const refused = await ada.post("/services/new?catalog=generic-bearer", {
      name: "Odd",
      "settings.base_url": "not an address",
    });
    expect(refused.status).toBe(400);
    expect(refused.text).toContain("#field-settings-base_url");
    expect(refused.text).toContain('value="not an address"');
  });

  test("every entry has a page with a form", async () => {
    for (const { key } of catalog()) {
      const { status, text } = await ada.get(`/services/new?catalog=${key}`);
      expect([key, status, text.includes(">Create</span>")]).toEqual([key, 200, true]);
    }
  });

  test("that is not in the library is not found", async () => {
    expect((await ada.get("/services/new?catalog=nothing")).status).toBe(404);
  });
});

describe("a service built by hand", () => {
  test("takes every field of its kind", async () => {
    const made = await ada.post("/services/build?kind=oauth2", {
      ...OAUTH,
      "settings.authorize_params": "access_type=offline\nprompt=consent",
    });
    const service = await named("House API");
    expect(made.location).toBe(`/services/${service.id}`);
    expect(service).toMatchObject({
      baseUrl: "https://api.house.example/v1",
      hosts: ["api.house.example", "files.house.example", "*.cdn.house.example"],
      headers: { Accept: "application/json" },
      test: { method: "GET", url: "/me", identity: { label: "user.email" } },
      hidden: ["client_secret"],
    });
    expect(service.settings).toMatchObject({
      scopes: ["read", "write"],
      pkce: true,
      authorize_params: { access_type: "offline", prompt: "consent" },
      auth_failure_statuses: [401],
    });
    expect(service.settings).not.toHaveProperty("revoke_url");
  });

  test("a kind whose fields are all optional needs a name and a host", async () => {
    const refused = await ada.post("/services/build?kind=bearer", { name: "Plain", "settings.prefix": "" });
    expect(refused.status).toBe(400);
    expect(refused.text).toContain("#field-hosts");
    const made = await ada.post("/services/build?kind=bearer", {
      name: "Plain",
      hosts: "plain.example",
      "settings.header": "X-Token",
      "settings.prefix": "",
    });
    expect(made.status).toBe(303);
    expect((await named("Plain")).settings).toEqual({ header: "X-Token", prefix: "" });
  });

  test("keeps every field when one is wrong, also the advanced ones", async () => {
    const refused = await ada.post("/services/build?kind=oauth2", {
      ...OAUTH,
      name: "Another",
      hosts: "https://wrong.example/path",
      "settings.token_url": "nonsense",
      "settings.token_params": "a=1",
    });
    expect(refused.status).toBe(400);
    for (const kept of ["Another", "nonsense", "house-client", "/me", "user.email"])
      expect(refused.text).toContain(`value="${kept}"`);
    expect(refused.text).toContain("https://wrong.example/path</textarea>");
    expect(refused.text).toContain("a=1</textarea>");
    expect(refused.text).toContain("#field-hosts");
    expect(refused.text).toContain("#field-settings-token_url");
    expect(refused.text).not.toContain(SECRET);
  });

  test.each([
    ["headers", "no colon here", "#field-headers"],
    ["settings.token_params", "no sign here", "#field-settings-token_params"],
    ["test.url", "", "#field-test-url"],
  ])("says what is wrong with %s", async (name, value, link) => {
    const refused = await ada.post("/services/build?kind=oauth2", { ...OAUTH, name: "Wrong", [name]: value });
    expect(refused.status).toBe(400);
    expect(refused.text).toContain(link);
  });

  test("an unknown kind leads back to the choice", async () => {
    expect((await ada.get("/services/build?kind=telepathy")).text).toContain("How does it sign in?");
  });
});

describe("editing a service", () => {
  test("shows everything but the secret, and keeps the secret when its field stays empty", async () => {
    const service = await named("House API");
    const page = await ada.get(`/services/${service.id}/edit`);
    expect(page.text).toContain("saved, hidden");
    expect(page.text).not.toContain(SECRET);
    const saved = await ada.post(`/services/${service.id}/edit`, { ...OAUTH, "settings.client_secret": "" });
    expect(saved.location).toBe(`/services/${service.id}`);
    const after = await named("House API");
    expect((await openSettings(hub.ctx(), after)).settings).toMatchObject({ client_secret: SECRET });
    expect(after.settings).toMatchObject({ authorize_params: {}, scopes: ["read", "write"] });
  });

  test("takes settings away whose fields were emptied, and replaces or removes the secret", async () => {
    const { id } = await named("House API");
    const form = { ...OAUTH, "settings.pkce": [] as string[], "settings.scopes": "", "test.url": "" };
    await ada.post(`/services/${id}/edit`, {
      ...form,
      "test.identity.label": "",
      "settings.client_secret": "a-new-secret",
    });
    const after = await named("House API");
    expect(after.settings).toMatchObject({ pkce: false, scopes: [] });
    expect(after.test).toBeNull();
    expect((await openSettings(hub.ctx(), after)).settings).toMatchObject({ client_secret: "a-new-secret" });
    await ada.post(`/services/${id}/edit`, {
      ...OAUTH,
      "settings.client_secret": "",
      "settings.client_secret.remove": "on",
    });
    expect((await named("House API")).hidden).toEqual([]);
  });

  test("keeps what of the test request the form does not ask", async () => {
    const given = { method: "POST" as const, url: "/auth.test", success: { path: "ok", equals: true } };
    const { id } = await addService(hub.ctx(people.ada), {
      kind: "bearer",
      name: "Chat",
      base_url: "https://chat.example",
      test: given,
    });
    await ada.post(`/services/${id}/edit`, {
      name: "Chat",
      base_url: "https://chat.example",
      "test.method": "POST",
      "test.url": "/auth.check",
    });
    expect((await named("Chat")).test).toEqual({ ...given, url: "/auth.check" });
  });

  test("keeps what was typed when it is refused", async () => {
    const { id } = await named("House API");
    const refused = await ada.post(`/services/${id}/edit`, { ...OAUTH, name: "Renamed", base_url: "ftp://nowhere" });
    expect(refused.status).toBe(400);
    expect(refused.text).toContain('value="Renamed"');
    expect(refused.text).toContain('value="ftp://nowhere"');
    expect(refused.text).not.toContain(SECRET);
  });
});

describe("deleting a service", () => {
  test("names the accounts it takes along with their owners, and wants its name typed", async () => {
    const made = await ada.post("/services/new?catalog=github-token", { name: "Doomed" });
    const id = idAt(made.location);
    await connectAccount(hub.ctx(people.ben), {
      service: id,
      name: "Ben's repos",
      secret: { token: "ghp_0123456789abcdef" },
    });
    const page = await ada.get(`/services/${id}/delete`);
    expect(page.text).toContain("Ben&#39;s repos");
    expect(page.text).toContain("Ben Worker");
    const refused = await ada.post(`/services/${id}/delete`, { typed: "doomed" });
    expect(refused.status).toBe(400);
    expect(await named("Doomed")).toBeDefined();
    const gone = await ada.post(`/services/${id}/delete`, { typed: "Doomed" });
    expect(gone.location).toBe("/services");
    expect((await ada.follow(gone)).text).toContain("Doomed is deleted with its account.");
    expect((await ada.get(`/services/${id}`)).status).toBe(404);
  });
});

describe("the list of services", () => {
  test("has the link Add for admins, to the library", async () => {
    const { text } = await ada.get("/services");
    expect(text).toMatch(/href="\/services\/library">[\s\S]{0,200}<span>Add<\/span>/);
  });

  test("searches, filters by kind, and pages without losing either", async () => {
    const found = await ada.get("/services?q=house&kind=oauth2");
    expect(found.text).toContain(">House API</a>");
    expect(found.text).not.toContain(">Stripe</a>");
    expect((await ada.get("/services?q=house&kind=bearer")).text).toContain("No service matches");
  });

  test("goes on after fifty", async () => {
    for (let at = 0; at < 52; at++)
      await addService(hub.ctx(people.ada), {
        kind: "none",
        name: `Many ${String(at).padStart(2, "0")}`,
        hosts: ["many.example"],
      });
    const first = await ada.get("/services?q=many");
    expect(first.text).toContain("Many 49");
    const next = /href="([^"]+)" rel="next"/.exec(first.text)![1]!.replaceAll("&amp;", "&");
    const second = await ada.get(next);
    expect(second.text).toContain("Many 51");
    expect(second.text).not.toContain("Many 49");
  });
});

describe("workers who are no admins", () => {
  test("see services read-only, without settings", async () => {
    const { id } = await named("GitHub");
    expect((await cleo.get("/services")).text).not.toContain("/services/library");
    const { status, text } = await cleo.get(`/services/${id}`);
    expect(status).toBe(200);
    expect(text).toContain("Link an account");
    for (const hidden of ["Iv1.abc", "Checklist", `/services/${id}/edit`, `/services/${id}/delete`])
      expect(text).not.toContain(hidden);
  });

  test("open and change nothing", async () => {
    const { id } = await named("GitHub");
    const paths = [
      "/services/library",
      "/services/new?catalog=stripe",
      "/services/build",
      `/services/${id}/edit`,
      `/services/${id}/delete`,
    ];
    for (const path of paths) expect([path, (await cleo.get(path)).status]).toEqual([path, 403]);
    for (const path of paths.slice(1))
      expect([path, (await cleo.post(path, { name: "Mine", typed: "GitHub" })).status]).toEqual([path, 403]);
    expect(await named("Mine")).toBeUndefined();
  });

  test("and strangers are led to sign in", async () => {
    expect((await new Browser(app).get("/services")).location).toBe("/sign-in?next=%2Fservices");
  });

  test.each(["/services/0199aaaa-0000-7000-8000-000000000000", "/services/nonsense"])(
    "%s is not found",
    async (path) => {
      expect((await cleo.get(path)).status).toBe(404);
    },
  );
});
