import { createHash, createHmac, randomBytes } from "node:crypto";
import { newEcho, json, text, type Answer, type Echo, type Received } from "./echo.ts";
import { instanceAnswer, ORG, type SalesforceUser } from "./salesforce-instance.ts";
import { consentPage, errorPage, loginPage } from "./salesforce-pages.ts";

// Salesforce as its documentation describes it: a login host, and the org's data on an instance elsewhere.

/** What the owner of the org's External Client App has set there. */
export interface ClientApp {
  key: string;
  secret: string;
  callback: string;
  scopes: string[];
}

interface Approval {
  user: SalesforceUser;
  scope: string;
  refreshToken: string;
}

interface Code {
  approval: Approval;
  redirectUri: string;
  challenge: string;
}

/** Of one user and app; the oldest falls out. */
const MAX_APPROVALS = 5;

export class Salesforce {
  readonly users: SalesforceUser[] = [
    { id: "005xx000001SwiUAAS", username: "grace@acme.example", name: "Grace Hopper" },
    { id: "005xx000001SwiVAAS", username: "alan@acme.example", name: "Alan Turing" },
  ];
  readonly app: ClientApp;
  readonly login: Echo;
  /** Where the org's data is and, after a migration, will be. */
  readonly instances: [Echo, Echo];
  /** Refresh tokens that were revoked over the API. */
  readonly revoked: string[] = [];
  /** How often each grant type was asked for at the token endpoint. */
  readonly asked = { authorization_code: 0, refresh_token: 0 };
  /** An app setting: each refresh gives a new refresh token, and the old one is dead. */
  rotation = false;
  /** Whether the org was moved to the other instance. */
  moved = false;
  readonly #codes = new Map<string, Code>();
  readonly #sessions = new Map<string, Approval>();
  #approvals: Approval[] = [];

