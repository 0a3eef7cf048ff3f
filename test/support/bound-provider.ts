import { createHash, generateKeyPairSync, type X509Certificate } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { TLSSocket } from "node:tls";
import { Provider } from "oidc-provider";
import type { Certified } from "./certificates.ts";
import { listening } from "./tls-echo.ts";

/** An authorization server that knows its client by a certificate, and an API that takes only tokens bound to it. */
export interface BoundProvider {
  url: string;
  /** Names of the certificates with which the token endpoint was asked. */
  asked: string[];
  /** A refresh token, as a person's consent would have given. */
  refreshToken(person: string): Promise<string>;
  /** An access token of somebody who connects with `one`. */
  bound(token: string, one: Certified): Promise<boolean>;
  close(): Promise<void>;
}

interface Ctx {
  req: IncomingMessage;
}

/** Starts it on loopback; the client is called "signet" and proves who it is with `client` (RFC 8705 section 2.1). */
export async function newBoundProvider(
  server: Certified,
  authority: Certified,
  client: string,
): Promise<BoundProvider> {
  const asked: string[] = [];
  const handlers: { provider: (request: IncomingMessage, response: ServerResponse) => unknown } = {
    provider: () => undefined,
  };
  const tls = { cert: server.certificate, key: server.key, ca: authority.certificate };
  const https = createServer({ ...tls, requestCert: true, rejectUnauthorized: false }, (request, response) => {
    if (request.url === "/token") asked.push(nameOf(request));
    if (request.url!.startsWith("/api/")) void answer(request, response);
    else void handlers.provider(request, response);
  });
  const url = `https://localhost:${await listening(https)}`;
  const provider = new Provider(url, configuration(client));
  handlers.provider = provider.callback();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const token = await provider.AccessToken.find((request.headers.authorization ?? "").replace(/^Bearer /, ""));
    const holds = token?.isValid === true && token["x5t#S256"] === thumbprint(peer(request));
    response.writeHead(holds ? 200 : 401, { "content-type": "application/json" });
    response.end(JSON.stringify(holds ? { person: token.accountId, client: nameOf(request) } : { error: "not yours" }));
  }

  return {
    url,
    asked,
    refreshToken: async (person) => {
      const grant = new provider.Grant({ accountId: person, clientId: "signet" });
      grant.addOIDCScope("openid offline_access");
      const grantId = await grant.save();
      const facts = { accountId: person, grantId, scope: "openid offline_access", gty: "authorization_code" };
      return new provider.RefreshToken({ ...facts, client: await provider.Client.find("signet") }).save();
    },
    bound: async (token, one) => (await provider.AccessToken.find(token))?.["x5t#S256"] === thumbprint(one.x509),
    close: async () => {
      const closed = new Promise((resolve) => https.close(resolve));
      https.closeAllConnections();
      await closed;
    },
  };
}

function configuration(client: string): Record<string, unknown> {
  const signing = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return {
    clients: [
      {
        client_id: "signet",
        redirect_uris: ["https://signet.example.com/oauth/callback"],
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        token_endpoint_auth_method: "tls_client_auth",
        tls_client_auth_subject_dn: `CN=${client}`,
        tls_client_certificate_bound_access_tokens: true,
      },
    ],
    clientAuthMethods: ["tls_client_auth"],
    cookies: { keys: ["only for this test"] },
    jwks: { keys: [{ ...signing.privateKey.export({ format: "jwk" }), use: "sig", alg: "ES256", kid: "test" }] },
    clientDefaults: { id_token_signed_response_alg: "ES256" },
    ttl: { AccessToken: 600, Grant: 3600, IdToken: 600, RefreshToken: 3600 },
    scopes: ["openid", "offline_access"],
    findAccount: (_ctx: Ctx, id: string) => ({ accountId: id, claims: async () => ({ sub: id }) }),
    features: {
      devInteractions: { enabled: false },
      mTLS: {
        enabled: true,
        certificateBoundAccessTokens: true,
        tlsClientAuth: true,
        getCertificate: ({ req }: Ctx) => peer(req)?.toString(),
        certificateAuthorized: ({ req }: Ctx) => (req.socket as TLSSocket).authorized,
        certificateSubjectMatches: ({ req }: Ctx, _property: string, expected: string) =>
          peer(req)?.subject === expected,
      },
    },
  };
}

function peer(request: IncomingMessage): X509Certificate | undefined {
  return (request.socket as TLSSocket).getPeerX509Certificate();
}

function nameOf(request: IncomingMessage): string {
  return peer(request)?.subject ?? "nobody";
}

function thumbprint(x509: X509Certificate | undefined): string | undefined {
  return x509 && createHash("sha256").update(x509.raw).digest("base64url");
}
