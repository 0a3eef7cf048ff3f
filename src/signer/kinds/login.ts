import { SignetError } from "../../errors.ts";
import { MASK, type Kind } from "../kind.ts";
import { settingsFields } from "../login/fields.ts";
import { login as renewal, logout } from "../login/login.ts";
import { attach } from "../login/session.ts";
import {
  promptsOf,
  secretSchema,
  secretSchemaFor,
  settingsSchema,
  type Secret,
  type Settings,
} from "../login/settings.ts";
import { promptFacts, promptFields } from "../prompts.ts";

/** A session won with user name and password, kept until it ends and won again then. */
export const login: Kind<Settings, Secret> = {
  id: "login",
  label: "User name and password (login)",
  summary: "Signs in at an address of the provider's and uses the session that it answers with.",
  settings: settingsFields,
  settingsSchema,
  secret: (settings) => promptFields(promptsOf(settings)),
  secretSchema: secretSchema as unknown as Kind<Settings, Secret>["secretSchema"],
  secretSchemaFor,
  sign(request, { session }, settings) {
    if (session === undefined)
      throw new SignetError("needs_reconnect", "This account has not signed in yet. Enter it again.");
    return attach(request, settings, session);
  },
  preview: (request, settings) => attach(request, settings, MASK),
  slots: (settings) => ({ headers: [settings.attach === "cookie" ? "Cookie" : settings.header], query: [], body: [] }),
  sensitive(secret, settings) {
    const { names, open } = promptsOf(settings);
    const hidden = names.filter((name) => !open.includes(name)).map((name) => secret[name]);
    const basic = Buffer.from(`${secret.username}:${secret.password}`, "utf8").toString("base64");
    // Also each cookie of several by itself.
    const cookies = secret.session?.split("; ").map((pair) => pair.slice(pair.indexOf("=") + 1)) ?? [];
    const all = [...hidden, settings.client_secret, secret.session, ...cookies, basic];
    return all.filter((text) => typeof text === "string");
  },
  facts: (secret, settings) => promptFacts(promptsOf(settings), secret),
  controlHosts: (settings) => [
    ...new Set(
      [settings.login_url, settings.logout_url].filter((url) => url !== undefined).map((url) => new URL(url).host),
    ),
  ],
  renewal: () => renewal,
  revoke: logout,
};
