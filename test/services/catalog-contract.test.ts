import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { baseUrlFor } from "../../src/accounts/account.ts";
import { catalog, fillEntry, type CatalogEntry, type FilledEntry, type Prompt } from "../../src/services/catalog.ts";
import { hostAllowed } from "../../src/services/hosts.ts";
import { fillAll, fillPath } from "../../src/signer/blanks.ts";
import type { Field, Grant } from "../../src/signer/kind.ts";
import { walk } from "../../src/signer/json.ts";
import { oauth2 } from "../../src/signer/kinds/oauth2.ts";
import type { OutgoingRequest } from "../../src/signer/request.ts";
import { CALLBACK, ContractProvider } from "./contract-provider.ts";
import { newWire, type Wire } from "./contract-wire.ts";

// Each entry of the catalog that goes by OAuth 2.0, against a provider made of what the entry itself says: link, call,
// renew, call, revoke. What an entry declares and the client does not do, or does otherwise, is found here.

const THEN = { now: new Date("2026-11-05T12:00:00Z"), nonce: () => "0".repeat(32), challenge: undefined };
const VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const STATE = "a-state-of-more-than-twenty-characters";

const KEY = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({
  type: "pkcs8",
  format: "pem",
}) as string;

let wire: Wire;
beforeAll(async () => {
  wire = await newWire();
});
afterAll(() => wire.close());

const entries = catalog().filter(({ kind }) => kind === "oauth2");

test("there are many of them", () => {
  expect(entries.length).toBeGreaterThan(100);
});

describe.each(entries.map((entry) => ({ key: entry.key, entry })))("$key", ({ entry }) => {
  const given = fillEntry(entry, Object.fromEntries(entry.prompts.map((prompt) => [prompt.key, sample(prompt)])));
  const settings = oauth2.settingsSchema.parse(given.settings);
  const consent = oauth2.consent!(settings);

  const linked = () =>
    test("is linked, called, renewed and revoked as it says of itself", async () => {
      const provider = new ContractProvider(given, settings);
      wire.answer((request) => provider.answer(request));
      const round = { state: STATE, verifier: VERIFIER, redirectUri: CALLBACK };
      const { url, scopes, kept = {} } = await consent!.begin(settings, round, wire.ask, THEN);
      const query = provider.consent(url);
      expect(provider.wrong).toEqual([]);
      consent!.checkReturn(settings, query);
      const back = { query, verifier: VERIFIER, redirectUri: CALLBACK, kept };
      const won = await consent!.finish(settings, back, wire.ask, THEN);
      expect(provider.wrong).toEqual([]);
      expect(won.metadata ?? {}).toEqual(learned(provider, won));
      if (settings.token_in_callback === undefined) expect(won.scopes).toEqual(scopes);
      await called(given, provider, won);

      const lasting = won.refreshable ? await renewed(provider, won) : won;
      expect(lasting.refreshable).toBe(settings.token_in_callback === undefined && !isExchangedForGood());
      await called(given, provider, lasting);

      const revoked = await oauth2.revoke!(settings, lasting.secret, wire.ask, THEN);
      expect(revoked).toBe(settings.revoke_url !== undefined);
      expect(provider.wrong).toEqual([]);
      expect(provider.knows(lasting.secret.access_token!)).toBe(!revoked);
    });

  const entered = () =>
    test("is entered, won, called and won again as it says of itself", async () => {
      const provider = new ContractProvider(given, settings);
      wire.answer((request) => provider.answer(request));
      const renewal = oauth2.renewal!(settings)!;
      const entered = Object.fromEntries(oauth2.secret(settings).map((field) => [field.name, sampleSecret(field)]));
      provider.entered(entered);
      const { secret, ready, renewable } = renewal.accept(entered, settings);
      expect([ready, renewable]).toEqual([false, true]);
      const won = await renewal.renew(settings, secret, { redirectUri: CALLBACK }, wire.ask, THEN);
      await called(given, provider, won);
      const again = await renewal.renew(settings, won.secret, { redirectUri: CALLBACK }, wire.ask, THEN);
      expect(again.secret.access_token).not.toBe(won.secret.access_token);
      await called(given, provider, again);
    });

  if (consent) linked();
  else entered();

  /** A lasting token that nothing renews. */
  function isExchangedForGood(): boolean {
    return settings.exchange_url !== undefined && settings.refresh_with !== "access_token";
  }

  async function renewed(provider: ContractProvider, won: Won): Promise<Won> {
    const round = { redirectUri: CALLBACK };
    const grant = await oauth2.renewal!(settings)!.renew(settings, won.secret, round, wire.ask, THEN);
    expect(provider.wrong).toEqual([]);
    expect(provider.refreshes).toBe(1);
    expect(grant.secret.access_token).not.toBe(won.secret.access_token);
    expect(grant.metadata ?? {}).toEqual(learned(provider, grant));
    return grant;
  }

  async function called({ test: check, ...filled }: FilledEntry, provider: ContractProvider, won: Won): Promise<void> {
    const { method, url, body, identity, success } = check as NonNullable<CatalogEntry["test"]>;
    const service = { kind: entry.kind, settings, baseUrl: filled.base_url ?? null };
    const base = baseUrlFor(service, won);
    expect(base, "base URL").not.toBeNull();
    const target = fillPath(new URL(/^https:/.test(url) ? url : base! + url), won.metadata ?? {});
    expect(hostAllowed(filled.hosts, target, base), target.host).toBe(true);
    const headers = Object.entries(fillAll(filled.headers, won.metadata ?? {}));
    const content = body === undefined ? null : Buffer.from(JSON.stringify(body));
    const request: OutgoingRequest = { method, url: target, headers, body: content };
    const answer = await wire.send(oauth2.sign(request, won.secret, settings, THEN));
    expect(provider.wrong).toEqual([]);
    expect(answer.status).toBe(200);
    const seen: unknown = JSON.parse(answer.text);
    if (identity?.id) expect(walk(seen, identity.id)).toBeDefined();
    if (success) expect(walk(seen, success.path)).toEqual("equals" in success ? success.equals : undefined);
  }
});

type Won = Grant<Parameters<typeof oauth2.facts>[0]>;

function sampleSecret({ name, type }: Field): string {
  return type === "textarea" ? KEY : `sample-${name}`;
}

/** A host may be told by its whole address. */
function learned(provider: ContractProvider, { metadata = {} }: Won): Record<string, string> {
  const told = Object.entries(provider.learned()).map(([name, value]) => {
    const whole = `https://${value}`;
    return [name, metadata[name] === whole ? whole : value];
  });
  return Object.fromEntries(told);
}

/** An answer such as a person could give. */
function sample(prompt: Prompt): string | string[] {
  if (prompt.default !== undefined && prompt.default.length > 0) return prompt.default;
  switch (prompt.type) {
    case "host":
      return "sample.example.com";
    case "url":
      return "https://sample.example.com/path";
    case "choice":
      return prompt.options![0]!.value;
    case "scopes":
      return ["read"];
    case "list":
      return ["sample.example.com"];
    default:
      return `sample-${prompt.key}`;
  }
}