  private constructor(app: ClientApp, login: Echo, instances: [Echo, Echo]) {
    this.app = app;
    this.login = login;
    this.instances = instances;
    login.answer((request, response) => this.#atLogin(request)(request, response));
    for (const one of instances) one.answer((request, response) => this.#atInstance(request, one)(request, response));
  }

  /** An org whose app sends people back to `callback`; its hosts are on loopback unless others are given. */
  static async start(callback: string, hosts: (name: string) => Promise<Echo> = () => newEcho()): Promise<Salesforce> {
    const app = {
      key: "3MVG9lKcPoNINVB",
      secret: "canary-consumer-secret",
      callback,
      scopes: ["api", "refresh_token", "offline_access", "openid", "id"],
    };
    const instances: [Echo, Echo] = [await hosts("acme.my.salesforce.com"), await hosts("acme2.my.salesforce.com")];
    return new Salesforce(app, await hosts("login.salesforce.com"), instances);
  }

  /** All hosts of the org, with their ports. */
  get hosts(): string[] {
    return [this.login, ...this.instances].map(({ host }) => host);
  }

  get instance(): Echo {
    return this.instances[this.moved ? 1 : 0];
  }

  /** The org's session timeout passes: access tokens end, approvals stay. */
  endSessions(): void {
    this.#sessions.clear();
  }

  /** An admin of the org revokes what people have approved. */
  revokeApprovals(): void {
    this.#approvals = [];
    this.endSessions();
  }

  async close(): Promise<void> {
    await Promise.all([this.login, ...this.instances].map((server) => server.close()));
  }

  #atLogin(request: Received): Answer {
    const { pathname } = new URL(request.path, this.login.url);
    switch (`${request.method} ${pathname}`) {
      case "GET /services/oauth2/authorize":
        return this.#authorize;
      case "POST /login":
        return this.#consent;
      case "POST /approve":
        return this.#approve;
      case "POST /services/oauth2/token":
        return this.#token;
      case "POST /services/oauth2/revoke":
        return this.#revoke;
      default:
        return errorPage(404, "URL No Longer Exists");
    }
  }

  /** Before anything is known of the app, errors stay on a page; later they go back with the state. */
  readonly #authorize: Answer = (request, response) => {
    const asked = new URL(request.path, this.login.url).searchParams;
    if (asked.get("client_id") !== this.app.key)
      return errorPage(400, "error=invalid_client_id&error_description=client identifier invalid")(request, response);
    if (asked.get("redirect_uri") !== this.app.callback)
      return errorPage(400, "error=redirect_uri_mismatch&error_description=redirect_uri must match configuration")(
        request,
        response,
      );
    if (asked.get("response_type") !== "code")
      return this.#back(asked, {
        error: "unsupported_response_type",
        error_description: "response type not supported",
      })(request, response);
    if (!asked.get("code_challenge") || asked.get("code_challenge_method") !== "S256")
      return this.#back(asked, { error: "invalid_request", error_description: "missing required code challenge" })(
        request,
        response,
      );
    const scopes = (asked.get("scope") ?? "").split(" ").filter(Boolean);
    if (!scopes.every((scope) => this.app.scopes.includes(scope)))
      return this.#back(asked, { error: "invalid_scope", error_description: "the requested scope is not allowed" })(
        request,
        response,
      );
    return loginPage(this.users, asked)(request, response);
  };

  readonly #consent: Answer = (request, response) => {
    const form = formOf(request);
    const user = this.users.find(({ username }) => username === form.get("username"));
    if (!user) return errorPage(400, "Please check your username and password.")(request, response);
    return consentPage(user, new URLSearchParams(form.get("asked")!))(request, response);
  };

  readonly #approve: Answer = (request, response) => {
    const form = formOf(request);
    const asked = new URLSearchParams(form.get("asked")!);
    if (form.get("save") !== "Allow")
      return this.#back(asked, { error: "access_denied", error_description: "end-user denied authorization" })(
        request,
        response,
      );
    const user = this.users.find(({ username }) => username === form.get("username"))!;
    const approval = { user, scope: asked.get("scope") || "api refresh_token", refreshToken: random("5Aep861") };
    const own = [approval, ...this.#approvals.filter((one) => one.user === user)].slice(0, MAX_APPROVALS);
    this.#approvals = [...this.#approvals.filter((one) => one.user !== user), ...own];
    const code = random("aPrx");
    this.#codes.set(code, {
      approval,
      redirectUri: asked.get("redirect_uri")!,
      challenge: asked.get("code_challenge")!,
    });
    return this.#back(asked, { code })(request, response);
  };

  #back(asked: URLSearchParams, answer: Record<string, string>): Answer {
    const back = new URL(asked.get("redirect_uri")!);
    for (const [name, value] of Object.entries(answer)) back.searchParams.set(name, value);
    const state = asked.get("state");
    if (state !== null) back.searchParams.set("state", state);
    return (_request, response) => response.writeHead(302, { location: back.href }).end();
  }

  readonly #token: Answer = (request, response) => {
    const form = formOf(request);
    const [id, secret] = clientOf(request, form);
    if (id !== this.app.key) return refuse("invalid_client_id", "client identifier invalid")(request, response);
    if (secret !== this.app.secret) return refuse("invalid_client", "invalid client credentials")(request, response);
    const type = form.get("grant_type");
    if (type !== "authorization_code" && type !== "refresh_token")
      return refuse("unsupported_grant_type", "grant type not supported")(request, response);
    this.asked[type]++;
    return (type === "refresh_token" ? this.#refresh(form) : this.#exchange(form))(request, response);
  };

  #exchange(form: URLSearchParams): Answer {
    const code = this.#codes.get(form.get("code") ?? "");
    if (!code) return refuse("invalid_grant", "invalid authorization code");
    this.#codes.delete(form.get("code")!);
    if (form.get("redirect_uri") !== code.redirectUri)
      return refuse("redirect_uri_mismatch", "redirect_uri must match configuration");
    const proof = createHash("sha256").update(form.get("code_verifier") ?? "");
    if (proof.digest("base64url") !== code.challenge) return refuse("invalid_grant", "invalid code verifier");
    const lasts = /\b(refresh_token|offline_access)\b/.test(code.approval.scope);
    return this.#grant(code.approval, lasts);
  }

  #refresh(form: URLSearchParams): Answer {
    const approval = this.#approvals.find(({ refreshToken }) => refreshToken === form.get("refresh_token"));
    if (!approval) return refuse("invalid_grant", "expired access/refresh token");
    if (this.rotation) approval.refreshToken = random("5Aep861");
    return this.#grant(approval, this.rotation);
  }

  /** No expires_in: a session lasts as long as the org's session timeout says, which is told nowhere. */
  #grant(approval: Approval, withRefreshToken: boolean): Answer {
    const accessToken = `${ORG}!${random("AQcAQ")}`;
    this.#sessions.set(accessToken, approval);
    const id = `${this.login.url}/id/${ORG}/${approval.user.id}`;
    const issuedAt = String(Date.now());
    return json({
      access_token: accessToken,
      ...(withRefreshToken && { refresh_token: approval.refreshToken }),
      signature: createHmac("sha256", this.app.secret)
        .update(id + issuedAt)
        .digest("base64"),
      scope: approval.scope,
      instance_url: this.instance.url,
      id,
      token_type: "Bearer",
      issued_at: issuedAt,
    });
  }

  /** An access token ends its session, a refresh token the whole approval. */
  readonly #revoke: Answer = (request, response) => {
    const token = formOf(request).get("token") ?? "";
    const approval = this.#approvals.find(({ refreshToken }) => refreshToken === token);
    if (!approval && !this.#sessions.delete(token)) return refuse("invalid_token", "invalid token")(request, response);
    if (approval) {
      this.revoked.push(token);
      this.#approvals = this.#approvals.filter((one) => one !== approval);
      for (const [session, of] of this.#sessions) if (of === approval) this.#sessions.delete(session);
    }
    return text("", "text/plain")(request, response);
  };

  #atInstance(request: Received, server: Echo): Answer {
    const token = (request.header("authorization") ?? "").replace(/^(Bearer|OAuth) /, "");
    // A token of before a migration is worth nothing, and the old instance knows none.
    return instanceAnswer(request, server === this.instance ? this.#sessions.get(token)?.user : undefined);
  }
}

function refuse(error: string, description: string): Answer {
  return json({ error, error_description: description }, 400);
}

function clientOf(request: Received, form: URLSearchParams): string[] {
  const basic = /^Basic (.*)$/.exec(request.header("authorization") ?? "")?.[1];
  if (basic === undefined) return [form.get("client_id") ?? "", form.get("client_secret") ?? ""];
  return Buffer.from(basic, "base64").toString().split(":").map(decodeURIComponent);
}

function formOf(request: Received): URLSearchParams {
  return new URLSearchParams(request.body.toString("utf8"));
}

function random(prefix: string): string {
  return prefix + randomBytes(24).toString("base64url");
}
