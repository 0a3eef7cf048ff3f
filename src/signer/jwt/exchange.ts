import { SignetError } from "../../errors.ts";
import type { Ask, Renewal } from "../kind.ts";
import { fillAddress, fillAll } from "../blanks.ts";
import { readJson, refusalOf, termsOf, tokenAt } from "../won.ts";
import { blanksOf, mint } from "./mint.ts";
import type { Secret, Settings } from "./settings.ts";

/** Trades a JWT for a token: as an assertion (RFC 7523 section 2.1), or as the bearer of a request that answers with one. */
export const exchange: Renewal<Settings, Secret> = {
  accept: ({ token: _none, ...entered }, settings) => ({
    secret: { ...entered, token_host: tokenHost(settings) },
    ready: false,
    renewable: true,
  }),

  async renew(settings, secret, _round, ask, circumstances) {
    const host = tokenHost(settings);
    if (secret.token_host !== host)
      throw new SignetError(
        "needs_reconnect",
        "The service's token address moved to another host since this key was entered. Enter the key again to continue.",
      );
    const purpose = { method: settings.token_method, url: new URL(settings.token_url!) };
    const blanks = blanksOf(secret, purpose, circumstances);
    const url = fillAddress(settings.token_url!, blanks);
    if (url === undefined)
      throw new SignetError("needs_reconnect", "The service asks for more than this account has. Enter the key again.");
    const jwt = mint(settings, secret, { ...purpose, url: new URL(url) }, circumstances);
    const params = fillAll(settings.token_params, { ...blanks, client_secret: settings.client_secret });
    const answer = await ask(tokenRequest(settings, url, jwt, params));
    if (answer.status >= 400) throw refusalOf(answer, "signed request for a token", "key");
    const body = readJson(answer.text);
    const where = settings.token_path ?? (settings.exchange === "assertion" ? "access_token" : "token");
    const token = tokenAt(body, where);
    if (token === undefined) throw new SignetError("upstream_invalid", `The token answer has no usable "${where}".`);
    return {
      secret: { ...secret, token },
      scopes: undefined,
      refreshable: true,
      ...termsOf(body, settings, circumstances.now),
    };
  },
};

/** As in URL.host. */
export function tokenHost(settings: Settings): string | undefined {
  return settings.exchange === "none" ? undefined : new URL(settings.token_url!).host;
}

function tokenRequest(
  settings: Settings,
  url: string,
  jwt: string,
  params: Record<string, string>,
): Parameters<Ask>[0] {
  const headers = { accept: "application/json" };
  if (settings.exchange === "assertion") {
    const grant = { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion: jwt };
    return { method: "POST", url, headers, form: { ...params, ...grant } };
  }
  const json = Object.keys(params).length === 0 ? {} : { json: params };
  return { method: settings.token_method, url, headers: { ...headers, authorization: `Bearer ${jwt}` }, ...json };
}
