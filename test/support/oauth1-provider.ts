import { randomBytes } from "node:crypto";
import { json, newEcho, type Answer, type Echo, type Received } from "./echo.ts";
import { hasBodyHash, isSigned, takeApart, type Parsed } from "./oauth1-verify.ts";

/** Who consents at the provider, and what they do there. */
export interface OAuth1Consent {
  /** The identity that signs in. */
  as: string;
  /** Declines: by a `denied` parameter, or by a name of Problem Reporting. */
  decline?: string;
  /** Replaces parameters of the address that leads back. */
  back?: Record<string, string>;
}

/** A real OAuth 1.0a server by RFC 5849: it checks every signature, timestamp and nonce, and reports problems. */
export interface OAuth1Provider {
  echo: Echo;
  /** Settings of a service of kind "oauth1" that uses it. */
  settings: Record<string, unknown>;
  /** The provider's own clock. */
  clock: () => Date;
  /** False for a server of the protocol's first edition. */
  confirms: boolean;
  /** Signature methods that it takes. */
  methods: string[];
  /** With which RSA-SHA1 is checked. */
  publicKey: string | undefined;
  /** Tokens that were revoked. */
  revoked: string[];
  /** Answers a path in the provider's place. */
  instead: Map<string, Answer>;
  /** Every token, secret, verifier and state that passed by, by what it is. */
  seen: { kind: string; value: string }[];
  /** What it made of the newest request that was signed rightly. */
  readonly last: Parsed;
  /** Makes a token without a consent, as if somebody had brought it along. */
  issue(as: string): { token: string; token_secret: string };
  /** What a person does on the page at `address`: where their browser is sent then. */
  consent(address: string, how: OAuth1Consent): Promise<string>;
  close(): Promise<void>;
}

interface Temporary {
  secret: string;
  callback: string;
  as?: string;
  verifier?: string;
  used?: boolean;
}

const CONSUMER = { key: "signet-test", secret: "canary-consumer&secret+%/=" };
const WINDOW = 300;

/** Ends the handling of a request with a problem of the Problem Reporting extension. */
class Problem extends Error {
  readonly more: Record<string, string>;

  constructor(name: string, more: Record<string, string> = {}) {
    super(name);
    this.more = more;
  }
}

