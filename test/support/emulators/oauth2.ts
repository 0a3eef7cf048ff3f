import { createHash } from "node:crypto";
import { json } from "../echo.ts";
import { formOf, jsonForm, PEOPLE, random, type Call, type Ground, type Handler, type Person } from "./http.ts";
import { clientProblem } from "./oauth2-client.ts";
import { consentPage, errorPage, sentBack } from "./oauth2-page.ts";
import { APP, type Grant, type Reply, type Rules, type TokenAnswer } from "./oauth2-rules.ts";

// An authorization server after RFC 6749, 7636 and 7009 that forgives nothing; providers' own ways are its rules.

interface Code {
  grant: Grant;
  until: number;
  used: boolean;
}

const CODE_SECONDS = 600;

export class OAuth2 {
  /** Refresh tokens, or access tokens where there are none, of grants that were ended over the API. */
  readonly revoked: string[] = [];
  /** What the next consents say about themselves; changes mind the rules at once. */
  readonly rules: Rules;
  readonly #ground: Ground;
  readonly #codes = new Map<string, Code>();
  readonly #access = new Map<string, { grant: Grant; until: number }>();
  readonly #consented = new Set<string>();
  #grants: Grant[] = [];

  constructor(ground: Ground, rules: Rules) {
    this.#ground = ground;
    this.rules = rules;
  }

