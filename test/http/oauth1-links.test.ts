import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { beginLink } from "../../src/accounts/link.ts";
import { addService } from "../../src/services/add.ts";
import { editService } from "../../src/services/edit.ts";
import type { Service } from "../../src/services/service.ts";
import { Browser, type Visit } from "../support/app.ts";
import { newOAuth1Provider, type OAuth1Consent, type OAuth1Provider } from "../support/oauth1-provider.ts";
import { Canary } from "../support/provider-canary.ts";
import { newServed, type Served } from "../support/provider-hub.ts";
import { PASSWORDS } from "../support/world.ts";

// One provider of the old kind, from the first leg to the revocation: it checks every signature by itself.

let served: Served;
let provider: OAuth1Provider;
let service: Service;
let ben: Browser;

beforeAll(async () => {
  served = await newServed();
  provider = await newOAuth1Provider();
  service = await addService(served.hub.ctx(served.people.ada), {
    kind: "oauth1",
    name: "Acme Photos",
    settings: { ...provider.settings, identity_id: "user_id", identity_label: "screen_name" },
    base_url: provider.echo.url,
    test: { url: "/me", identity: { id: "id", label: "name" } },
  });
  ben = await new Browser(served.app).signIn("ben@example.com", PASSWORDS.ben);
});

afterAll(async () => {
  await provider?.close();
  await served?.close();
});

beforeEach(() => {
  provider.clock = () => new Date();
  provider.methods = ["HMAC-SHA1", "HMAC-SHA256"];
  provider.confirms = true;
});

/** What a page says, without its tags. */
const words = (visit: Visit) =>
  visit.text
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .replaceAll("&#39;", "'")
    .replaceAll("&quot;", '"');

const setOut = (name: string, who = ben) => who.post("/accounts/link", { service: service.id, name });

/** Through the provider and back: the link's page. */
async function comeBack(address: string, how: OAuth1Consent, who = ben) {
  const back = await who.get(await provider.consent(address, how));
  expect(back.status).toBe(303);
  return { path: back.location!, page: await who.follow(back) };
}

async function linked(name: string, as: string): Promise<string> {
  const { path } = await comeBack((await setOut(name)).location!, { as });
  const saved = await ben.post(`${path}/save`, { name });
  expect(saved.status).toBe(303);
  return saved.location!.replace("/accounts/", "");
}

const execute = (account: string, request: object) =>
  served.call("POST", "/execute", served.tokens.ben, { account, ...request });

test("links an account, and signs what it is used for", async () => {
  const departed = await setOut("Holidays");
  expect(departed.location).toMatch(new RegExp(`^${provider.echo.url}/oauth/authorize\\?oauth_token=[0-9a-f]{24}$`));
  const { path, page } = await comeBack(departed.location!, { as: "ann" });
  expect(path).toMatch(/^\/links\/[0-9a-f-]{36}$/);
  expect(words(page)).toContain("ann Linked");
  expect((await ben.post(`${path}/save`, { name: "Holidays" })).location).toBe("/accounts/holidays");

  const repeated = await execute("holidays", { url: "/photos?tag=a%20b&tag=c+d&empty", query: { tag: "é*" } });
  expect(repeated.body).toMatchObject({ status: 200, body: { protocol: { oauth_consumer_key: "signet-test" } } });
  const form = await execute("holidays", {
    method: "POST",
    url: "/photos?x=1",
    form: { status: "Hello + Ladies & Gentlemen!", tag: ["b", "a"] },
  });
  expect(form.body).toMatchObject({ status: 200, body: { body: expect.stringContaining("tag=b&tag=a") } });
  expect(provider.last.baseString).toContain("status%3DHello%2520%252B%2520Ladies");
  const json = await execute("holidays", { method: "PUT", url: "/photos/1", body: { title: "Beach" } });
  expect(json.body).toMatchObject({ status: 200, body: { body: '{"title":"Beach"}' } });
  expect(provider.last.baseString).not.toContain("Beach");
});

test("tells whose it is also where the service has no test request", async () => {
  const ctx = served.hub.ctx(served.people.ada);
  const { test: request } = await editService(ctx, service.id, { test: null }).then(() => service);
  try {
    const { page } = await comeBack((await setOut("Untested")).location!, { as: "bea" });
    expect(words(page)).toContain("bea Linked");
  } finally {
    await editService(ctx, service.id, { test: request });
  }
});

