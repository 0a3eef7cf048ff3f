import { afterAll, beforeAll, expect, test } from "vitest";
import { Browser, startApp, type App, type Visit } from "../support/app.ts";
import { certify, family } from "../support/certificates.ts";
import { newTlsEcho, type TlsEcho } from "../support/tls-echo.ts";
import { cast, newWorld, PASSWORDS, type TestWorld } from "../support/world.ts";

const { authority, server, client } = family("Signet for Ben");
const soon = certify({ name: "Signet for a week", by: authority, until: new Date(Date.now() + 7 * 86_400_000) });

let hub: TestWorld;
let app: App;
let bank: TlsEcho;
let ada: Browser;
let ben: Browser;

beforeAll(async () => {
  hub = await newWorld({ outboundAllow: ["127.0.0.0/8", "::1"] });
  await cast(hub.world);
  app = await startApp(hub.world);
  bank = await newTlsEcho(server, authority);
  ada = await new Browser(app).signIn("ada@example.com", PASSWORDS.ada);
  ben = await new Browser(app).signIn("ben@example.com", PASSWORDS.ben);
});

afterAll(async () => {
  await bank?.close();
  await app?.close();
  await hub?.close();
});

const words = (visit: Visit) =>
  visit.text
    .replace(/<[^>]*>/g, " ")
    .replaceAll("&#39;", "'")
    .replace(/\s+/g, " ");

test("Ada builds a service whose accounts bring certificates, and Ben's is tried, kept and told of", async () => {
  const test = { "test.method": "GET", "test.url": "/me", "test.identity.label": "client" };
  const form = { name: "Bank", base_url: bank.url, ...test };
  expect((await ada.get("/services/build?kind=mtls")).text).toMatch(/<textarea[^>]*name="settings.tls_ca"/);
  const built = await ada.post("/services/build?kind=mtls", { ...form, "settings.tls_ca": authority.certificate });
  const id = built.location!.split("/").at(-1)!;

  const page = await ben.get(`/accounts/new?service=${id}`);
  expect(page.text).toMatch(/<textarea[^>]*name="secret.private_key"/);
  expect(page.text).not.toContain('name="expires_on"');
  const typed = { service: id, name: "My bank", "secret.certificate": soon.certificate };
  const wrong = await ben.post("/accounts/new", { ...typed, "secret.private_key": client.key });
  expect(wrong.status).toBe(400);
  expect(words(wrong)).toContain("This private key does not belong to the certificate.");
  expect(wrong.text).toContain(soon.certificate.split("\n")[1]);
  expect(wrong.text).not.toContain(client.key.split("\n")[1]);

  const saved = await ben.post("/accounts/new", { ...typed, "secret.private_key": soon.key });
  expect(saved.status, words(saved)).toBe(303);
  const account = await ben.follow(saved);
  expect(words(account)).toContain("My bank is connected. Bank knows it as Signet for a week.");
  expect(words(account)).toContain(`This key ends on ${soon.x509.validToDate.toISOString().slice(0, 10)}.`);
  expect(words(account)).toContain(`Fingerprint (SHA-256) ${soon.x509.fingerprint256}`);
  expect(words(await ben.get("/accounts"))).toMatch(/My bank .* Expiring/);

  const replaced = await ben.post(`${saved.location!}/secret`, {
    "secret.certificate": client.certificate,
    "secret.private_key": client.key,
  });
  expect(words(await ben.follow(replaced))).toContain(`Fingerprint (SHA-256) ${client.x509.fingerprint256}`);
  expect(words(await ben.get("/accounts"))).toMatch(/My bank .* Active/);
});

test("a service of any kind takes a client certificate behind More settings, and tells of it without the key", async () => {
  const form = {
    name: "Gateway",
    base_url: bank.url,
    "settings.tls_ca": authority.certificate,
    "settings.tls_certificate": client.certificate,
  };
  const keyless = await ada.post("/services/build?kind=bearer", form);
  expect(words(keyless)).toContain("Enter the private key of the client certificate, too.");
  expect(keyless.text).toContain(client.certificate.split("\n")[1]);
  const built = await ada.post("/services/build?kind=bearer", { ...form, "settings.tls_private_key": client.key });
  const page = words(await ada.follow(built));
  expect(page).toContain("Client certificate: subject CN=Signet for Ben");
  expect(page).toContain("Private key of the client certificate saved, hidden");
  const edit = await ada.get(`${built.location!}/edit`);
  expect(edit.text).toContain(client.certificate.split("\n")[1]);
  for (const visit of [keyless, edit]) expect(visit.text).not.toContain(client.key.split("\n")[1]);
});