  /**
   * The page where people consent. Errors stay on a page until the client and its callback address are known, then
   * they go back. Without `consents_as` (see consentAt in walk.ts) it shows who could consent.
   */
  readonly authorize: Handler = ({ query: asked }) => {
    const said = [...asked.keys()];
    if (new Set(said).size !== said.length) return errorPage("A parameter came twice.");
    if (asked.get("client_id") !== APP.id) return errorPage("The client is unknown.");
    if (asked.get("redirect_uri") !== this.#ground.callback) return errorPage("redirect_uri_mismatch");
    if (said.some((name) => /secret|verifier/.test(name))) return errorPage("This does not belong into an address.");
    const objection = this.#objection(asked);
    if (objection !== undefined) return sentBack(asked, objection);
    if (asked.has("declines")) return sentBack(asked, this.rules.declined ?? { error: "access_denied" });
    const person = PEOPLE.find(({ email }) => email === asked.get("consents_as"));
    if (!person) return consentPage(asked);
    return sentBack(asked, { code: this.#consent(person, asked) });
  };

  readonly token: Handler = (call) => {
    const write = this.rules.write ?? (([body, status]) => json(body, status));
    return write(this.#token(call), call.request);
  };

  /** RFC 7009: ends the grant of a token and says 200 also for one that it does not know. */
  readonly revocation: Handler = ({ request }) => {
    const form = formOf(request);
    if (!form?.get("token")) return json({ error: "invalid_request" }, 400);
    if (clientProblem(this.rules.client, request, form) !== undefined) return json({ error: "invalid_client" }, 401);
    this.endByToken(form.get("token")!);
    return json({});
  };

  /** An error of the token endpoint, in the provider's own words. */
  refuse(error: string, description: string): Reply {
    const plain: Reply = [{ error, error_description: description }, error === "invalid_client" ? 401 : 400];
    return this.rules.refuse?.(error, description) ?? plain;
  }

  /** The grant behind an access token that has not ended. */
  grantOf(accessToken: string | undefined): Grant | undefined {
    const found = this.#access.get(accessToken ?? "");
    return found && found.until > this.#now() ? found.grant : undefined;
  }

  /** Whether the access token existed, and has only ended. */
  hasEnded(accessToken: string | undefined): boolean {
    return this.#access.has(accessToken ?? "") && this.grantOf(accessToken) === undefined;
  }

  /** Makes an access token for a grant. */
  issue(grant: Grant, lifetime: number | undefined = this.rules.lifetime): string {
    const token = random(this.rules.prefixes?.[0]);
    this.#access.set(token, { grant, until: lifetime === undefined ? Infinity : this.#now() + lifetime * 1000 });
    return token;
  }

  /** Ends the whole grant that an access or refresh token belongs to; false when it belongs to none. */
  endByToken(token: string): boolean {
    const grant = this.#access.get(token)?.grant ?? this.#grants.find(({ refreshToken }) => refreshToken === token);
    if (!grant) return false;
    this.revoked.push(grant.refreshToken ?? token);
    this.#end(grant);
    return true;
  }

  /** Takes back everything that somebody, or everybody, allowed: as people do it in their settings there. */
  endAll(person?: Person): void {
    for (const grant of [...this.#grants]) if (!person || grant.person === person) this.#end(grant);
  }

  #objection(asked: URLSearchParams): Record<string, string> | undefined {
    const { pkce, between = " ", scopes } = this.rules;
    const refused = (error: string, description: string) => ({ error, error_description: description });
    if (asked.get("response_type") !== "code") return refused("unsupported_response_type", "Only code is.");
    if ((asked.get("state") ?? "").length < 20) return refused("invalid_request", "The state can be guessed.");
    const challenge = asked.get("code_challenge");
    if (pkce === "refused" && challenge !== null) return refused("invalid_request", "PKCE is not for this app.");
    if (pkce === "required" && challenge === null) return refused("invalid_request", "PKCE is required.");
    if (challenge !== null && (asked.get("code_challenge_method") !== "S256" || !/^[\w-]{43}$/.test(challenge)))
      return refused("invalid_request", "Only S256 is accepted.");
    const unknown = split(asked.get("scope"), between).filter((scope) => !scopes.includes(scope));
    if (unknown.length > 0) return refused("invalid_scope", `The app has no ${unknown.join()}.`);
    const objection = this.rules.objection?.(asked);
    return objection === undefined ? undefined : refused("invalid_request", objection);
  }

  #consent(person: Person, asked: URLSearchParams): string {
    const first = !this.#consented.has(person.id);
    this.#consented.add(person.id);
    const lasts = this.rules.refresh !== "never" && (this.rules.lasts?.(asked, first) ?? true);
    const scopes = split(asked.get("consents_to") ?? asked.get("scope"), this.rules.between ?? " ");
    const refreshToken = lasts ? random(this.rules.prefixes?.[1]) : undefined;
    const grant = { person, scopes, asked, refreshToken, since: this.#ground.clock() };
    const code = random();
    this.#codes.set(code, { grant, until: this.#now() + CODE_SECONDS * 1000, used: false });
    return code;
  }

  #token({ request, query }: Call): Reply {
    const form = formOf(request) ?? (this.rules.json ? jsonForm(request) : undefined);
    if (!form || query.size > 0) return this.refuse("invalid_request", "Send one form, and nothing in the address.");
    const type = form.get("grant_type") ?? "";
    const client = this.rules.open?.includes(type) ? undefined : clientProblem(this.rules.client, request, form);
    if (client !== undefined) return this.refuse("invalid_client", client);
    if (type === "authorization_code") return this.#trade(form);
    if (type === "refresh_token" && this.rules.refresh !== "never") return this.#renew(form);
    return this.rules.others?.(type, form) ?? this.refuse("unsupported_grant_type", `There is no grant "${type}".`);
  }

  #trade(form: URLSearchParams): Reply {
    const code = this.#codes.get(form.get("code") ?? "");
    if (!code || code.until < this.#now()) return this.refuse("invalid_grant", "The code is unknown or too old.");
    // RFC 6749 section 4.1.2: a code that comes twice takes back what it gave the first time.
    if (code.used) this.#end(code.grant);
    if (code.used) return this.refuse("invalid_grant", "The code was used.");
    code.used = true;
    const { grant } = code;
    if (form.get("redirect_uri") !== grant.asked.get("redirect_uri"))
      return this.refuse("redirect_uri_mismatch", "The callback address is another one.");
    const challenge = grant.asked.get("code_challenge");
    const verifier = form.get("code_verifier");
    const proof = verifier === null ? null : createHash("sha256").update(verifier).digest("base64url");
    if (proof !== challenge || (verifier !== null && !/^[\w.~-]{43,128}$/.test(verifier)))
      return this.refuse("invalid_grant", "The code verifier does not fit.");
    this.#grants.push(grant);
    return [this.#answer(grant, true), 200];
  }

  #renew(form: URLSearchParams): Reply {
    const grant = this.#grants.find(({ refreshToken }) => refreshToken === form.get("refresh_token"));
    if (!grant?.refreshToken || this.rules.ended?.(grant))
      return this.refuse("invalid_grant", "Token has been expired or revoked.");
    if (this.rules.redirectOnRefresh && form.get("redirect_uri") !== this.#ground.callback)
      return this.refuse("invalid_grant", "Name the callback address again.");
    const rotated = this.rules.refresh === "rotated";
    if (rotated) {
      grant.refreshToken = random(this.rules.prefixes?.[1]);
      for (const [token, one] of this.#access) if (one.grant === grant) this.#access.delete(token);
    }
    return [this.#answer(grant, rotated), 200];
  }

  #answer(grant: Grant, withRefreshToken: boolean): object {
    const { lifetime, shape, between = " " } = this.rules;
    const plain: TokenAnswer = {
      access_token: this.issue(grant),
      token_type: "Bearer",
      scope: grant.scopes.join(between),
      ...(lifetime !== undefined && { expires_in: lifetime }),
      ...(withRefreshToken && grant.refreshToken !== undefined && { refresh_token: grant.refreshToken }),
    };
    return shape?.(grant, plain) ?? plain;
  }

  #end(grant: Grant): void {
    this.#grants = this.#grants.filter((one) => one !== grant);
    for (const [token, one] of this.#access) if (one.grant === grant) this.#access.delete(token);
  }

  #now(): number {
    return this.#ground.clock().getTime();
  }
}

function split(scopes: string | null, between: string): string[] {
  return (scopes ?? "").split(between).filter(Boolean);
}
