import { afterAll, beforeAll, expect, test } from "vitest";
import { connectAccount } from "../../src/accounts/connect.ts";
import { execute, type Executed } from "../../src/accounts/execute.ts";
import { addService } from "../../src/services/add.ts";
import { editService } from "../../src/services/edit.ts";
import { newBoundProvider, type BoundProvider } from "../support/bound-provider.ts";
import { certify, family } from "../support/certificates.ts";
import { cast, newWorld, type Cast, type TestWorld } from "../support/world.ts";

// OAuth 2.0 with mutual TLS (RFC 8705), against oidc-provider: the client proves itself to the token endpoint with its
// certificate, and the tokens it gets are good only on connections that show the same one.

const { authority, server, client } = family("Signet");

let hub: TestWorld;
let people: Cast;
let provider: BoundProvider;

beforeAll(async () => {
  hub = await newWorld({ outboundAllow: ["127.0.0.1/32", "::1"] });
  people = await cast(hub.world);
  provider = await newBoundProvider(server, authority, "Signet");
});

afterAll(async () => {
  await provider?.close();
  await hub?.close();
});

test("a token is renewed with the certificate, bound to it, and taken by the API from the same certificate only", async () => {
  const service = await addService(hub.ctx(people.ada), {
    kind: "oauth2",
    name: "Bank",
    settings: {
      authorize_url: `${provider.url}/auth`,
      token_url: `${provider.url}/token`,
      client_id: "signet",
      scopes: ["openid", "offline_access"],
      tls_certificate: client.certificate,
      tls_private_key: client.key,
      tls_ca: authority.certificate,
    },
    base_url: `${provider.url}/api`,
  });
  const ended = { access_token: "ended-long-ago", refresh_token: await provider.refreshToken("ben"), expires_in: 0 };
  const account = await connectAccount(hub.ctx(people.ben), { service: service.id, name: "Ben's bank", secret: ended });
  const send = async () => (await execute(hub.ctx(people.ben), { account: account.id, url: "/me" })) as Executed;

  expect(await send()).toMatchObject({ status: 200, body: { person: "ben", client: "CN=Signet" } });
  expect(provider.asked).toEqual(["CN=Signet"]);
  const row = await hub.ctx().db("accounts").where({ id: account.id }).first();
  const sealed = await hub.world.vault.fetch(hub.world.database.knex, row.secret_id as string);
  const secret = hub.world.vault.open<{ access_token: string }>(sealed!, `account:${account.id}`);
  expect(await provider.bound(secret.access_token, client)).toBe(true);

  // Another certificate of the same authority: the API does not take the token, and the token endpoint no such client.
  const other = certify({ name: "Somebody else", by: authority });
  const settings = { tls_certificate: other.certificate, tls_private_key: other.key };
  await editService(hub.ctx(people.ada), service.id, { settings });
  await expect(send()).rejects.toMatchObject({
    code: "upstream_invalid",
    message: expect.stringMatching(/client id or secret/) as string,
  });
  expect(provider.asked.at(-1)).toBe("CN=Somebody else");

  await editService(hub.ctx(people.ada), service.id, { settings: { tls_certificate: null, tls_private_key: null } });
  await expect(send()).rejects.toMatchObject({ code: "upstream_invalid" });
  expect(provider.asked.at(-1)).toBe("nobody");
});
