import { SignetError } from "../../errors.ts";
import type { Ask, Renewal } from "../kind.ts";
import { fillAddress, fillAll, fillJson, type Blanks } from "../blanks.ts";
import { labelOf } from "../prompts.ts";
import { readJson, refusalOf, termsOf } from "../won.ts";
import { attach, metadataIn, sessionIn } from "./session.ts";
import { formFields, promptsOf, type Secret, type Settings } from "./settings.ts";

/** Trades user name and password for a session, in the way that the service's settings describe. */
export const login: Renewal<Settings, Secret> = {
  accept({ session: _session, metadata: _metadata, ...entered }, settings) {
    return { secret: { ...entered, login_host: hostOf(settings) }, ready: false, renewable: true };
  },

  async renew(settings, secret, _round, ask, circumstances) {
    if (secret.login_host !== hostOf(settings))
      throw new SignetError(
        "needs_reconnect",
        "The service's login address moved to another host since this account was entered. Enter it again to continue.",
      );
    const answer = await ask(loginRequest(settings, secret));
    if (answer.status >= 400) throw refusalOf(answer, "login", credentials(settings));
    const session = sessionIn(settings, answer);
    // Some say no with a friendly status. To try again and again would lock the account there.
    if (session === undefined)
      throw new SignetError(
        "needs_reconnect",
        `The answer to the login (${answer.status}) holds no session where the service expects one. Check the ${credentials(settings)} and enter it again, or ask an admin to correct the service.`,
      );
    const body = readJson(answer.text);
    const metadata = metadataIn(settings, body);
    return {
      secret: { ...secret, session, ...(metadata === undefined ? {} : { metadata }) },
      scopes: undefined,
      refreshable: true,
      ...termsOf(body, settings, circumstances.now),
    };
  },
};

/** Ends the session at the provider; false where there is no address for it. Throws when the provider refuses. */
export async function logout(settings: Settings, secret: Secret, ask: Ask): Promise<boolean> {
  if (settings.logout_url === undefined || secret.session === undefined) return false;
  const { logout_method: method, logout_url: url } = settings;
  const plain = { method, url: new URL(url), headers: [], body: null };
  const headers = Object.fromEntries(attach(plain, settings, secret.session).headers);
  const { status } = await ask({ method, url, headers });
  // A session that has ended by itself needs no logout.
  if (status >= 400 && status !== 401 && status !== 404)
    throw new SignetError("upstream_invalid", `The provider answered ${status} to the logout.`);
  return true;
}

/** As in URL.host. */
function hostOf(settings: Settings): string {
  return new URL(settings.login_url).host;
}

function loginRequest(settings: Settings, secret: Secret): Parameters<Ask>[0] {
  const { names } = promptsOf(settings);
  const entered = Object.fromEntries(names.map((name) => [name, secret[name] as string | undefined]));
  const blanks: Blanks = { ...entered, client_secret: settings.client_secret };
  const url = fillAddress(settings.login_url, blanks);
  const body = settings.body === undefined ? {} : bodyOf(settings, settings.body, blanks);
  if (url === undefined || body === undefined || names.some((name) => entered[name] === undefined))
    throw new SignetError(
      "needs_reconnect",
      `The service asks for more than this account has. Enter the ${credentials(settings)} again.`,
    );
  const basic = Buffer.from(`${entered.username}:${entered.password}`, "utf8").toString("base64");
  const headers = {
    accept: "application/json",
    ...(settings.login_auth === "basic" ? { authorization: `Basic ${basic}` } : {}),
    ...fillAll(settings.login_headers, blanks),
  };
  return { method: settings.method, url, headers, ...body };
}

function bodyOf(settings: Settings, body: string, blanks: Blanks) {
  if (settings.body_format === "form") return { form: fillAll(formFields(body), blanks) };
  const json = fillJson(JSON.parse(body), blanks);
  return json === undefined ? undefined : { json };
}

/** What the login is made of, as it is called here. */
function credentials(settings: Settings): string {
  const prompts = promptsOf(settings);
  return prompts.names.map((name) => labelOf(prompts, name).toLowerCase()).join(" and ");
}
