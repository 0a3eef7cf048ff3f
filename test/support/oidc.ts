import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { interactionPolicy, Provider } from "oidc-provider";

// A certified authorization server that nobody here wrote, for the grants besides the code, and a small API behind it.

/** Clients, by how each signs in at the token endpoint. */
export const CLIENTS = {
  basic: { id: "robot-basic", secret: "canary-robot-secret-with-32-characters" },
  secretJwt: { id: "robot-secret-jwt", secret: "canary-signing-secret-with-32-characters" },
  keyJwt: { id: "robot-key-jwt" },
  device: { id: "device" },
} as const;

export interface Oidc {
  url: string;
  host: string;
  /** Private keys that the client "robot-key-jwt" may sign in with, by algorithm. */
  keys: Record<"RS256" | "PS256" | "ES256" | "EdDSA", KeyObject>;
  /** Paths that were asked for, in order. */
  asked: string[];
  /** What a person called `as` does with a device's code: goes to the page, types it, and consents or not. */
  enterCode(address: string, code: string, as: string, how?: { decline?: boolean }): Promise<void>;
  /** Ends every token that was used so far; its next use is answered with 401. */
  forgetTokens(): void;
  close(): Promise<void>;
}

interface Ctx {
  body: string;
  oidc: { result?: { consent?: { grantId?: string } }; provider: Provider };
}

const ec = () => generateKeyPairSync("ec", { namedCurve: "P-256" });
const rsa = () => generateKeyPairSync("rsa", { modulusLength: 2048 });

export async function newOidc(): Promise<Oidc> {
  const keys = { RS256: rsa(), PS256: rsa(), ES256: ec(), EdDSA: generateKeyPairSync("ed25519") };
  let who = "nobody";
  const [used, forgotten] = [new Set<string>(), new Set<string>()];
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url!.split("?")[0]!);
    if (request.url === "/me") {
      const token = request.headers.authorization?.replace(/^Bearer /, "") ?? "";
      used.add(token);
      return void me(provider, token, forgotten, response);
    }
    if (request.url!.startsWith("/interaction/")) return void interact(provider, who, request, response);
    void provider.callback()(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const url = `http://${host}`;
  const jwks = Object.entries(keys).map(([alg, { publicKey }]) => ({
    ...publicKey.export({ format: "jwk" }),
    alg,
    kid: alg,
    use: "sig",
  }));
  const provider = new Provider(url, configuration(jwks));
  return {
    url,
    host,
    asked,
    keys: Object.fromEntries(Object.entries(keys).map(([alg, pair]) => [alg, pair.privateKey])) as Oidc["keys"],
    enterCode: async (address, code, as, { decline = false } = {}) => {
      who = as;
      const visitor = new Visitor();
      const input = await visitor.visit(address);
      const confirm = await visitor.submit(input, { user_code: code });
      await visitor.submit(confirm, decline ? { abort: "yes" } : { confirm: "yes" });
    },
    forgetTokens: () => used.forEach((token) => forgotten.add(token)),
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function configuration(jwks: object[]): Record<string, unknown> {
  const page = (ctx: Ctx, form: string) => void (ctx.body = `<html><body>${form}</body></html>`);
  const robot = { redirect_uris: [], response_types: [], grant_types: ["client_credentials"], scope: "read write" };
  return {
    clients: [
      {
        ...robot,
        client_id: CLIENTS.basic.id,
        client_secret: CLIENTS.basic.secret,
        token_endpoint_auth_method: "client_secret_basic",
      },
      {
        ...robot,
        client_id: CLIENTS.secretJwt.id,
        client_secret: CLIENTS.secretJwt.secret,
        token_endpoint_auth_method: "client_secret_jwt",
      },
      { ...robot, client_id: CLIENTS.keyJwt.id, jwks: { keys: jwks }, token_endpoint_auth_method: "private_key_jwt" },
      {
        client_id: CLIENTS.device.id,
        redirect_uris: [],
        response_types: [],
        grant_types: ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"],
        application_type: "native",
        token_endpoint_auth_method: "none",
      },
    ],
    jwks: { keys: [{ ...ec().privateKey.export({ format: "jwk" }), use: "sig", alg: "ES256", kid: "own" }] },
    clientDefaults: { id_token_signed_response_alg: "ES256" },
    cookies: { keys: ["only for tests"] },
    scopes: ["read", "write", "offline_access"],
    responseTypes: ["code"],
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: false },
      revocation: { enabled: true, allowedPolicy: () => true },
      clientCredentials: { enabled: true },
      deviceFlow: {
        enabled: true,
        userCodeInputSource: (ctx: Ctx, form: string) => page(ctx, form),
        userCodeConfirmSource: (ctx: Ctx, form: string) => page(ctx, form),
        successSource: (ctx: Ctx) => page(ctx, "Done."),
      },
    },
    interactions: {
      policy: interactionPolicy.base(),
      url: (_ctx: Ctx, { uid }: { uid: string }) => `/interaction/${uid}`,
    },
    findAccount: (_ctx: Ctx, id: string) => ({ accountId: id, claims: async () => ({ sub: id }) }),
    loadExistingGrant: async ({ oidc }: Ctx) => {
      const grantId = oidc.result?.consent?.grantId;
      return grantId === undefined ? undefined : oidc.provider.Grant.find(grantId);
    },
    issueRefreshToken: async () => true,
    expiresWithSession: async () => false,
    rotateRefreshToken: true,
    ttl: {
      AccessToken: 600,
      ClientCredentials: 600,
      DeviceCode: 600,
      Grant: 86_400,
      IdToken: 600,
      Interaction: 600,
      RefreshToken: 86_400,
      Session: 600,
    },
    renderError: async (ctx: Ctx, out: { error: string }) => void (ctx.body = out.error),
  };
}

