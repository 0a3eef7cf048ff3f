import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { SignetError } from "../../src/errors.ts";
import { refresh as renewal } from "../../src/signer/oauth2/refresh.ts";
import { revoke as revokeGrant } from "../../src/signer/oauth2/revoke.ts";
import { json, newRawServer, text } from "../support/echo.ts";
import { ask, CLIENT_SECRET, newProvider, ROUND, THEN, type Provider } from "./provider.ts";

let provider: Provider;
let held: { access_token: string; refresh_token: string; token_host: string; metadata: Record<string, string> };

beforeAll(async () => {
  provider = await newProvider();
  held = { access_token: "at-1", refresh_token: "rt-1", token_host: provider.echo.host, metadata: { tenant: "7" } };
});
afterAll(() => provider.close());
beforeEach(() => {
  provider.echo.requests.length = 0;
  provider.echo.answer(json({ access_token: "at-2", token_type: "Bearer", expires_in: 60 }));
});

function refresh(settings: object = {}, secret: object = held) {
  return renewal.renew(provider.settings(settings), secret as typeof held, ROUND, ask, THEN);
}

async function refusal(settings: object = {}, secret: object = held): Promise<SignetError> {
  const error = await refresh(settings, secret).then(
    () => undefined,
    (cause: SignetError) => cause,
  );
  expect(error?.name).toBe("SignetError");
  return error!;
}

describe("a refresh", () => {
  test("sends the refresh token to the token endpoint, once, and signs in as the client does", async () => {
    await refresh({
      token_params: { a: "1", grant_type: "forged" },
      refresh_params: { b: "2", refresh_token: "forged" },
    });
    expect(provider.echo.requests).toHaveLength(1);
    expect(provider.echo.last).toMatchObject({ method: "POST", path: "/token" });
    expect(provider.echo.last.header("authorization")).toMatch(/^Basic /);
    expect(provider.form()).toEqual({ a: "1", b: "2", grant_type: "refresh_token", refresh_token: "rt-1" });
  });

  test("repeats the callback address and names the resource where the service says so", async () => {
    await refresh({ repeat_redirect_uri_on_refresh: true, resource: "https://api.example.com", token_auth: "body" });
    expect(provider.form()).toEqual({
      grant_type: "refresh_token",
      refresh_token: "rt-1",
      redirect_uri: ROUND.redirectUri,
      resource: "https://api.example.com",
      client_id: "the client:id",
      client_secret: CLIENT_SECRET,
    });
  });

  test("keeps the old refresh token and what else was known when the answer brings none", async () => {
    const grant = await refresh();
    expect(grant.secret).toEqual({ ...held, access_token: "at-2" });
    expect(grant.refreshable).toBe(true);
    expect(grant.expiresAt).toEqual(new Date("2026-11-05T12:01:00Z"));
    provider.echo.answer(json({ access_token: "at-3", refresh_token: null }));
    expect((await refresh()).secret.refresh_token).toBe("rt-1");
  });

  test("takes a new refresh token when the answer brings one", async () => {
    provider.echo.answer(json({ access_token: "at-2", refresh_token: "rt-2" }));
    expect((await refresh()).secret).toMatchObject({ access_token: "at-2", refresh_token: "rt-2" });
  });

  test("tells of scopes only when the answer does", async () => {
    expect((await refresh()).scopes).toBeUndefined();
    provider.echo.answer(json({ access_token: "at-2", scope: "read" }));
    expect((await refresh()).scopes).toEqual(["read"]);
  });
});

describe("a refresh asks for a person", () => {
  test.each(["invalid_grant", "token_revoked", "bad_refresh_token", "invalid_refresh_token"])(
    "when the provider says %s, with whatever status",
    async (error) => {
      for (const status of [200, 400, 401]) {
        provider.echo.answer(json({ error, error_description: "words-of-a-stranger" }, status));
        const told = await refusal();
        expect(told.code).toBe("needs_reconnect");
        expect(told.message).toBe("The provider no longer accepts this sign-in. Reconnect to continue.");
      }
    },
  );

  test("when there is no refresh token, and then asks no provider", async () => {
    expect((await refusal({}, { access_token: "at-1" })).code).toBe("needs_reconnect");
    expect(provider.echo.requests).toHaveLength(0);
  });

  test("when the token endpoint moved to another host: the token goes to no other than issued it", async () => {
    for (const token_host of ["provider.example", `127.0.0.1:${provider.echo.port + 1}`, "127.0.0.1"]) {
      expect((await refusal({}, { ...held, token_host })).code).toBe("needs_reconnect");
    }
    expect(provider.echo.requests).toHaveLength(0);
  });
});

