import { createHash, randomBytes } from "node:crypto";
import { newEcho, json, type Answer, type Echo, type Received } from "./echo.ts";

/** Who consents at the provider, and what they do there. */
export interface Consent {
  /** The identity that signs in. */
  as: string;
  /** Sent back as `error` instead of a code. */
  error?: string;
  /** Granted instead of what was asked for. */
  scope?: string;
}

/** A real OAuth 2.0 authorization server with PKCE, client authentication by Basic, revocation, and an API. */
export interface Provider {
  echo: Echo;
  /** Settings of a service of kind "oauth2" that uses it. */
  settings: Record<string, unknown>;
  /** Tokens that were revoked. */
  revoked: string[];
  /** How often the token endpoint was asked, for codes and for refreshes. */
  exchanges: number;
  /** How often of these for a refresh. */
  refreshes: number;
  /** Every code, state, verifier and token that passed by, by what it is. */
  seen: { kind: string; value: string }[];
  /** Seconds until a token ends. */
  lifetime: number;
  /** What a refresh answers besides the new access token: a new refresh token, or none. */
  rotates: boolean;
  /** Answers the token endpoint in the provider's place; undefined when it answers by itself. */
  instead: Answer | undefined;
  /** Ends an access token before its time. */
  forget(access: string): void;
  /** Makes tokens without a consent, as if somebody had brought them along. */
  issue(as: string): { access_token: string; refresh_token: string };
  /** What a person does on the page at `address`: where their browser is sent then. */
  consent(address: string, how: Consent): Promise<string>;
  close(): Promise<void>;
}

const CLIENT = { id: "signet-test", secret: "canary-client-secret" };

interface Grant {
  as: string;
  scope: string;
  redirectUri: string;
  challenge: string;
}

