import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectAccount } from "../../src/accounts/connect.ts";
import { editAccount } from "../../src/accounts/edit.ts";
import { execute, type Executed } from "../../src/accounts/execute.ts";
import { addService } from "../../src/services/add.ts";
import { editService } from "../../src/services/edit.ts";
import type { Service } from "../../src/services/service.ts";
import { certify, family, type Certified } from "../support/certificates.ts";
import { newTlsEcho, type Shown, type TlsEcho } from "../support/tls-echo.ts";
import { cast, newWorld, type Cast, type TestWorld } from "../support/world.ts";

const { authority, server, client } = family("Signet for Ben");
const cleo = certify({ name: "Signet for Cleo", by: authority });
const TOKEN = "tok-canary-4f9a1c77e2b34d58";

let hub: TestWorld;
let people: Cast;
let echo: TlsEcho;

beforeAll(async () => {
  hub = await newWorld({ outboundAllow: ["127.0.0.1/32", "::1"] });
  people = await cast(hub.world);
  echo = await newTlsEcho(server, authority);
});

afterAll(async () => {
  await echo?.close();
  await hub?.close();
});

let count = 0;
const service = (kind: string, settings: object = {}): Promise<Service> =>
  addService(hub.ctx(people.ada), {
    kind,
    name: `Bank ${++count}`,
    settings: { tls_ca: authority.certificate, ...settings },
    base_url: echo.url,
    test: { method: "GET", url: "/me", identity: { label: "client" } },
  });

const connect = (at: Service, secret: Record<string, unknown>, more: object = {}) =>
  connectAccount(hub.ctx(people.ben), { service: at.id, name: "Ben's bank", secret, ...more });

const send = async (account: string) =>
  ((await execute(hub.ctx(people.ben), { account, url: "/balance" })) as Executed).body as Shown;

const pem = (one: Certified) => ({ certificate: one.certificate, private_key: one.key });

