import { z } from "zod";
import { SignetError } from "../../errors.ts";
import type { Client, Registered } from "../discovery.ts";
import type { Ask } from "../kind.ts";
import { credential } from "../text.ts";
import { endpoint } from "../shapes.ts";
import { parseJson } from "../json.ts";
import { errorIn } from "./token-answer.ts";

// A client that registers itself (RFC 7591), and takes itself back (RFC 7592).

const METHODS = {
  basic: "client_secret_basic",
  body: "client_secret_post",
  client_secret_jwt: "client_secret_jwt",
  none: "none",
} as const;

/** What a client that wins access like this says that it will use (RFC 7591 section 2). */
const GRANT_TYPES: Record<string, string> = {
  device_code: "urn:ietf:params:oauth:grant-type:device_code",
  jwt_bearer: "urn:ietf:params:oauth:grant-type:jwt-bearer",
};

const answerSchema = z.object({
  client_id: z
    .string()
    .min(1)
    .max(1000)
    .regex(/^[\x20-\x7e]+$/),
  client_secret: credential.max(4000).optional(),
  /** Seconds since 1970; 0 when it does not end. */
  client_secret_expires_at: z.number().min(0).max(8_640_000_000_000).optional(),
  redirect_uris: z.array(z.string()).optional(),
  token_endpoint_auth_method: z.string().optional(),
  registration_access_token: credential.optional(),
  registration_client_uri: endpoint.optional(),
});

/**
 * Registers `client` at the endpoint. What it won, as settings with the client's secret and the token to manage it
 * among them. Throws `upstream_invalid` with a sentence made of known words; `upstream_unreachable` for 5xx.
 */
export async function register(url: string, client: Client, ask: Ask): Promise<Registered> {
  const signIn = String(client.settings.token_auth ?? "basic");
  const grant = String(client.settings.grant ?? "authorization_code");
  if (!Object.hasOwn(METHODS, signIn))
    throw new SignetError("invalid", "A client that signs in with a key of its own is registered by hand.");
  const { status, text } = await ask({
    method: "POST",
    url,
    headers: { accept: "application/json" },
    json: {
      client_name: client.name,
      client_uri: client.home,
      redirect_uris: [client.redirectUri],
      grant_types: [GRANT_TYPES[grant] ?? grant, ...(client.renews ? ["refresh_token"] : [])],
      response_types: grant === "authorization_code" ? ["code"] : [],
      token_endpoint_auth_method: METHODS[signIn as keyof typeof METHODS],
      ...(client.scopes.length > 0 && { scope: client.scopes.join(" ") }),
    },
  });
  if (status >= 500)
    throw new SignetError("upstream_unreachable", `The registration endpoint answered ${status}. Try again later.`);
  const body = parseJson(text);
  if (status !== 200 && status !== 201) throw refused(status, body);
  const parsed = answerSchema.safeParse(body);
  if (!parsed.success)
    throw new SignetError("upstream_invalid", "The registration was answered with no usable client.");
  return toSettings(parsed.data, client, new URL(url).host);
}

/** Takes a registration back, where the server lets clients do so. False when it does not, or not any more. */
export async function unregister(settings: Record<string, unknown>, ask: Ask): Promise<boolean> {
  const { registration_url: url, registration_token: token } = settings;
  if (typeof url !== "string" || typeof token !== "string") return false;
  const { status } = await ask({ method: "DELETE", url, headers: { authorization: `Bearer ${token}` } });
  return status === 204 || status === 200;
}

function toSettings(answer: z.output<typeof answerSchema>, client: Client, host: string): Registered {
  const method = answer.token_endpoint_auth_method;
  const signIn = method === undefined ? client.settings.token_auth : signInOf(method);
  if (answer.redirect_uris !== undefined && !answer.redirect_uris.includes(client.redirectUri))
    throw new SignetError("upstream_invalid", "The server registered another callback address than this hub's.");
  if (signIn !== "none" && answer.client_secret === undefined)
    throw new SignetError("upstream_invalid", "The server registered a client that needs a secret, and gave none.");
  const manage = answer.registration_client_uri;
  // The token that manages the client goes to who registered it, and to nobody they name.
  const managed = manage !== undefined && new URL(manage).host === host && answer.registration_access_token;
  const ends = answer.client_secret_expires_at ?? 0;
  const secretEnds = answer.client_secret !== undefined && ends > 0 ? new Date(ends * 1000) : null;
  return {
    settings: {
      client_id: answer.client_id,
      ...(signIn !== undefined && { token_auth: signIn }),
      // A public client keeps none, even where one was sent along.
      client_secret: signIn === "none" ? undefined : answer.client_secret,
      ...(managed && { registration_url: manage, registration_token: answer.registration_access_token }),
    },
    secretEnds,
  };
}

function signInOf(method: string): string {
  const known = Object.entries(METHODS).find(([, name]) => name === method);
  if (!known)
    throw new SignetError(
      "upstream_invalid",
      "The server registered a client that has to sign in at the token URL in a way that is not known here.",
    );
  return known[0];
}

/** RFC 7591 section 3.2.2, in words that say what to do. */
function refused(status: number, body: unknown): SignetError {
  const error =
    body !== null && typeof body === "object" ? errorIn(status, body as Record<string, unknown>) : undefined;
  return new SignetError("upstream_invalid", sentence(status, error ?? `status_${status}`));
}

function sentence(status: number, error: string): string {
  if (status === 401 || status === 403 || error === "invalid_token" || error === "access_denied") {
    return "The server lets only those register who were given a token for it. Register this hub on the provider's pages and enter the client id.";
  }
  switch (error) {
    case "invalid_redirect_uri":
      return "The server does not take this hub's callback address. Many take https only.";
    case "invalid_client_metadata":
    case "invalid_software_statement":
    case "unapproved_software_statement":
      return "The server does not take a client such as this one. Register this hub on the provider's pages and enter the client id.";
    default:
      return `The server refused the registration (${error}). Register this hub on the provider's pages and enter the client id.`;
  }
}
