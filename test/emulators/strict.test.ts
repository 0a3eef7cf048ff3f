import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { GRACE, routes } from "../support/emulators/http.ts";
import { openInternet, type Internet } from "../support/emulators/internet.ts";
import { APP, type Rules } from "../support/emulators/oauth2-rules.ts";
import { OAuth2 } from "../support/emulators/oauth2.ts";
import { consentAt } from "../support/emulators/walk.ts";

// The ground on which providers are emulated forgives nothing; otherwise walking on it would prove nothing.

const CALLBACK = "https://signet.example.com/oauth/callback";
const VERIFIER = "v".repeat(43);
const RULES: Rules = {
  scopes: ["read", "write"],
  client: "either",
  pkce: "supported",
  lifetime: 3600,
  refresh: "rotated",
};
const ASKED = {
  response_type: "code",
  client_id: APP.id,
  redirect_uri: CALLBACK,
  state: "s".repeat(32),
  scope: "read",
  code_challenge: createHash("sha256").update(VERIFIER).digest("base64url"),
  code_challenge_method: "S256",
};

let internet: Internet;
let time = new Date();
let server: OAuth2;
let rules: Rules;
beforeAll(async () => {
  internet = await openInternet();
  const now = (name: "authorize" | "token") => (call: Parameters<OAuth2["token"]>[0]) => server[name](call);
  internet.host("provider.example", routes({ "GET /authorize": now("authorize"), "POST /token": now("token") }));
});
afterAll(() => internet?.close());
beforeEach(() => {
  rules = { ...RULES };
  server = new OAuth2({ internet, clock: () => time, callback: CALLBACK }, rules);
});

const authorize = (more: Record<string, string | undefined> = {}) =>
  `https://provider.example/authorize?${new URLSearchParams(given({ ...ASKED, ...more })).toString()}`;

/** What Grace's browser brings back. */
async function back(more: Record<string, string | undefined> = {}): Promise<URLSearchParams> {
  return new URL(await consentAt(authorize(more), { as: GRACE })).searchParams;
}

async function ask(fields: Record<string, string | undefined>, headers: Record<string, string> = {}) {
  const body = new URLSearchParams(given(fields));
  const answer = await fetch("https://provider.example/token", { method: "POST", body, headers });
  return (await answer.json()) as Record<string, string>;
}

const client = { client_id: APP.id, client_secret: APP.secret };
const trade = async (more: Record<string, string | undefined> = {}) => ({
  ...client,
  grant_type: "authorization_code",
  code: (await back()).get("code")!,
  redirect_uri: CALLBACK,
  code_verifier: VERIFIER,
  ...more,
});

describe("the page of consent", () => {
  test("stays where it is for a client, a callback address or a secret that do not belong there", async () => {
    const wrong = [{ client_id: "other" }, { redirect_uri: `${CALLBACK}/` }, { client_secret: APP.secret }];
    for (const more of wrong) await expect(back(more)).rejects.toThrow("The provider answered 400");
    await expect(consentAt(`${authorize()}&state=twice`, {})).rejects.toThrow("A parameter came twice.");
  });

  test("sends back what else is wrong", async () => {
    expect((await back({ response_type: "token" })).get("error")).toBe("unsupported_response_type");
    expect((await back({ scope: "read admin" })).get("error")).toBe("invalid_scope");
    for (const more of [{ state: "short" }, { code_challenge_method: "plain" }, { code_challenge: "short" }])
      expect((await back(more)).get("error")).toBe("invalid_request");
    Object.assign(rules, { pkce: "refused" });
    expect((await back()).get("error")).toBe("invalid_request");
    Object.assign(rules, { pkce: "required" });
    expect((await back({ code_challenge: undefined })).get("error")).toBe("invalid_request");
  });
});

describe("the token endpoint", () => {
  test("takes a code once, and takes back what it gave when it comes again", async () => {
    const form = await trade();
    const { access_token: token } = await ask(form);
    expect(server.grantOf(token)?.person).toBe(GRACE);
    expect((await ask(form)).error).toBe("invalid_grant");
    expect(server.grantOf(token)).toBeUndefined();
  });

  test("refuses another callback address, another verifier, or a verifier that nobody announced", async () => {
    expect((await ask(await trade({ redirect_uri: "https://other.example" }))).error).toBe("redirect_uri_mismatch");
    expect((await ask(await trade({ code_verifier: "w".repeat(43) }))).error).toBe("invalid_grant");
    expect((await ask(await trade({ code_verifier: undefined }))).error).toBe("invalid_grant");
    const code = (await back({ code_challenge: undefined, code_challenge_method: undefined })).get("code")!;
    expect((await ask(await trade({ code }))).error).toBe("invalid_grant");
  });

  test("wants the client presented once, and the way it says", async () => {
    const basic = { authorization: `Basic ${Buffer.from(`${APP.id}:${APP.secret}`).toString("base64")}` };
    const without = { client_id: undefined, client_secret: undefined };
    expect((await ask(await trade(), basic)).error).toBe("invalid_client");
    expect((await ask(await trade({ client_secret: "wrong" }))).error).toBe("invalid_client");
    expect((await ask(await trade(without), basic)).access_token).toBeDefined();
    Object.assign(rules, { client: "body" });
    expect((await ask(await trade(without), basic)).error).toBe("invalid_client");
    Object.assign(rules, { client: "basic" });
    expect((await ask(await trade())).error).toBe("invalid_client");
  });

  test("takes a rotated refresh token once, and ends what it replaces", async () => {
    const first = await ask(await trade());
    const renewal = { ...client, grant_type: "refresh_token", refresh_token: first.refresh_token };
    const second = await ask(renewal);
    expect(server.grantOf(first.access_token)).toBeUndefined();
    expect(server.grantOf(second.access_token)?.person).toBe(GRACE);
    expect((await ask(renewal)).error).toBe("invalid_grant");
    time = new Date(time.getTime() + 3_600_001);
    expect([server.grantOf(second.access_token), server.hasEnded(second.access_token)]).toEqual([undefined, true]);
  });

  test("takes no code of eleven minutes ago, no form in the address, and no other grant", async () => {
    const late = await trade();
    time = new Date(time.getTime() + 660_000);
    expect((await ask(late)).error).toBe("invalid_grant");
    expect((await ask({ ...client, grant_type: "password" })).error).toBe("unsupported_grant_type");
    const answer = await fetch("https://provider.example/token?grant_type=refresh_token", { method: "POST" });
    expect(((await answer.json()) as { error: string }).error).toBe("invalid_request");
  });
});

test("there is no other internet than the emulators'", async () => {
  await expect(fetch("https://other.example/")).rejects.toMatchObject({ cause: { code: "ENOTFOUND" } });
  expect((await fetch(authorize())).status).toBe(200);
});

/** Without what is undefined. */
function given(fields: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
