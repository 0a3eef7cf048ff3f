import { generateKeyPairSync } from "node:crypto";
import { interactionPolicy, Provider } from "oidc-provider";
import { CLIENT, SCOPE_NAMES } from "./client.ts";
import { errorPage } from "./pages.ts";
import { personOf } from "./people.ts";
import { adapters, type Store } from "./store.ts";

const MINUTE = 60;
const DAY = 86_400;

/** What oidc-provider's hooks are handed; only what is used here. */
interface Ctx {
  type: string;
  body: string;
  set(headers: Record<string, string>): void;
  oidc: { result?: { login?: object; consent?: { grantId?: string } }; provider: Provider };
}

/**
 * The authorization server of Acme CRM: authorization code with PKCE (S256) only, short access tokens, refresh tokens
 * that rotate, revocation. Consent is asked each time. `cookieKey` signs its cookies.
 */
export function acmeProvider(origin: string, callback: string, store: Store, cookieKey: string): Provider {
  return new Provider(origin, {
    adapter: adapters(store),
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [callback],
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        token_endpoint_auth_method: "client_secret_basic",
      },
    ],
    clientDefaults: { id_token_signed_response_alg: "ES256" },
    jwks: { keys: [signingKey()] },
    cookies: { keys: [cookieKey] },
    scopes: SCOPE_NAMES,
    claims: { acr: null, auth_time: null, iss: null, sid: null },
    pkce: { required: () => true },
    responseTypes: ["code"],
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: false },
      revocation: { enabled: true },
    },
    routes: { authorization: "/oauth/authorize", token: "/oauth/token", revocation: "/oauth/revoke" },
    interactions: {
      policy: askingWho(),
      url: (_ctx: Ctx, interaction: { uid: string }) => `/interaction/${interaction.uid}`,
    },
    findAccount: (_ctx: Ctx, id: string) => personOf(id) && { accountId: id, claims: async () => ({ sub: id }) },
    loadExistingGrant: async ({ oidc }: Ctx) => {
      const grantId = oidc.result?.consent?.grantId;
      return grantId === undefined ? undefined : oidc.provider.Grant.find(grantId);
    },
    issueRefreshToken: async () => true,
    expiresWithSession: async () => false,
    rotateRefreshToken: true,
    ttl: {
      AccessToken: 10 * MINUTE,
      AuthorizationCode: MINUTE,
      Grant: 365 * DAY,
      Interaction: 15 * MINUTE,
      RefreshToken: 30 * DAY,
      Session: 60 * MINUTE,
    },
    renderError: async (ctx: Ctx, out: { error: string; error_description?: string }) => {
      const page = errorPage(out.error_description ?? out.error);
      ctx.set(page.headers);
      ctx.body = page.html;
    },
  });
}

/** Asks who is there each time, because a visitor wants to try more than one person. */
function askingWho() {
  const { base, Check } = interactionPolicy;
  const policy = base();
  const check = new Check("who", "Choose whom to be.", ({ oidc }: Ctx) =>
    oidc.result?.login ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT,
  );
  policy.get("login").checks.add(check);
  return policy;
}

/** Signs ID tokens, which nobody asks for; new at each start. */
function signingKey() {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { ...privateKey.export({ format: "jwk" }), use: "sig", alg: "ES256", kid: "demo" };
}