export async function newOAuth1Provider(): Promise<OAuth1Provider> {
  const temporaries = new Map<string, Temporary>();
  const tokens = new Map<string, { secret: string; as: string }>();
  const nonces = new Set<string>();
  let last: Parsed | undefined;
  const echo = await newEcho((request, response) => {
    const { pathname } = new URL(request.path, echo.url);
    const answer = provider.instead.get(pathname) ?? ROUTES[pathname] ?? everything;
    response.setHeader("date", provider.clock().toUTCString());
    return reporting(answer)(request, response);
  });

  const provider: OAuth1Provider = {
    echo,
    settings: {
      request_token_url: `${echo.url}/oauth/request_token`,
      authorize_url: `${echo.url}/oauth/authorize`,
      access_token_url: `${echo.url}/oauth/access_token`,
      revoke_url: `${echo.url}/oauth/invalidate`,
      consumer_key: CONSUMER.key,
      consumer_secret: CONSUMER.secret,
    },
    clock: () => new Date(),
    confirms: true,
    methods: ["HMAC-SHA1", "HMAC-SHA256", "RSA-SHA1", "PLAINTEXT"],
    publicKey: undefined,
    revoked: [],
    instead: new Map(),
    seen: [],
    get last() {
      if (!last) throw new Error("No request was signed rightly.");
      return last;
    },
    issue: (as) => grant(as),
    consent: async (address, { as, decline, back }) => {
      const url = new URL(address);
      url.searchParams.set("as", as);
      if (decline !== undefined) url.searchParams.set("decline", decline);
      const answer = await fetch(url, { redirect: "manual" });
      const location = answer.headers.get("location");
      if (location === null) throw new Error(`The provider answered ${answer.status}: ${await answer.text()}`);
      const target = new URL(location);
      for (const [name, value] of Object.entries(back ?? {})) target.searchParams.set(name, value);
      return target.href;
    },
    close: () => echo.close(),
  };

  function note(kind: string, value: string): string {
    provider.seen.push({ kind, value });
    return value;
  }

  function secretOf(kind: string): string {
    return note(kind, `canary-${randomBytes(9).toString("base64")}`);
  }

  function grant(as: string): { token: string; token_secret: string } {
    const token = note("token", `canary-${randomBytes(12).toString("hex")}`);
    const token_secret = secretOf("token secret");
    tokens.set(token, { secret: token_secret, as });
    return { token, token_secret };
  }

  /** Section 3.2. Throws the first problem there is. */
  function check(request: Received, secretFor: (token: string | undefined) => string): Parsed {
    const parsed = partsOf(request);
    const { protocol } = parsed;
    const method = protocol.get("oauth_signature_method") ?? "";
    const token = protocol.get("oauth_token");
    if ((protocol.get("oauth_version") ?? "1.0") !== "1.0") throw new Problem("version_rejected");
    if (protocol.get("oauth_consumer_key") !== CONSUMER.key) throw new Problem("consumer_key_unknown");
    if (!provider.methods.includes(method)) throw new Problem("signature_method_rejected");
    checkTime(protocol);
    const secrets = { consumer: CONSUMER.secret, token: secretFor(token) };
    const key = provider.publicKey === undefined ? {} : { publicKey: provider.publicKey };
    if (!isSigned(parsed, { ...secrets, ...key })) throw new Problem("signature_invalid");
    if (protocol.has("oauth_body_hash") && !hasBodyHash(parsed, request.body)) throw new Problem("signature_invalid");
    last = parsed;
    return parsed;
  }

  function partsOf(request: Received): Parsed {
    try {
      return takeApart({
        method: request.method,
        url: `http://${request.header("host")}${request.path}`,
        contentType: request.header("content-type"),
        authorization: request.header("authorization"),
        body: request.body,
      });
    } catch {
      throw new Problem("parameter_absent", { oauth_parameters_absent: "oauth_signature" });
    }
  }

  /** Section 3.3. */
  function checkTime(protocol: Map<string, string>): void {
    const now = Math.floor(provider.clock().getTime() / 1000);
    const timestamp = protocol.get("oauth_timestamp") ?? "";
    if (!/^[1-9]\d*$/.test(timestamp) || Math.abs(Number(timestamp) - now) > WINDOW) {
      throw new Problem("timestamp_refused", { oauth_acceptable_timestamps: `${now - WINDOW}-${now + WINDOW}` });
    }
    const nonce = [timestamp, protocol.get("oauth_token"), protocol.get("oauth_nonce")].join(" ");
    if (nonces.has(nonce)) throw new Problem("nonce_used");
    nonces.add(nonce);
  }

  const noToken = (token: string | undefined): string => {
    if (token !== undefined) throw new Problem("parameter_rejected", { oauth_parameters_rejected: "oauth_token" });
    return "";
  };
  const granted = (token: string | undefined): string => {
    const known = tokens.get(token ?? "");
    if (!known) throw new Problem(provider.revoked.includes(token ?? "") ? "token_revoked" : "token_rejected");
    return known.secret;
  };
  const approved = (token: string | undefined): string => {
    const known = temporaries.get(token ?? "");
    if (!known) throw new Problem("token_rejected");
    if (known.used) throw new Problem("token_used");
    return known.secret;
  };

  const requestToken: Answer = (request, response) => {
    const { protocol } = check(request, noToken);
    const callback = protocol.get("oauth_callback") ?? "";
    if (!URL.canParse(callback)) throw new Problem("parameter_absent", { oauth_parameters_absent: "oauth_callback" });
    note("state", new URL(callback).searchParams.get("state") ?? "");
    const token = note("temporary token", randomBytes(12).toString("hex"));
    const secret = secretOf("temporary secret");
    temporaries.set(token, { secret, callback });
    const confirmed: Record<string, string> = provider.confirms ? { oauth_callback_confirmed: "true" } : {};
    return form({ oauth_token: token, oauth_token_secret: secret, ...confirmed })(request, response);
  };

  const authorize: Answer = (request, response) => {
    const asked = new URL(request.path, echo.url).searchParams;
    const token = asked.get("oauth_token") ?? "";
    const temporary = temporaries.get(token);
    if (!temporary) return response.writeHead(400).end("unknown token");
    const back = new URL(temporary.callback);
    const decline = asked.get("decline");
    if (decline === "denied") back.searchParams.set("denied", token);
    else if (decline !== null) back.searchParams.set("oauth_problem", decline);
    else {
      temporary.as = asked.get("as") ?? "nobody";
      temporary.verifier = note("verifier", randomBytes(16).toString("hex"));
      back.searchParams.set("oauth_token", token);
      back.searchParams.set("oauth_verifier", temporary.verifier);
    }
    return response.writeHead(302, { location: back.href }).end();
  };

  const accessToken: Answer = (request, response) => {
    const { protocol } = check(request, approved);
    const temporary = temporaries.get(protocol.get("oauth_token")!)!;
    if (temporary.verifier === undefined || protocol.get("oauth_verifier") !== temporary.verifier)
      throw new Problem("permission_denied");
    temporary.used = true;
    const { token, token_secret } = grant(temporary.as!);
    const who = { user_id: `id of ${temporary.as}`, screen_name: temporary.as! };
    return form({ oauth_token: token, oauth_token_secret: token_secret, ...who })(request, response);
  };

  const invalidate: Answer = (request, response) => {
    const { protocol } = check(request, granted);
    const token = protocol.get("oauth_token")!;
    tokens.delete(token);
    provider.revoked.push(token);
    return json({ token })(request, response);
  };

  const me: Answer = (request, response) => {
    const { protocol } = check(request, granted);
    const { as } = tokens.get(protocol.get("oauth_token")!)!;
    return json({ id: `id of ${as}`, name: as })(request, response);
  };

  const everything: Answer = (request, response) => {
    const { protocol } = check(request, granted);
    const told = { protocol: Object.fromEntries(protocol), authorization: request.header("authorization") };
    return json({ ...told, path: request.path, body: request.body.toString("utf8") })(request, response);
  };

  const ROUTES: Record<string, Answer> = {
    "/oauth/request_token": requestToken,
    "/oauth/authorize": authorize,
    "/oauth/access_token": accessToken,
    "/oauth/invalidate": invalidate,
    "/me": me,
  };
  return provider;
}

/** Tells a problem in the challenge and in the body, as the extension wants it. */
function reporting(answer: Answer): Answer {
  return (request, response) => {
    try {
      return answer(request, response);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const told = { oauth_problem: error.message, ...error.more };
      const listed = Object.entries(told).map(([name, value]) => `${name}="${encodeURIComponent(value)}"`);
      const headers = { "www-authenticate": `OAuth realm="Test", ${listed.join(", ")}` };
      return form(told, 401, headers)(request, response);
    }
  };
}

/** Answers a form, as token endpoints do. */
export function form(fields: Record<string, string>, status = 200, headers: Record<string, string> = {}): Answer {
  return (_request, response) => {
    const type = { "content-type": "application/x-www-form-urlencoded" };
    response.writeHead(status, { ...type, ...headers }).end(new URLSearchParams(fields).toString());
  };
}
