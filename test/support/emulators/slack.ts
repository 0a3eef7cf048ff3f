import { json, type Answer } from "../echo.ts";
import { behind, formOf, jsonOf, random, routes, tokenOf, type Call, type Ground, type Person } from "./http.ts";
import type { Grant } from "./oauth2-rules.ts";
import { OAuth2 } from "./oauth2.ts";

// Slack: OAuth v2 with bot and user tokens, and the Web API (docs.slack.dev/authentication).

const TEAM = { id: "T061EG9R6", name: "Acme" };
const BOT = { id: "U0KRQLJ9H", name: "signet" };
const USER_SCOPES = ["chat:write", "users:read", "channels:read", "search:read"];
const CHANNELS = ["general", "random", "moths"].map((name, index) => ({ id: `C${index + 1}`, name, num_members: 3 }));
const MESSAGE = { type: "message", user: "U1", text: "Found a moth.", ts: "1503435956.000247" };
const MEMBERS = [
  { id: "U1", name: "grace", real_name: "Grace Hopper", profile: { email: "grace@acme.example" } },
  { id: "U2", name: "signet", is_bot: true, profile: {} },
  { id: "U3", name: "gone", deleted: true, profile: {} },
];
const ROTATED_SECONDS = 43_200;
/** What oauth.v2.access calls the errors of RFC 6749. */
const ERRORS: Record<string, string> = {
  invalid_client: "bad_client_secret",
  invalid_grant: "invalid_code",
  redirect_uri_mismatch: "bad_redirect_uri",
  unsupported_grant_type: "invalid_grant_type",
};

/** Whom a token speaks for, and what it may. */
interface Speaker {
  grant: Grant;
  scopes: string[];
  user: { id: string; name: string };
}