/** Signs in and consents without a page, as whoever was named last. */
async function interact(provider: Provider, who: string, request: IncomingMessage, response: ServerResponse) {
  const { prompt, params } = await provider.interactionDetails(request, response);
  if (prompt.name === "login") {
    return provider.interactionFinished(request, response, { login: { accountId: who } });
  }
  const grant = new provider.Grant({ accountId: who, clientId: params.client_id! });
  grant.addOIDCScope(params.scope ?? "");
  const grantId = await grant.save(86_400);
  return provider.interactionFinished(request, response, { consent: { grantId } }, { mergeWithLastSubmission: true });
}

/** Tells who a token stands for. */
async function me(provider: Provider, token: string, forgotten: Set<string>, response: ServerResponse) {
  const person = await provider.AccessToken.find(token);
  const robot = person ? undefined : await provider.ClientCredentials.find(token);
  const good = (person ?? robot)?.isValid && !forgotten.has(token);
  response.writeHead(good ? 200 : 401, { "content-type": "application/json" });
  response.end(JSON.stringify(good ? { id: person?.accountId ?? robot?.clientId } : { error: "invalid_token" }));
}

/** A browser that only knows cookies, redirects and forms. */
class Visitor {
  readonly #cookies = new Map<string, string>();

  visit(address: string, form?: URLSearchParams): Promise<{ address: string; html: string }> {
    return this.#go(new URL(address), form);
  }

  /** Sends the page's form with more fields in it. */
  submit(page: { address: string; html: string }, more: Record<string, string>) {
    const action = new URL(/action="([^"]+)"/.exec(page.html)![1]!, page.address);
    const inputs = [...page.html.matchAll(/<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"/g)];
    const form = new URLSearchParams(inputs.map(([, name, value]) => [name!, value!]));
    for (const [name, value] of Object.entries(more)) form.set(name, value);
    return this.#go(action, form);
  }

  async #go(url: URL, form?: URLSearchParams): Promise<{ address: string; html: string }> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const body = form === undefined ? {} : { method: "POST", body: form };
    const response = await fetch(url, { ...body, headers: { cookie }, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      this.#cookies.set(name!, value!);
    }
    const to = response.headers.get("location");
    if (to !== null) return this.#go(new URL(to, url));
    return { address: url.href, html: await response.text() };
  }
}
