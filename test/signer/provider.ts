import type { Ask, Circumstances, Consent } from "../../src/signer/kind.ts";
import { consent as oauth2Consent } from "../../src/signer/oauth2/consent.ts";
import { settingsSchema, type Settings } from "../../src/signer/oauth2/settings.ts";
import type { Secret } from "../../src/signer/oauth2/token-answer.ts";
import { newEcho, type Answer, type Echo } from "../support/echo.ts";

export const NOW = new Date("2026-11-05T12:00:00Z");
export const CLIENT_SECRET = "Zq0Lm4Xv7Rn2Kt9B:&é w+/=";
export const ROUND = {
  query: { code: "the-code" },
  verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
  redirectUri: "https://signet.example/oauth/callback",
  kept: {},
};

export const consent: Consent<Settings, Secret> = oauth2Consent;

/** Circumstances in which nothing is left to chance. */
export const THEN: Circumstances = { now: NOW, nonce: () => "0123456789abcdef0123456789abcdef", challenge: undefined };

/** Sends over real sockets; what leaves is what the provider sees. */
export const ask: Ask = async ({ method, url, headers = {}, form, json }) => {
  const body = form ? new URLSearchParams(form) : json === undefined ? null : JSON.stringify(json);
  const typed = json === undefined ? headers : { "content-type": "application/json", ...headers };
  const response = await fetch(url, { method, headers: typed, body, redirect: "manual" });
  const cookies = response.headers.getSetCookie();
  const received = { ...Object.fromEntries(response.headers), ...(cookies.length > 0 && { "set-cookie": cookies }) };
  return { status: response.status, headers: received, text: await response.text() };
};

/** A provider on loopback, and the settings of a service there. */
export interface Provider {
  echo: Echo;
  settings(more?: object): Settings;
  /** The form that the token endpoint received last. */
  form(): Record<string, string>;
  close(): Promise<void>;
}

export async function newProvider(answer?: Answer): Promise<Provider> {
  const echo = await newEcho(answer);
  return {
    echo,
    settings: (more = {}) =>
      settingsSchema.parse({
        authorize_url: `${echo.url}/authorize`,
        token_url: `${echo.url}/token`,
        client_id: "the client:id",
        client_secret: CLIENT_SECRET,
        ...more,
      }),
    form: () => Object.fromEntries(new URLSearchParams(echo.last.body.toString())),
    close: () => echo.close(),
  };
}