describe("a refresh that fails for now", () => {
  test.each([500, 502, 503, 504])("may be tried again after a %i, whatever the provider says", async (status) => {
    provider.echo.answer(json({ error: "invalid_grant" }, status));
    expect((await refusal()).code).toBe("upstream_unreachable");
  });

  test("may be tried again after an error that is not final", async () => {
    for (const [error, status] of [
      ["temporarily_unavailable", 400],
      ["slow_down", 429],
      ["", 403],
    ] as const) {
      provider.echo.answer(json(error === "" ? {} : { error }, status));
      expect((await refusal()).code).toBe("upstream_unreachable");
    }
  });

  test("is the admin's matter when the client is not accepted", async () => {
    for (const error of ["invalid_client", "unauthorized_client"]) {
      provider.echo.answer(json({ error, error_description: "words-of-a-stranger" }, 401));
      const told = await refusal();
      expect(told.code).toBe("upstream_invalid");
      expect(told.message).toContain("client id or secret");
    }
  });

  test("never carries a stranger's text or a token", async () => {
    const answers = [
      json({ error: "words of a stranger", error_description: "words of a stranger" }, 400),
      json({ error: { message: "words of a stranger" } }, 400),
      text("<p>words of a stranger rt-1", "text/html", 400),
      text("words of a stranger rt-1", "application/json", 200),
      json({ access_token: "words of a stranger" }),
    ];
    for (const answer of answers) {
      provider.echo.answer(answer);
      const told = await refusal();
      expect(told.code).not.toBe("needs_reconnect");
      expect(`${told.stack}`).not.toMatch(/stranger|rt-1/);
    }
  });

  test("passes on what the sender says of a provider that can not be reached", async () => {
    const dead = await newRawServer((socket) => socket.destroy());
    const settings = { token_url: `${dead.url}/token` };
    await expect(refresh(settings, { ...held, token_host: dead.host })).rejects.toThrow("fetch failed");
    await dead.close();
  });
});

describe("a grant is revoked", () => {
  const revoke = (settings: object, secret: object = held) =>
    revokeGrant(provider.settings(settings), secret as typeof held, ask, THEN);

  const revokeOn = (more: object = {}) => ({ revoke_url: `${provider.echo.url}/revoke`, ...more });

  test("by its refresh token, which ends all of it, then by its access token, with the client signed in", async () => {
    provider.echo.answer((_request, response) => response.writeHead(200).end());
    const before = provider.echo.requests.length;
    expect(await revoke(revokeOn())).toBe(true);
    expect(provider.echo.requests.length).toBe(before + 2);
    for (const [at, token] of [
      [before, "rt-1"],
      [before + 1, "at-1"],
    ] as const) {
      const sent = provider.echo.requests[at]!;
      expect(sent).toMatchObject({ method: "POST", path: "/revoke" });
      expect(sent.header("authorization")).toMatch(/^Basic /);
      expect(sent.body.toString()).toBe(`token=${token}`);
    }
  });

  test("also when the provider no longer knows the access token, because the grant has ended already", async () => {
    provider.echo.answer((request, response) =>
      response.writeHead(request.body.toString() === "token=rt-1" ? 200 : 400).end(),
    );
    expect(await revoke(revokeOn())).toBe(true);
  });

  test("by one of the two where the service says which", async () => {
    provider.echo.answer((_request, response) => response.writeHead(204).end());
    for (const [revoke_tokens, token] of [
      ["refresh", "rt-1"],
      ["access", "at-1"],
    ] as const) {
      const before = provider.echo.requests.length;
      expect(await revoke(revokeOn({ revoke_tokens }))).toBe(true);
      expect(provider.echo.requests.length).toBe(before + 1);
      expect(provider.form()).toEqual({ token });
    }
  });

  test("by its access token when there is no other", async () => {
    await revoke({ revoke_url: `${provider.echo.url}/revoke`, token_auth: "body" }, { access_token: "at-1" });
    expect(provider.form()).toEqual({ token: "at-1", client_id: "the client:id", client_secret: CLIENT_SECRET });
  });

  test("not at all where the provider has no address for it, and says so when the provider refuses", async () => {
    expect(await revoke({})).toBe(false);
    expect(provider.echo.requests).toHaveLength(0);
    for (const status of [400, 401, 503]) {
      provider.echo.answer(json({ error: "x" }, status));
      await expect(revoke({ revoke_url: `${provider.echo.url}/revoke` })).rejects.toMatchObject({
        code: "upstream_invalid",
        message: `The provider answered ${status} to the revocation.`,
      });
    }
  });
});
