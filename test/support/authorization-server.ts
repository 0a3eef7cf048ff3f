import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Provider } from "oidc-provider";
import MemoryAdapter from "oidc-provider/lib/adapters/memory_adapter.js";

/** A certified authorization server that describes itself, registers clients, and lets Grace in without asking. */
export interface AuthorizationServer {
  issuer: string;
  host: string;
  /** What it was asked, as "GET /path", oldest first. */
  asked: string[];
  /** Clients that are registered now, as it would describe them. */
  client(id: string): Promise<Record<string, unknown> | undefined>;
  /** What a browser goes through from `address` on: where it is sent back to. */
  consent(address: string): Promise<string>;
  close(): Promise<void>;
}

/** @param path of the issuer, such as "/tenant"; below it is everything but what RFC 8414 inserts before it. */
export async function newAuthorizationServer({
  path = "",
  initialAccessToken = "",
} = {}): Promise<AuthorizationServer> {
  const asked: string[] = [];
  let handle: (request: IncomingMessage, response: ServerResponse) => unknown = () => undefined;
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    void handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(origin + path, configuration(path, initialAccessToken));
  const oauth = provider.callback();
  handle = (request, response) => {
    const url = request.url!;
    if (url.startsWith(`${path}/interaction/`)) return letIn(provider, request, response);
    if (path !== "" && !url.startsWith(`${path}/`)) return response.writeHead(404).end();
    Object.assign(request, { originalUrl: url });
    request.url = url.slice(path.length);
    return oauth(request, response);
  };
  return {
    issuer: origin + path,
    host: new URL(origin).host,
    asked,
    client: async (id) => (await provider.Client.find(id))?.metadata(),
    consent: (address) => browse(address, origin),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

const LASTING = ["Interaction", "Grant", "Session", "AccessToken", "RefreshToken", "IdToken", "AuthorizationCode"];

function configuration(path: string, initialAccessToken: string) {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return {
    // A class of our own, because the server warns of theirs, which is all that a test wants.
    adapter: class extends MemoryAdapter {},
    ttl: Object.fromEntries(LASTING.map((name) => [name, 3600])),
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", alg: "ES256", kid: "test" }] },
    clientDefaults: { id_token_signed_response_alg: "ES256" },
    cookies: { keys: [randomBytes(16).toString("hex")] },
    scopes: ["openid", "offline_access", "tickets:read", "tickets:write"],
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true },
      deviceFlow: { enabled: true },
      registration: { enabled: true, initialAccessToken: initialAccessToken || false },
      registrationManagement: { enabled: true },
    },
    interactions: { url: (_ctx: unknown, { uid }: { uid: string }) => `${path}/interaction/${uid}` },
    findAccount: (_ctx: unknown, id: string) => ({ accountId: id, claims: async () => ({ sub: id }) }),
    issueRefreshToken: async () => true,
    renderError: async (ctx: { body: string }, out: { error: string; error_description?: string }) => {
      ctx.body = `${out.error}: ${out.error_description}`;
    },
  };
}

/** Signs Grace in and allows whatever was asked. */
async function letIn(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { params } = await provider.interactionDetails(request, response);
  const grant = new provider.Grant({ accountId: "grace", clientId: params.client_id! });
  grant.addOIDCScope(params.scope ?? "");
  const result = { login: { accountId: "grace" }, consent: { grantId: await grant.save(3600) } };
  await provider.interactionFinished(request, response, result);
}

/** Follows redirects with cookies for as long as they stay at `origin`. */
async function browse(address: string, origin: string): Promise<string> {
  const cookies = new Map<string, string>();
  for (let url = new URL(address), hops = 0; hops < 10; hops++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(url, { redirect: "manual", headers: { cookie } });
    for (const line of answer.headers.getSetCookie()) {
      const [name, value] = line.split(";")[0]!.split("=") as [string, string];
      cookies.set(name, value);
    }
    const location = answer.headers.get("location");
    if (location === null) throw new Error(`The server answered ${answer.status}: ${await answer.text()}`);
    url = new URL(location, url);
    if (url.origin !== origin) return url.href;
  }
  throw new Error("The server sends its visitors round in circles.");
}