test("streams forms and files through the proxy, signed as the provider wants them", async () => {
  const account = await linked("Proxied", "ann");
  const send = (type: string, body: string) =>
    fetch(`${served.app.url}/proxy/${account}/upload?part=1&part=2`, {
      method: "POST",
      headers: { "signet-token": served.tokens.ben, "content-type": type, authorization: "OAuth of-the-sdk" },
      body,
    });
  const form = await send("application/x-www-form-urlencoded", "b=2&a=%C3%A9+x");
  expect([form.status, await form.json()]).toEqual([200, expect.objectContaining({ body: "b=2&a=%C3%A9+x" })]);
  expect(provider.last.baseString).toContain("a%3D%25C3%25A9%2520x");
  const file = await send("application/octet-stream", "x".repeat(2_000_000));
  expect(file.status).toBe(200);
  expect((await send("application/x-www-form-urlencoded", `a=${"x".repeat(1_100_000)}`)).status).toBe(400);
});

test("shows what would be signed, and signs nothing", async () => {
  const account = await linked("Simulated", "ann");
  const before = provider.echo.requests.length;
  const wish = { url: "/photos", query: { b: "2", a: "é" }, simulate: true };
  const { body } = await execute(account, wish);
  expect(provider.echo.requests.length).toBe(before);
  const nonce = /oauth_nonce="([0-9a-f]{32})"/.exec(body.request.headers.authorization)![1];
  expect(body.request.headers.authorization).toMatch(/^OAuth .*oauth_token="•••".*oauth_signature="•••"$/);
  expect(body.explain.signature_method).toBe("HMAC-SHA1");
  expect(body.explain.signing_key).toBe("•••&•••");
  const base = `GET&${encodeURIComponent(`${provider.echo.url}/photos`)}&a%3D%25C3%25A9%26b%3D2%26oauth_consumer_key%3Dsignet-test`;
  expect(body.explain.base_string).toContain(`${base}%26oauth_nonce%3D${nonce}%26`);
  expect(body.explain.base_string).toContain("%26oauth_token%3D•••%26oauth_version%3D1.0");
});

test("a declined consent says so, whatever way it is told, and links at the next try", async () => {
  for (const decline of ["denied", "user_refused", "permission_denied"]) {
    const { path, page } = await comeBack((await setOut("Declined")).location!, { as: "ann", decline });
    expect(words(page), decline).toContain("Consent was declined at the provider. Nothing was saved.");
    const again = await ben.post(`${path}/depart`, { name: "Declined" });
    expect(words((await comeBack(again.location!, { as: "ann" })).page)).toContain("ann Linked");
  }
});

