import { SignetError } from "../../errors.ts";
import type { Consent, Grant } from "../kind.ts";
import { isProblemName } from "./problem.ts";
import type { Settings } from "./settings.ts";
import type { Token } from "./sign.ts";
import { askSigned, readToken } from "./token-request.ts";

/** Ten years: more is a mistake, not a lifetime. */
const MAX_LIFETIME = 315_360_000;

/** Redirection-based authorization (RFC 5849 section 2), in its three steps. */
export const consent: Consent<Settings, Token> = {
  // Section 2.1. The state rides on the callback address, because the protocol has no place of its own for it.
  async begin(settings, round, ask, circumstances) {
    const callback = new URL(round.redirectUri);
    callback.searchParams.set("state", round.state);
    const target = { method: settings.request_token_method, url: settings.request_token_url! };
    const answer = await askSigned(settings, target, undefined, ask, circumstances, [
      ["oauth_callback", callback.href],
    ]);
    const { token, others } = readToken(answer, settings, circumstances.now);
    // Without it the server is of the first edition, in which somebody else's consent can be slipped in.
    if (others.get("oauth_callback_confirmed") !== "true") {
      throw new SignetError(
        "upstream_invalid",
        "The provider did not confirm the callback address, so a sign-in there would not be safe. It must speak OAuth 1.0a (RFC 5849).",
      );
    }
    const url = new URL(settings.authorize_url!);
    for (const [name, value] of Object.entries(settings.authorize_params)) url.searchParams.set(name, value);
    url.searchParams.set("oauth_token", token.token);
    return { url, scopes: [], kept: { ...token } };
  },

  // Section 2.2. A refusal has no form in the RFC: some send `denied`, some a name of Problem Reporting.
  checkReturn(_settings, query) {
    const problem = query.oauth_problem;
    if (query.denied !== undefined || problem === "user_refused" || problem === "permission_denied")
      throw new SignetError("invalid", "Consent was declined at the provider. Nothing was saved.");
    if (problem !== undefined) {
      const name = isProblemName(problem) ? ` (${problem})` : "";
      throw new SignetError("invalid", `The provider refused the sign-in${name}. Nothing was saved.`);
    }
    if (!query.oauth_token || !query.oauth_verifier)
      throw new SignetError("invalid", "The provider sent neither a verifier nor a refusal. Start the link again.");
  },

  // Section 2.3.
  async finish(settings, round, ask, circumstances) {
    const { token, token_secret } = round.kept;
    if (token === undefined || token_secret === undefined || round.query.oauth_token !== token) {
      throw new SignetError(
        "invalid",
        "The answer belongs to another sign-in than the one that was begun here. Start the link again.",
      );
    }
    const target = { method: settings.access_token_method, url: settings.access_token_url! };
    const verifier = ["oauth_verifier", round.query.oauth_verifier!] as const;
    const answer = await askSigned(settings, target, { token, token_secret }, ask, circumstances, [verifier]);
    return toGrant(settings, readToken(answer, settings, circumstances.now), circumstances.now);
  },
};

/** The parameters besides the token are the provider's own; the settings say which are of use. */
function toGrant(
  settings: Settings,
  { token, others }: { token: Token; others: Map<string, string> },
  now: Date,
): Grant<Token> {
  const field = (name: string | undefined) => (name === undefined ? undefined : others.get(name)) || undefined;
  const seconds = Number(others.get("oauth_expires_in") ?? 0);
  const lasts = seconds > 0 && seconds <= MAX_LIFETIME;
  return {
    secret: token,
    scopes: undefined,
    expiresAt: lasts ? new Date(now.getTime() + seconds * 1000) : undefined,
    refreshable: false,
    baseUrl: field(settings.base_url_from),
    identity: {
      id: field(settings.identity_id)?.slice(0, 300) ?? null,
      label: field(settings.identity_label)?.slice(0, 300) ?? null,
    },
  };
}