describe("an account with a client certificate of its own", () => {
  test("is tried, used, and known by what its certificate says", async () => {
    const account = await connect(await service("mtls"), pem(client), { try: true });
    expect(account.identity.label).toBe("Signet for Ben");
    expect(account.facts).toEqual([
      { label: "Subject", value: "CN=Signet for Ben" },
      { label: "Issuer", value: "CN=Test authority" },
      { label: "Valid until", value: account.expiresOn },
      { label: "Fingerprint (SHA-256)", value: client.x509.fingerprint256 },
    ]);
    expect(account.expiresOn).toBe(client.x509.validToDate.toISOString().slice(0, 10));
    expect(await send(account.slug)).toMatchObject({ client: "Signet for Ben", path: "/balance" });
  });

  test("shows the new certificate from the moment it was replaced", async () => {
    const account = await connect(await service("mtls"), pem(client));
    const before = await send(account.slug);
    const edited = await editAccount(hub.ctx(people.ben), account.id, { secret: pem(cleo), expires_on: "2026-01-01" });
    expect(edited.facts[0]).toEqual({ label: "Subject", value: "CN=Signet for Cleo" });
    expect(edited.expiresOn).toBe(cleo.x509.validToDate.toISOString().slice(0, 10));
    const after = await send(account.slug);
    expect([before.client, after.client]).toEqual(["Signet for Ben", "Signet for Cleo"]);
    expect(after.connection).not.toBe(before.connection);
  });

  test("may come as a PKCS#12 file, of which nothing is kept but certificate and key", async () => {
    const file = readFileSync(join(import.meta.dirname, "../vectors/pkcs12/openssl-aes.p12")).toString("base64");
    const at = await service("mtls");
    const account = await connect(at, { pkcs12: file, passphrase: "vector" });
    expect(account.facts[0]).toEqual({ label: "Subject", value: "CN=vector" });
    const sealed = await hub.world.vault.fetch(hub.world.database.knex, account.secretId);
    const secret = hub.world.vault.open<object>(sealed!, `account:${account.id}`);
    expect(Object.keys(secret).sort()).toEqual(["certificate", "private_key"]);
  });

  test("is not taken when the certificate is over, has not begun, or has another's key", async () => {
    const at = await service("mtls");
    const day = 86_400_000;
    const refused = async (secret: Record<string, unknown>, path: string, sentence: RegExp) => {
      const issues = [{ path: `secret.${path}`, message: expect.stringMatching(sentence) as string }];
      await expect(connect(at, secret)).rejects.toMatchObject({ code: "invalid", issues });
    };
    const over = certify({ name: "x", from: new Date(Date.now() - 9 * day), until: new Date(Date.now() - day) });
    const early = certify({ name: "x", from: new Date(Date.now() + day), until: new Date(Date.now() + 9 * day) });
    await refused(pem(over), "certificate", /^This certificate ended on/);
    await refused(pem(early), "certificate", /^This certificate is valid only from/);
    await refused({ ...pem(client), private_key: cleo.key }, "private_key", /does not belong/);
    await refused({ certificate: client.certificate }, "private_key", /^Enter the private key/);
    await refused({ private_key: client.key }, "certificate", /^Enter the certificate/);
    await refused({ ...pem(client), pkcs12: "AAAA" }, "pkcs12", /not all of them/);
    await refused({ pkcs12: "AAAA" }, "pkcs12", /not a PKCS#12 file/);
  });
});

describe("a service with a client certificate", () => {
  const own = { tls_certificate: client.certificate, tls_private_key: client.key };

  test("shows it for accounts of every other kind, beside their own credential", async () => {
    const account = await connect(await service("bearer", own), { token: TOKEN }, { try: true });
    expect(await send(account.slug)).toMatchObject({
      client: "Signet for Ben",
      authorization: `Bearer ${"*".repeat(27)}`,
    });
    expect(echo.seen.at(-1)!.authorization).toBe(`Bearer ${TOKEN}`);
  });

  test("keeps the key out of sight and the certificate in it", async () => {
    const at = await service("none", own);
    expect(at.settings.tls_certificate).toBe(client.certificate.trim());
    expect(JSON.stringify(at)).not.toContain("PRIVATE KEY");
    expect(at.hidden).toEqual(["tls_private_key"]);
  });

  test("shows another one from the moment it was edited", async () => {
    const at = await service("none", own);
    const account = await connect(at, {});
    expect((await send(account.slug)).client).toBe("Signet for Ben");
    const change = { tls_certificate: cleo.certificate, tls_private_key: cleo.key };
    await editService(hub.ctx(people.ada), at.id, { settings: change });
    expect((await send(account.slug)).client).toBe("Signet for Cleo");
    await editService(hub.ctx(people.ada), at.id, { settings: { tls_certificate: null, tls_private_key: null } });
    await expect(send(account.slug)).rejects.toMatchObject({ code: "upstream_unreachable" });
  });

  test("is not taken when its parts do not fit, each said at its field", async () => {
    const refused = async (settings: object, path: string, sentence: RegExp) => {
      const error = await service("bearer", settings).catch((cause: { issues: object[] }) => cause);
      expect((error as { issues: object[] }).issues).toContainEqual({
        path: `settings.${path}`,
        message: expect.stringMatching(sentence) as string,
      });
    };
    const ended = certify({ name: "x", until: new Date(Date.now() - 1000) });
    await refused({ ...own, tls_private_key: cleo.key }, "tls_private_key", /does not belong/);
    await refused({ tls_certificate: client.certificate }, "tls_private_key", /^Enter the private key/);
    await refused({ tls_private_key: client.key }, "tls_certificate", /^Enter the certificate/);
    await refused({ ...own, tls_ca: "somebody" }, "tls_ca", /^Paste the certificate as PEM/);
    await refused({ tls_certificate: ended.certificate, tls_private_key: ended.key }, "tls_certificate", /ended on/);
    const encrypted = readFileSync(join(import.meta.dirname, "../vectors/pkcs12/key-pbkdf2.pem"), "utf8");
    await refused({ ...own, tls_private_key: encrypted }, "tls_private_key", /without a passphrase/);
  });

  test("lets other things be changed while its certificate is over", async () => {
    const soon = certify({ name: "Soon over", by: authority, until: new Date(Date.now() + 3_600_000) });
    const at = await service("none", { tls_certificate: soon.certificate, tls_private_key: soon.key });
    const later = { ...hub.ctx(people.ada), clock: () => new Date(Date.now() + 7_200_000) };
    expect((await editService(later, at.id, { name: "Old bank" })).name).toBe("Old bank");
  });
});

test("without the private authority the server is not believed, whatever certificate is shown", async () => {
  const at = await service("mtls", { tls_ca: undefined });
  const account = await connect(at, pem(client));
  await expect(send(account.slug)).rejects.toMatchObject({
    code: "upstream_unreachable",
    message: "The provider's certificate can not be verified.",
  });
});
