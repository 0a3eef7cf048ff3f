import { createHash, createHmac } from "node:crypto";
import type { FilledEntry } from "../../src/services/catalog.ts";
import type { Settings } from "../../src/signer/oauth2/settings.ts";
import type { Arrived, Reply } from "./contract-wire.ts";

// A provider that is made of nothing but what a catalog entry says of it, and holds every request to that. It is
// written from the provider's side and shares no code with the client.

export const CALLBACK = "https://signet.example/oauth/callback";
const SCOPE_BETWEEN = { " ": " ", ",": ",", "+": " " };

export class ContractProvider {
  /** What a request did otherwise than the entry says. */
  readonly wrong: string[] = [];
  readonly revoked: string[] = [];
  refreshes = 0;
  readonly #entry: FilledEntry & { test?: Record<string, unknown> };
  readonly #set: Settings;
  readonly #access = new Set<string>();
  readonly #refresh = new Set<string>();
  #code: { value: string; challenge: string | null; redirectUri: string; state: string } | undefined;
  #number = 0;
  #exchanged = false;
  #entered: Record<string, string> = {};

  constructor(entry: FilledEntry, settings: Settings) {
    this.#entry = entry as FilledEntry & { test?: Record<string, unknown> };
    this.#set = settings;
  }

  /** What a person's browser brings back after they agreed. */
  consent(address: URL): Record<string, string> {
    const set = this.#set;
    const query = Object.fromEntries(address.searchParams);
    const omitted = new Set<string>(set.authorize_omit);
    const expected = new URL(set.authorize_url!);
    this.#must(address.origin + address.pathname === expected.origin + expected.pathname, "authorize address");
    for (const [name, value] of [...expected.searchParams, ...Object.entries(set.authorize_params)])
      this.#must(query[name] === value, `authorize ${name}`);
    const clientId = set.client_id_param ?? "client_id";
    this.#given(query, clientId, omitted.has("client_id") ? undefined : set.client_id);
    this.#given(query, "response_type", omitted.has("response_type") ? undefined : "code");
    const redirect = query[set.redirect_uri_param ?? "redirect_uri"];
    const state = set.state_in_redirect_uri ? new URL(redirect!).searchParams.get("state")! : query.state!;
    this.#must(state.length > 20, "state");
    const callback = set.state_in_redirect_uri ? `${CALLBACK}?state=${state}` : CALLBACK;
    const uri = set.redirect_uri_alias ?? callback;
    this.#must(redirect === (omitted.has("redirect_uri") ? undefined : uri), "redirect_uri");
    this.#scopes(query.scope, omitted.has("scope") ? [] : [...set.scopes, ...(set.offline_scopes ?? [])]);
    if (set.user_scopes_param !== undefined) this.#scopes(query[set.user_scopes_param], set.user_scopes);
    this.#must(set.pkce === (query.code_challenge_method === "S256"), "PKCE");
    this.#must(!set.pkce_required || query.code_challenge !== undefined, "PKCE is required");
    this.#code = { value: `code-${++this.#number}`, challenge: query.code_challenge ?? null, redirectUri: uri, state };
    return this.#signed({ state, ...this.#brought(), ...set.callback_expect, ...this.#places(set.callback_metadata) });
  }

  /** A client, person or key that wins access without anybody's consent, as they were entered. */
  entered(secret: Record<string, unknown>): void {
    this.#entered = secret as Record<string, string>;
  }