export async function newProvider(): Promise<Provider> {
  const codes = new Map<string, Grant>();
  const tokens = new Map<string, string>();
  const refreshTokens = new Map<string, Pick<Grant, "as" | "scope">>();
  const echo = await newEcho((request, response) => route(request)(request, response));
  const provider: Provider = {
    echo,
    settings: {
      authorize_url: `${echo.url}/authorize`,
      token_url: `${echo.url}/token`,
      revoke_url: `${echo.url}/revoke`,
      client_id: CLIENT.id,
      client_secret: CLIENT.secret,
      scopes: ["contacts.read", "contacts.write"],
    },
    revoked: [],
    exchanges: 0,
    refreshes: 0,
    seen: [],
    lifetime: 3600,
    rotates: true,
    instead: undefined,
    forget: (access) => void tokens.delete(access),
    issue: (as) => ({ access_token: newAccess(as), refresh_token: newRefresh({ as, scope: "contacts.read" }) }),
    consent: async (address, { as, error, scope }) => {
      const url = new URL(address);
      url.searchParams.set("as", as);
      if (error !== undefined) url.searchParams.set("refuse_with", error);
      if (scope !== undefined) url.searchParams.set("grant_only", scope);
      const answer = await fetch(url, { redirect: "manual" });
      const location = answer.headers.get("location");
      if (location === null) throw new Error(`The provider answered ${answer.status}: ${await answer.text()}`);
      return location;
    },
    close: () => echo.close(),
  };

  function route({ path }: Received): Answer {
    switch (new URL(path, echo.url).pathname) {
      case "/authorize":
        return authorize;
      case "/token":
        return provider.instead ?? token;
      case "/revoke":
        return revoke;
      case "/echo":
        return everything;
      default:
        return me;
    }
  }

  function note(kind: string, value: string): string {
    provider.seen.push({ kind, value });
    return value;
  }

  function newAccess(as: string): string {
    const access = note("access token", `canary-${randomBytes(12).toString("hex")}`);
    tokens.set(access, as);
    return access;
  }

  function newRefresh(grant: Pick<Grant, "as" | "scope">): string {
    const refresh = note("refresh token", `canary-${randomBytes(12).toString("hex")}`);
    refreshTokens.set(refresh, grant);
    return refresh;
  }

  const authorize: Answer = ({ path }, response) => {
    const asked = new URL(path, echo.url).searchParams;
    if (asked.get("client_id") !== CLIENT.id || asked.get("code_challenge_method") !== "S256")
      return response.writeHead(400).end("unknown client, or no PKCE");
    const back = new URL(asked.get("redirect_uri")!);
    back.searchParams.set("state", note("state", asked.get("state")!));
    const refusal = asked.get("refuse_with");
    if (refusal !== null) back.searchParams.set("error", refusal);
    else {
      const code = note("authorization code", randomBytes(16).toString("hex"));
      const scope = asked.get("grant_only") ?? asked.get("scope") ?? "";
      const as = asked.get("as") ?? "nobody@example.com";
      codes.set(code, { as, scope, redirectUri: asked.get("redirect_uri")!, challenge: asked.get("code_challenge")! });
      back.searchParams.set("code", code);
    }
    return response.writeHead(302, { location: back.href }).end();
  };

  const token: Answer = (request, response) => {
    provider.exchanges++;
    const form = new URLSearchParams(request.body.toString("utf8"));
    const basic = `Basic ${Buffer.from(`${CLIENT.id}:${CLIENT.secret}`).toString("base64")}`;
    if (request.header("authorization") !== basic) return json({ error: "invalid_client" }, 401)(request, response);
    if (form.get("grant_type") === "refresh_token") return renew(form)(request, response);
    if (form.get("grant_type") === "password") return signIn(form)(request, response);
    if (!form.has("code")) return json({ error: "invalid_grant" }, 400)(request, response);
    const grant = codes.get(form.get("code") ?? "");
    codes.delete(form.get("code") ?? "");
    const proof = createHash("sha256")
      .update(note("verifier", form.get("code_verifier") ?? ""))
      .digest("base64url");
    if (!grant || proof !== grant.challenge || form.get("redirect_uri") !== grant.redirectUri)
      return json({ error: "invalid_grant" }, 400)(request, response);
    const answer = { access_token: newAccess(grant.as), token_type: "Bearer", expires_in: provider.lifetime };
    return json({ ...answer, scope: grant.scope, refresh_token: newRefresh(grant) })(request, response);
  };

  /** Lets everybody in who has a password. */
  function signIn(form: URLSearchParams): Answer {
    const as = form.get("username") ?? "";
    if (!form.get("password")) return json({ error: "invalid_grant" }, 400);
    const refresh_token = newRefresh({ as, scope: "" });
    return json({ access_token: newAccess(as), token_type: "Bearer", expires_in: provider.lifetime, refresh_token });
  }

  function renew(form: URLSearchParams): Answer {
    provider.refreshes++;
    const old = form.get("refresh_token") ?? "";
    const grant = refreshTokens.get(old);
    if (!grant) return json({ error: "invalid_grant", error_description: `no ${old}` }, 400);
    const answer = { access_token: newAccess(grant.as), token_type: "Bearer", expires_in: provider.lifetime };
    if (!provider.rotates) return json(answer);
    refreshTokens.delete(old);
    return json({ ...answer, refresh_token: newRefresh(grant) });
  }

  const revoke: Answer = (request, response) => {
    provider.revoked.push(new URLSearchParams(request.body.toString("utf8")).get("token") ?? "");
    return json({})(request, response);
  };

  const me: Answer = (request, response) => {
    const as = tokens.get(request.header("authorization")?.replace("Bearer ", "") ?? "");
    if (as === undefined) return json({ error: "unknown token" }, 401)(request, response);
    return json({ id: as, email: as })(request, response);
  };

  return provider;
}

/** Sends all that arrived back, in every form a debugging endpoint might choose. */
const everything: Answer = (request, response) => {
  const values = [...request.headers.map(([, value]) => value), request.path, request.body.toString("utf8")];
  const told = values.flatMap((value) => {
    const bytes = Buffer.from(value, "latin1");
    const shifted = ["", "a", "ab"].map((before) => Buffer.from(before + value, "latin1").toString("base64"));
    const hex = bytes.toString("hex");
    const url = shifted.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"));
    return [value, ...shifted, ...url, hex, hex.toUpperCase(), encodeURIComponent(value), hex.replace(/../g, "%$&")];
  });
  const headers = {
    "x-echo": encodeURIComponent(values.join(" ")),
    "set-cookie": values.map((v, i) => `c${i}=${encodeURIComponent(v)}`),
  };
  json(
    { told, form: Object.fromEntries(new URLSearchParams(request.body.toString("utf8"))) },
    200,
    headers,
  )(request, response);
};