export function emulateSlack(ground: Ground) {
  const installed = new Map<string, Speaker>();
  const speakers = new Map<string, { speaker: Speaker; until: number }>();
  const refreshTokens = new Map<string, Speaker>();
  /** An app setting that can not be turned off again: tokens end after twelve hours. */
  let rotation = false;

  const oauth = new OAuth2(ground, {
    scopes: [
      "chat:write",
      "channels:read",
      "users:read",
      "channels:history",
      "files:read",
      "reactions:write",
      "users:read.email",
    ],
    between: ",",
    client: "either",
    pkce: "refused",
    refresh: "never",
    objection: (asked) => {
      const scopes = split(asked.get("user_scope"));
      if (scopes.length === 0 && !asked.get("scope")) return "No scopes were asked for.";
      return scopes.every((scope) => USER_SCOPES.includes(scope)) ? undefined : "invalid_scope";
    },
    refuse: (error) => [{ ok: false, error: ERRORS[error] ?? error }, 200],
    shape: (grant) => installation(grant),
    others: (type, form) => (type === "refresh_token" && rotation ? renewed(form) : undefined),
  });

  const installation = (grant: Grant) => {
    const bot = grant.scopes.length === 0 ? {} : tokenFor({ grant, scopes: grant.scopes, user: BOT }, "xoxb-", "bot");
    const userScopes = split(grant.asked.get("user_scope"));
    const person = { id: userId(grant.person), name: nameOf(grant.person) };
    const user = userScopes.length === 0 ? {} : tokenFor({ grant, scopes: userScopes, user: person }, "xoxp-", "user");
    const app = { app_id: "A0KRD7HC3", team: TEAM, enterprise: null, is_enterprise_install: false };
    const bots = grant.scopes.length === 0 ? {} : { bot_user_id: BOT.id };
    return { ok: true, ...bot, ...bots, ...app, authed_user: { id: person.id, ...user } };
  };

  const tokenFor = (speaker: Speaker, prefix: string, token_type: string) => {
    const access_token = random(prefix);
    const until = rotation ? ground.clock().getTime() + ROTATED_SECONDS * 1000 : Infinity;
    speakers.set(access_token, { speaker, until });
    installed.set(access_token, speaker);
    const answer = { access_token, token_type, scope: speaker.scopes.join(",") };
    if (!rotation) return answer;
    const refresh_token = random("xoxe-1-");
    refreshTokens.set(refresh_token, speaker);
    return { ...answer, expires_in: ROTATED_SECONDS, refresh_token };
  };

  /** A refresh token is good once. The new token is at the top, whoever it speaks for. */
  const renewed = (form: URLSearchParams) => {
    const speaker = refreshTokens.get(form.get("refresh_token") ?? "");
    if (!speaker) return [{ ok: false, error: "invalid_refresh_token" }, 200] as const;
    refreshTokens.delete(form.get("refresh_token")!);
    const bot = speaker.user === BOT;
    return [
      { ok: true, ...tokenFor(speaker, bot ? "xoxe.xoxb-1-" : "xoxe.xoxp-1-", bot ? "bot" : "user"), team: TEAM },
      200,
    ] as const;
  };

  const api = (needed: string | null, answer: (call: Call, speaker: Speaker) => Answer) => (call: Call) => {
    const other = call.request.header("authorization") === undefined ? formOf(call.request)?.get("token") : undefined;
    const token = tokenOf(call.request) ?? other ?? undefined;
    const known = speakers.get(token ?? "");
    if (token === undefined) return said("not_authed");
    if (!known) return said(installed.has(token) ? "token_revoked" : "invalid_auth");
    if (known.until <= ground.clock().getTime()) return said("token_expired");
    const { speaker } = known;
    if (needed !== null && !speaker.scopes.includes(needed))
      return json({ ok: false, error: "missing_scope", needed, provided: speaker.scopes.join(",") });
    return answer(call, speaker);
  };

  const end = (speaker: Speaker) => {
    for (const [token, one] of speakers) if (one.speaker === speaker) speakers.delete(token);
    for (const [token, one] of refreshTokens) if (one === speaker) refreshTokens.delete(token);
  };

  ground.internet.host(
    "slack.com",
    routes(
      {
        "GET /oauth/v2/authorize": oauth.authorize,
        "POST /api/oauth.v2.access": oauth.token,
        "POST /api/auth.test": api(null, (_call, { user }) =>
          json({
            ok: true,
            url: "https://acme.slack.com/",
            team: TEAM.name,
            team_id: TEAM.id,
            user: user.name,
            user_id: user.id,
          }),
        ),
        "POST /api/chat.postMessage": api("chat:write", ({ request }, { user }) => {
          const message = jsonOf(request) ?? Object.fromEntries(formOf(request) ?? []);
          if (message.channel === undefined || message.channel === "C404") return said("channel_not_found");
          if (!message.text) return said("no_text");
          return json({
            ok: true,
            channel: message.channel,
            ts: "1503435956.000247",
            message: { text: message.text, user: user.id },
          });
        }),
        "GET /api/conversations.list": api("channels:read", ({ query }) => {
          const { items, next } = behind(CHANNELS, query.get("cursor"), 2);
          return json({ ok: true, channels: items, response_metadata: { next_cursor: next ?? "" } });
        }),
        "GET /api/conversations.history": api("channels:history", ({ query }) =>
          query.get("channel") === "C1"
            ? json({ ok: true, messages: [MESSAGE], has_more: false })
            : said("channel_not_found"),
        ),
        "GET /api/users.list": api("users:read", () => json({ ok: true, members: MEMBERS })),
        "GET /api/users.lookupByEmail": api("users:read.email", ({ query }) =>
          query.get("email") === "grace@acme.example" ? json({ ok: true, user: MEMBERS[0] }) : said("users_not_found"),
        ),
        "POST /api/auth.revoke": api(null, ({ request }, speaker) => {
          oauth.revoked.push(tokenOf(request) ?? "");
          end(speaker);
          return json({ ok: true, revoked: true });
        }),
      },
      () => said("unknown_method"),
    ),
  );

  return {
    oauth,
    turnRotationOn: () => (rotation = true),
    /** An admin of the workspace removes the app. */
    uninstall: () => [...installed.values()].forEach(end),
  };
}

/** Nearly every failure comes with 200. */
function said(error: string): Answer {
  return json({ ok: false, error });
}

function split(scopes: string | null): string[] {
  return (scopes ?? "").split(",").filter(Boolean);
}

function userId({ id }: Person): string {
  return `U${id}`;
}

function nameOf({ name }: Person): string {
  return name.split(" ")[0]!.toLowerCase();
}