  /** Any request at any of its addresses. */
  answer(request: Arrived): Reply {
    const set = this.#set;
    const at = (address: string | undefined, place = this.#there(address)) =>
      place !== undefined && request.url.host + request.url.pathname === new URL(place).host + new URL(place).pathname;
    const { grant, token } = this.#asked(request);
    if (at(set.exchange_url) && (set.exchange_method ?? "GET") === request.method && !grant.startsWith("auth"))
      return this.#exchange(request);
    if (at(set.refresh_url ?? set.token_url) && token !== undefined) return this.#renew(request);
    if (at(set.token_url)) return this.#code === undefined ? this.#win(request) : this.#trade(request);
    if (at(set.revoke_url && this.fill(set.revoke_url))) return this.#revoke(request);
    if (at(set.metadata_url && this.fill(set.metadata_url))) return this.#tell(request);
    return this.#api(request);
  }

  /** A text of the entry as this provider understands it. */
  fill(text: string, token = ""): string {
    const known: Record<string, string> = {
      "client.id": this.#set.client_id ?? "",
      "client.secret": this.#set.client_secret ?? "",
      "token.access": token,
      token,
      "callback.state": this.#code?.state ?? "",
      ...this.learned(),
    };
    return text.replace(/\{([a-z][a-z0-9_.]*)\}/g, (blank, name: string) => known[name] ?? blank);
  }

  /** What an account of this provider is known by: a host where a host belongs, a number everywhere else. */
  learned(): Record<string, string> {
    const { metadata, token_metadata, callback_metadata } = this.#set;
    const names = Object.keys({ ...metadata, ...token_metadata, ...callback_metadata });
    return Object.fromEntries(
      names.map((name) => {
        const chosen = callback_metadata?.[name]?.split(" ")[0] === this.#set.token_host_from && this.#chosen();
        const host = this.#entry.base_url?.startsWith(`https://{${name}}`) ? this.#host() : "77001";
        return [name, chosen || host];
      }),
    );
  }

  knows(access: string): boolean {
    return this.#access.has(access);
  }

  #trade(request: Arrived): Reply {
    const set = this.#set;
    const sent = this.#fields(request, set.token_body);
    const omitted = new Set<string>(set.token_omit);
    this.#client(request, sent, set.token_auth, this.#code!.value);
    this.#given(sent, "grant_type", omitted.has("grant_type") ? undefined : "authorization_code");
    this.#given(sent, "code", this.#code!.value);
    this.#given(sent, "redirect_uri", omitted.has("redirect_uri") ? undefined : this.#code!.redirectUri);
    const proof = createHash("sha256")
      .update(sent.code_verifier ?? "")
      .digest("base64url");
    this.#must(this.#code!.challenge === (set.pkce ? proof : null), "code_verifier");
    for (const [name, text] of Object.entries(set.token_params)) this.#given(sent, name, this.fill(text));
    if (set.scope_in_token_call) this.#scopes(sent.scope, set.scopes);
    return { json: this.#granted(true) };
  }

  /** By the grants that need no consent. */
  #win(request: Arrived): Reply {
    const set = this.#set;
    const sent = this.#fields(request, set.token_body);
    const own = { client_id: this.#entered.client_id, client_secret: this.#entered.client_secret };
    if (set.grant !== "jwt_bearer" || set.client_id !== undefined)
      this.#client(request, sent, set.token_auth, "", set.client_id === undefined ? own : set);
    const usual = set.grant === "jwt_bearer" ? "urn:ietf:params:oauth:grant-type:jwt-bearer" : set.grant;
    this.#given(sent, "grant_type", set.grant_type ?? usual);
    for (const [name, text] of Object.entries(set.token_params)) this.#given(sent, name, text);
    if (set.grant === "password") this.#given(sent, "username", this.#entered.username);
    if (set.grant === "jwt_bearer") this.#must(sent.assertion?.split(".").length === 3, "assertion");
    else this.#scopes(sent.scope, set.scopes);
    return { json: this.#granted(true) };
  }

  #exchange(request: Arrived): Reply {
    const sent = this.#fields(request, undefined);
    const held = [...this.#access].at(-1)!;
    for (const [name, text] of Object.entries(this.#set.exchange_params ?? {}))
      this.#given(sent, name, this.fill(text, held));
    this.#access.clear();
    this.#exchanged = true;
    return { json: this.#granted(false) };
  }

  #renew(request: Arrived): Reply {
    const set = this.#set;
    this.refreshes++;
    this.#must(request.method === (set.refresh_method ?? "POST"), "method of a refresh");
    const sent = this.#fields(request, set.token_body);
    const { token } = this.#asked(request);
    const held = set.refresh_with === "access_token" ? this.#access : this.#refresh;
    this.#must(held.delete(token!), "a refresh token that is known");
    if (request.method === "POST") this.#client(request, sent, set.refresh_auth ?? set.token_auth, token!);
    this.#given(sent, "grant_type", set.refresh_grant ?? "refresh_token");
    for (const [name, text] of Object.entries(set.refresh_params)) this.#given(sent, name, this.fill(text));
    if (set.repeat_redirect_uri_on_refresh) this.#given(sent, "redirect_uri", set.redirect_uri_alias ?? CALLBACK);
    this.#access.clear();
    return { json: this.#granted(true) };
  }

  #revoke(request: Arrived): Reply {
    const set = this.#set;
    this.#must(request.method === (set.revoke_method ?? "POST"), "method of a revocation");
    const inQuery = set.revoke_body === undefined && request.method !== "POST";
    const sent = inQuery ? Object.fromEntries(request.url.searchParams) : this.#fields(request, set.revoke_body);
    const byToken = set.revoke_auth === "token";
    const params = set.revoke_params ?? (byToken ? {} : { token: "{token}" });
    const place = Object.entries(params).find(([, text]) => text === "{token}")?.[0];
    const named = (byToken ? this.#attached(request) : place && sent[place]) ?? [...this.#access].at(-1)!;
    this.#must(this.knows(named) || this.#refresh.has(named) || this.revoked.length > 0, "a token to revoke");
    for (const [name, text] of Object.entries(params)) this.#given(sent, name, this.fill(text, named));
    for (const [name, text] of Object.entries(set.revoke_headers ?? {}))
      this.#must(request.headers.get(name) === this.fill(text, named), `revocation header ${name}`);
    if (!["token", "nothing"].includes(set.revoke_auth ?? ""))
      this.#client(request, sent, (set.revoke_auth as Settings["token_auth"]) ?? set.token_auth, "");
    this.revoked.push(named);
    this.#access.delete(named);
    if (this.#refresh.delete(named) || this.#refresh.size === 0) this.#access.clear();
    return { json: this.#good({}) };
  }

  #tell(request: Arrived): Reply {
    this.#must(this.knows(this.#attached(request) ?? ""), "the token where what is to be learned is asked");
    return { json: this.#identified(this.#placed({}, this.#set.metadata, "")) };
  }

  #api(request: Arrived): Reply {
    if (!this.knows(this.#attached(request) ?? "")) return { status: 401, json: { error: "unknown token" } };
    const set = this.#set;
    this.#must(set.exchange_url === undefined || this.#exchanged, "a token that was swapped for a lasting one");
    for (const [name, text] of Object.entries({ ...this.#entry.headers, ...set.request_headers }))
      this.#must(request.headers.get(name) === this.fill(text), `header ${name}: ${request.headers.get(name)}`);
    for (const [name, text] of Object.entries(set.request_query ?? {}))
      this.#must(request.url.searchParams.get(name) === this.fill(text), `parameter ${name}`);
    if (set.token_proof_param !== undefined) {
      const proof = createHmac("sha256", set.client_secret!).update(this.#attached(request)!).digest("hex");
      this.#must(request.url.searchParams.get(set.token_proof_param) === proof, "proof of the token");
    }
    return { json: this.#identified({}) };
  }

  /** What the test request is answered with, where nothing is there yet. */
  #identified(answer: object): object {
    const { identity, success } = (this.#entry.test ?? {}) as {
      identity?: { id?: string; label?: string };
      success?: { path: string; equals?: unknown };
    };
    const list = [identity?.id, identity?.label].some((where) => where !== undefined && /^\d/.test(where));
    const whole = list && !Array.isArray(answer) ? [] : answer;
    if (identity?.id) put(whole, identity.id, "id-1");
    if (identity?.label) put(whole, identity.label, "Ada");
    if (success && success.equals !== undefined) put(whole, success.path, success.equals);
    return whole;
  }

  /** A token answer in the shape that the entry describes; `wrapped` where the token endpoint itself answers. */
  #granted(wrapped: boolean): object {
    const set = this.#set;
    const number = ++this.#number;
    const inner: object = {};
    const access = `access-token-${number}`;
    this.#access.add(access);
    put(inner, set.token_field ?? "access_token", access);
    if (set.refresh_with !== "access_token" && wrapped && set.exchange_url === undefined) {
      this.#refresh.add(`refresh-token-${number}`);
      put(inner, set.refresh_token_field ?? "refresh_token", `refresh-token-${number}`);
    }
    put(inner, set.scope_field ?? "scope", [...set.scopes, ...set.user_scopes]);
    const soon = new Date(Date.UTC(2026, 10, 5, 13)).toISOString();
    if (set.expires_at_field) put(inner, set.expires_at_field, soon);
    else put(inner, set.expires_in_field ?? "expires_in", 3600);
    if (set.refresh_expires_in_field) put(inner, set.refresh_expires_in_field, 86_400);
    put(inner, "token_type", set.token_types?.[0] ?? (set.prefix === "" ? "bearer" : set.prefix));
    const answer = this.#placed({}, set.token_metadata ?? {}, wrapped ? "https://" : "");
    if (set.base_url_from) put(answer, set.base_url_from, `https://${this.#host()}`);
    for (const [where, value] of [
      [set.identity_from, "identity-1"],
      [set.label_from, "Ada at consent"],
    ] as const)
      if (where && !where.startsWith("id_token.")) put(answer, where, value);
    const claims = {
      aud: set.client_id,
      sub: "identity-1",
      oid: "identity-1",
      email: "Ada at consent",
      preferred_username: "Ada at consent",
    };
    put(answer, "id_token", `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.c2ln`);
    if (set.token_path === undefined || !wrapped) return this.#good({ ...answer, ...inner });
    for (const [name, value] of Object.entries(inner)) put(answer, `${set.token_path}.${name}`, value);
    return this.#good(answer);
  }

  #good(answer: object): object {
    for (const [where, value] of Object.entries(this.#set.answer_success ?? {}))
      put(answer, where, /^\d+$/.test(value) ? Number(value) : value);
    return answer;
  }

  #placed(answer: object, places: Record<string, string>, scheme: string): object {
    const whole = Object.values(places).some((where) => /^\d/.test(where)) ? [] : answer;
    for (const [name, where] of Object.entries(places)) {
      const value = this.learned()[name]!;
      put(whole, where, value === "77001" ? value : scheme + value);
    }
    return whole;
  }

  #places(places: Record<string, string> = {}): Record<string, string> {
    const values = Object.entries(places).map(([name, from]) => {
      const [parameter, pattern = "*"] = from.split(" ");
      return [parameter!, pattern.replace(/[*#]/, this.learned()[name]!)];
    });
    return Object.fromEntries(values);
  }

  #brought(): Record<string, string> {
    const set = this.#set;
    const chosen = this.#chosen();
    const where = set.token_host_from === undefined ? {} : { [set.token_host_from]: `https://${chosen}/` };
    const iss: Record<string, string> = set.issuer === undefined ? {} : { iss: set.issuer };
    if (set.token_in_callback === undefined) return { ...iss, [set.code_param ?? "code"]: this.#code!.value, ...where };
    const token = `access-token-${++this.#number}`;
    this.#access.add(token);
    return { ...iss, [set.token_in_callback]: token, ...where };
  }

  #signed(query: Record<string, string>): Record<string, string> {
    const name = this.#set.callback_hmac_param;
    if (name === undefined) return query;
    const text = Object.keys(query)
      .sort()
      .map((key) => `${key}=${query[key]}`)
      .join("&");
    return { ...query, [name]: createHmac("sha256", this.#set.client_secret!).update(text).digest("hex") };
  }

  #chosen(): string | undefined {
    return this.#set.token_host_from === undefined ? undefined : this.#set.token_hosts!.at(-1);
  }

  /** The address in the data centre that the callback named. */
  #there(address: string | undefined): string | undefined {
    const chosen = this.#chosen();
    if (address === undefined || chosen === undefined) return address;
    const { host } = new URL(address);
    return [new URL(this.#set.token_url!).host, ...this.#set.token_hosts!].includes(host)
      ? address.replace(host, chosen)
      : address;
  }

  #host(): string {
    const rule = this.#entry.hosts[0]!;
    return rule.startsWith("*.") ? `tenant${rule.slice(1)}` : rule;
  }

  #asked(request: Arrived): { grant: string; token: string | undefined } {
    const all = { ...Object.fromEntries(request.url.searchParams), ...parsed(request) };
    const held = this.#set.refresh_with === "access_token" ? this.#access : this.#refresh;
    const token = all[this.#set.refresh_token_param ?? "refresh_token"];
    const refresh = (this.#set.refresh_grant ?? "refresh_token") === all.grant_type;
    return { grant: all.grant_type ?? "auth", token: refresh && token && held.has(token) ? token : undefined };
  }

  #attached(request: Arrived): string | undefined {
    const { token_query_param, header, prefix } = this.#set;
    if (token_query_param) return request.url.searchParams.get(token_query_param) ?? undefined;
    const value = request.headers.get(header) ?? "";
    const word = prefix === "" ? "" : `${prefix} `;
    return value.startsWith(word) ? value.slice(word.length) : undefined;
  }

  #client(
    request: Arrived,
    sent: Record<string, string>,
    auth: Settings["token_auth"],
    code: string,
    client: { client_id?: string | undefined; client_secret?: string | undefined } = this.#set,
  ): void {
    const set = this.#set;
    const how = auth ?? (client.client_secret === undefined ? "none" : "basic");
    const idName = set.client_id_param ?? "client_id";
    const secretName = set.client_secret_param ?? "client_secret";
    if (set.client_hash_param !== undefined && code !== "") {
      const text = this.fill(set.client_hash_of!).replace("{code}", code);
      this.#given(sent, set.client_hash_param, createHash("sha256").update(text).digest("hex"));
      this.#given(sent, secretName, undefined);
      return this.#given(sent, idName, set.client_id);
    }
    const pair = Buffer.from(`${client.client_id}:${client.client_secret}`).toString("base64");
    this.#must((request.headers.get("authorization") === `Basic ${pair}`) === (how === "basic"), "Basic");
    this.#given(sent, idName, how === "basic" ? undefined : client.client_id);
    this.#given(sent, secretName, how === "body" ? client.client_secret : undefined);
  }

  #fields(request: Arrived, body: "form" | "json" | undefined): Record<string, string> {
    if (request.method === "GET") return Object.fromEntries(request.url.searchParams);
    const type = body === "json" ? "application/json" : "application/x-www-form-urlencoded";
    this.#must(request.headers.get("content-type") === type, `content type ${type}`);
    return parsed(request);
  }

  #scopes(given: string | undefined, wanted: string[]): void {
    const all = [...new Set(wanted)];
    const between = SCOPE_BETWEEN[this.#set.scope_delimiter];
    this.#must(given === (all.length === 0 ? undefined : all.join(between)), `scopes ${given}`);
  }

  #given(sent: Record<string, string>, name: string, wanted: string | undefined): void {
    this.#must(sent[name] === wanted, `${name}: ${sent[name]} instead of ${wanted}`);
  }

  #must(holds: boolean, what: string): void {
    if (!holds) this.wrong.push(what);
  }
}

function parsed({ headers, body }: Arrived): Record<string, string> {
  if (body === "") return {};
  const json = headers.get("content-type") === "application/json";
  return json ? (JSON.parse(body) as Record<string, string>) : Object.fromEntries(new URLSearchParams(body));
}

/** Puts a value where a dotted path says, if there is none; numbers make lists. */
function put(at: object, dotted: string, value: unknown): void {
  const steps = dotted.split(/(?<!\\)\./).map((step) => step.replaceAll("\\.", "."));
  const last = steps.pop()!;
  let here = at as Record<string, unknown>;
  steps.forEach((step, index) => {
    const next = steps[index + 1] ?? last;
    here[step] ??= /^\d+$/.test(next) ? [] : {};
    here = here[step] as Record<string, unknown>;
  });
  here[last] ??= value;
}
