import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { json, type Answer } from "../echo.ts";
import { nothing, random, tokenOf, type Call, type Ground, type Handler } from "./http.ts";
import { claimsOf, isFresh } from "./jwt.ts";

// GitHub Apps: a JWT of the app is traded for a token of one installation
// (docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app).

const JWT_SECONDS = 600;
const TOKEN_SECONDS = 3600;

export function emulateGitHubApp(ground: Ground, refused: (status: number, message: string) => Answer) {
  const keys = new Map<string, KeyObject>();
  const installations = new Map<string, { app: string; owner: string }>();
  const tokens = new Map<string, { installation: string; until: number }>();
  const now = () => ground.clock().getTime();

  const trade: Handler = ({ request, params: [installation = ""] }) => {
    const claims = claimsOf(tokenOf(request) ?? "", (issuer) => keys.get(issuer));
    if (!claims) return refused(401, "A JSON web token could not be decoded");
    if (!isFresh(claims, now(), JWT_SECONDS))
      return refused(401, "'Expiration time' claim ('exp') is too far in the future");
    if (installations.get(installation)?.app !== claims.iss) return refused(404, "Not Found");
    const token = random("ghs_");
    const until = now() + TOKEN_SECONDS * 1000;
    tokens.set(token, { installation, until });
    const more = { permissions: { contents: "read" }, repository_selection: "all" };
    return json({ token, expires_at: new Date(until).toISOString().replace(/\.\d+Z$/, "Z"), ...more }, 201);
  };

  const repositories = ({ request }: Call): Answer => {
    const known = tokens.get(tokenOf(request) ?? "");
    const owner = known && known.until > now() ? installations.get(known.installation)?.owner : undefined;
    if (owner === undefined) return refused(401, "Bad credentials");
    return json({ total_count: 1, repositories: [{ full_name: `${owner}/machine`, owner: { login: owner } }] });
  };

  return {
    routes: {
      "POST /app/installations/*/access_tokens": trade,
      "GET /installation/repositories": repositories,
      "DELETE /installation/token": ({ request }: Call) => {
        tokens.delete(tokenOf(request) ?? "");
        return nothing;
      },
    },
    /** Registers an app; answers the private key that its page lets one download. */
    register: (app: string): string => {
      const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
      keys.set(app, publicKey);
      return privateKey.export({ type: "pkcs1", format: "pem" }).toString();
    },
    install: (app: string, installation: string, owner: string) => void installations.set(installation, { app, owner }),
    uninstall: (installation: string) => installations.delete(installation),
  };
}