test("a provider that refuses to begin is quoted on the link's page, and links once that is put right", async () => {
  const ctx = served.hub.ctx(served.people.ada);
  const refused = async (): Promise<string> => {
    const departed = await setOut("Begun");
    expect(departed.location).toMatch(/^\/links\//);
    const page = await ben.follow(departed);
    expect(page.text).toContain('value="Begun"');
    expect(words(page)).toContain("Nothing was linked.");
    return words(page);
  };
  provider.clock = () => new Date(Date.now() + 20 * 60_000);
  expect(await refused()).toContain("Signet's clock is 20 minutes behind the provider's.");
  provider.clock = () => new Date();
  provider.methods = ["HMAC-SHA256"];
  expect(await refused()).toContain("An admin can choose HMAC-SHA256");
  provider.methods = ["HMAC-SHA1"];
  provider.confirms = false;
  expect(await refused()).toContain("It must speak OAuth 1.0a");
  provider.confirms = true;
  await editService(ctx, service.id, { settings: { consumer_secret: "mistyped secret" } });
  expect(await refused()).toContain("found the signature wrong");
  await editService(ctx, service.id, { settings: { consumer_secret: provider.settings.consumer_secret } });
  expect(await linked("Begun", "ann")).toBe("begun");
});

test("an answer of another sign-in, a guessed verifier and another state link nothing", async () => {
  const address = (await setOut("Mixed up")).location!;
  const other = new URL((await setOut("Other")).location!).searchParams.get("oauth_token")!;
  const { page } = await comeBack(address, { as: "eve", back: { oauth_token: other } });
  expect(words(page)).toContain("belongs to another sign-in");
  const guessed = await comeBack((await setOut("Guessed")).location!, { as: "eve", back: { oauth_verifier: "x" } });
  expect(words(guessed.page)).toContain("Nothing was linked.");
  const back = await provider.consent((await setOut("Stateless")).location!, { as: "eve", back: { state: "x" } });
  const nowhere = await ben.get(back);
  expect([nowhere.status, nowhere.location]).toEqual([303, "/oauth/nothing-linked"]);
  const twice = await provider.consent((await setOut("Twice")).location!, { as: "eve" });
  expect(words(await ben.follow(await ben.get(`${twice}&oauth_verifier=x`)))).toContain('holds "oauth_verifier" twice');
});

test("somebody without a sign-in is told too why the provider would not begin", async () => {
  const begun = await beginLink(served.hub.ctx(served.people.ben), { service: service.id, name: "Grace's photos" });
  const grace = new Browser(served.app);
  provider.methods = [];
  const departed = await grace.post(`/connect/${begun.token}`);
  expect(departed.location).toBe(`/links/${begun.id}/done`);
  expect(words(await grace.follow(departed))).toContain("does not take HMAC-SHA1");
  provider.methods = ["HMAC-SHA1"];
  const again = await grace.post(`/connect/${begun.token}`);
  const { page } = await comeBack(again.location!, { as: "grace" }, grace);
  expect(words(page)).toContain("Linked as grace");
});

test("a token that somebody brought along signs too, and a refusal says what to do", async () => {
  const plain = await addService(served.hub.ctx(served.people.ada), {
    kind: "oauth1",
    name: "Acme Photos by token",
    settings: {
      consumer_key: provider.settings.consumer_key,
      consumer_secret: provider.settings.consumer_secret,
      signature_method: "HMAC-SHA256",
      in: "query",
    },
    base_url: provider.echo.url,
    test: { url: "/me", identity: { id: "id", label: "name" } },
  });
  const secret = provider.issue("cleo");
  const body = { service: plain.id, name: "Imported", secret };
  expect((await served.call("POST", "/accounts", served.tokens.ben, body)).status).toBe(201);
  const used = await execute("imported", { url: "/photos?a=1" });
  expect(used.body).toMatchObject({
    status: 200,
    body: { path: expect.stringMatching(/^\/photos\?a=1&oauth_consumer_/) },
  });
  expect(used.text).not.toContain(secret.token_secret);

  const test = () => served.call("POST", "/accounts/imported/test", served.tokens.ben);
  expect((await test()).text).toContain("knows it as cleo");
  provider.clock = () => new Date(Date.now() - 3 * 3_600_000);
  expect((await test()).text).toContain("Signet's clock is 3 hours ahead of the provider's.");
  const wrong = { ...body, name: "Wrong", secret: { ...secret, token_secret: "of another token" }, try: true };
  provider.clock = () => new Date();
  const refused = await served.call("POST", "/accounts", served.tokens.ben, wrong);
  expect([refused.status, refused.text]).toEqual([400, expect.stringContaining("belongs to another token")]);
});

test("disconnecting takes the token back at the provider", async () => {
  const account = await linked("Ended", "ann");
  const { body } = await execute(account, { url: "/photos" });
  const before = provider.revoked.length;
  await ben.post(`/accounts/${account}/disconnect`);
  expect(provider.revoked.length).toBe(before + 1);
  expect(body.status).toBe(200);
});

test("no page, answer or column holds a secret of all that", async () => {
  const canary = new Canary();
  canary.plant("consumer secret", String(provider.settings.consumer_secret));
  for (const { kind, value } of provider.seen) {
    // Identifiers go through the browser's address bar by the protocol itself; they are of no use without their secrets.
    if (kind !== "temporary token") canary.plant(kind, value);
  }
  const stop = canary.watch(served.app.url);
  const { path, page } = await comeBack((await setOut("Watched")).location!, { as: "ann" });
  for (const { kind, value } of provider.seen.slice(-5)) if (kind !== "temporary token") canary.plant(kind, value);
  canary.saw("the link's page", page.text);
  await ben.post(`${path}/save`, { name: "Watched" });
  canary.saw("an echo", (await execute("watched", { url: "/photos?echo" })).text);
  for (const address of ["/accounts/watched", "/accounts", path]) canary.saw(address, (await ben.get(address)).text);
  stop();
  await canary.dump(served.hub.world);
  expect(canary.leaks()).toEqual([]);
  expect(canary.kinds).toEqual(["consumer secret", "state", "temporary secret", "token", "token secret", "verifier"]);
});
