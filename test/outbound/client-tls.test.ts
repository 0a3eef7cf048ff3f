import { afterEach, describe, expect, test } from "vitest";
import { parseAllowList } from "../../src/outbound/address-guard.ts";
import { Control } from "../../src/outbound/control.ts";
import type { ClientCertificate } from "../../src/signer/kind.ts";
import { certify, family, type Certified } from "../support/certificates.ts";
import { newTlsEcho, type Shown } from "../support/tls-echo.ts";
import { closing, collect, request, transport, type Collected } from "./collect.ts";

const clean = closing();
afterEach(clean.all);

const { authority, server, client } = family("Ben");
const cleo = certify({ name: "Cleo", by: authority });

const identity = (one: Certified | undefined, authorities?: Certified): ClientCertificate => ({
  certificate: one?.certificate,
  key: one?.key,
  authorities: authorities?.certificate,
});

const shown = (answer: Collected) => JSON.parse(answer.body.toString()) as Shown;

describe("a signed request", () => {
  test("shows the certificate it was given, to a server of the private authority", async () => {
    const echo = clean.later(await newTlsEcho(server, authority));
    const answer = await collect(transport(clean), request(`${echo.url}/a?b=1`), {
      certificate: identity(client, authority),
    });
    expect(answer.events).toEqual(["head", "data", "end"]);
    expect(shown(answer)).toMatchObject({ client: "Ben", method: "GET", path: "/a?b=1" });
  });

  test("without a certificate is refused by such a server, in words that say so", async () => {
    const echo = clean.later(await newTlsEcho(server, authority));
    const send = async (one: Certified | undefined) =>
      (await collect(transport(clean), request(echo.url), { certificate: identity(one, authority) })).error;
    expect(await send(undefined)).toMatchObject({
      code: "upstream_unreachable",
      message: "The provider refused the connection's client certificate, or wants one.",
    });
    // A stranger's certificate makes this server close without a word.
    expect(await send(certify({ name: "Eve" }))).toMatchObject({ code: "upstream_unreachable" });
    expect(echo.seen).toEqual([]);
  });

  test("never goes to a server whose certificate does not hold, whatever it shows itself", async () => {
    const elsewhere = certify({ name: "elsewhere", hosts: ["elsewhere.example.com"], by: authority });
    const ended = certify({
      name: "localhost",
      hosts: ["localhost"],
      by: authority,
      until: new Date(Date.now() - 1000),
    });
    const stranger = certify({ name: "localhost", hosts: ["localhost"] });
    for (const [own, trusted] of [
      [server, undefined],
      [elsewhere, authority],
      [ended, authority],
      [stranger, authority],
    ] as const) {
      const echo = clean.later(await newTlsEcho(own));
      const answer = await collect(transport(clean), request(echo.url), { certificate: identity(client, trusted) });
      expect(answer.error?.message).toBe("The provider's certificate can not be verified.");
      expect(echo.seen).toEqual([]);
    }
  });

  test("shares connections with others of the same certificate, and none with another's", async () => {
    const echo = clean.later(await newTlsEcho(server, authority));
    const out = transport(clean);
    // Opened anew from the vault, the same certificate is another object.
    const send = async (one: Certified, partition = "account") => {
      const certificate = identity(one, authority);
      return shown(await collect(out, request(echo.url), { certificate, partition }));
    };
    const several = async (one: Certified, partition?: string) => {
      const answers: Shown[] = [];
      for (let count = 0; count < 5; count++) answers.push(await send(one, partition));
      return { clients: new Set(answers.map((one) => one.client)), on: new Set(answers.map((one) => one.connection)) };
    };
    const rounds = [await several(client), await several(cleo), await several(client), await several(client, "other")];
    expect(rounds.map(({ clients }) => [...clients])).toEqual([["Ben"], ["Cleo"], ["Ben"], ["Ben"]]);
    for (const { on } of rounds) expect(on.size).toBeLessThan(5);
    const all = rounds.flatMap(({ on }) => [...on]);
    expect(new Set(all).size).toBe(all.length);
  });
});

describe("a call to a provider's own endpoint", () => {
  const asking = (host: string, certificate?: ClientCertificate) =>
    new Control(parseAllowList(["127.0.0.0/8", "::1"])).to([host], certificate);

  test("shows the certificate as well", async () => {
    const echo = clean.later(await newTlsEcho(server, authority));
    const ask = asking(echo.host, identity(client, authority));
    const { status, text } = await ask({ method: "POST", url: `${echo.url}/token`, form: { a: "b" } });
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ client: "Ben", path: "/token", body: "a=b" });
  });

  test("is refused without one, and never goes to a server that can not be verified", async () => {
    const echo = clean.later(await newTlsEcho(server, authority));
    const call = { method: "GET", url: echo.url } as const;
    await expect(asking(echo.host, identity(undefined, authority))(call)).rejects.toMatchObject({
      code: "upstream_unreachable",
      message: "The provider refused the connection's client certificate, or wants one.",
    });
    for (const certificate of [identity(client), undefined]) {
      await expect(asking(echo.host, certificate)(call)).rejects.toMatchObject({
        message: "The provider's certificate can not be verified.",
      });
    }
    expect(echo.seen).toEqual([]);
  });
});
