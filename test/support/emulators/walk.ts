import { expect } from "vitest";
import { catalogEntry } from "../../../src/services/catalog.ts";
import type { WorkerActor } from "../../../src/access/actor.ts";
import { Browser, type FormFields, type Visit } from "../app.ts";
import { newServed, type Called, type Served } from "../provider-hub.ts";
import { PASSWORDS } from "../world.ts";
import { GRACE, type Ground, type Person } from "./http.ts";
import { openInternet, type Internet } from "./internet.ts";

// From the tile in the library to a disconnected account, page by page, as Ada (an admin) and Ben (a worker) do it.

/** What a person does on a provider's page of consent. */
export interface Decision {
  as?: Person;
  /** Allowed instead of what was asked for. */
  only?: string;
  decline?: boolean;
}

export class Walk implements Ground {
  readonly internet: Internet;
  readonly served: Served;
  #ahead = 0;
  readonly #browsers = new Map<keyof typeof PASSWORDS, { browser: Browser; until: number }>();

  private constructor(internet: Internet, served: Served) {
    this.internet = internet;
    this.served = served;
  }

  /** A hub with its people, and no internet but the emulators. Both go by one clock, which only pass() moves on. */
  static async begin(): Promise<Walk> {
    let walk: Walk | undefined = undefined;
    const clock = () => walk?.clock() ?? new Date();
    const internet = await openInternet();
    const served = await newServed({ outboundAllow: ["127.0.0.1/32"], clock });
    return (walk = new Walk(internet, served));
  }

  readonly clock = () => new Date(Date.now() + this.#ahead);

  get callback(): string {
    return `${this.served.app.url}/oauth/callback`;
  }

  pass({ seconds = 0, hours = 0, days = 0 }): void {
    this.#ahead += (seconds + hours * 3600 + days * 86_400) * 1000;
  }

  async end(): Promise<void> {
    await this.served.close();
    await this.internet.close();
  }

  /** As Ada: finds the entry's tile in the library, answers its prompts and creates the service; answers its id. */
  async setUp(key: string, answers: Record<string, string> = {}, name?: string): Promise<string> {
    const entry = catalogEntry(key);
    const ada = await this.browser("ada");
    const library = await ada.get(`/services/library?q=${encodeURIComponent(entry.name)}`);
    expect(library.text).toContain(`href="/services/new?catalog=${key}">${escaped(entry.name)}</a>`);
    const page = await ada.get(`/services/new?catalog=${key}`);
    for (const { label } of entry.prompts) expect(page.text).toContain(escaped(label));
    if (entry.notice !== undefined) expect(wordsOf(page)).toContain(escaped(entry.notice));
    if (entry.steps.some((step) => step.includes("{callback}"))) expect(page.text).toContain(this.callback);
    const form: FormFields = { name: name ?? entry.name };
    for (const prompt of entry.prompts) {
      const usual =
        prompt.type === "scopes" ? (entry.scopes ?? []).filter((one) => one.default).map((one) => one.name) : "";
      form[`settings.${prompt.key}`] = answers[prompt.key] ?? prompt.default ?? usual;
    }
    const created = await ada.post(`/services/new?catalog=${key}`, form);
    expect(`${created.status} ${created.status === 303 ? "" : wordsOf(created)}`).toBe("303 ");
    return created.location!.split("/").at(-1)!;
  }

  /** As Ben: follows "Link to …" to the provider, and comes back with what was decided there. */
  async consent(service: string, name: string, decision: Decision = {}): Promise<{ path: string; words: string }> {
    const departed = await (await this.browser("ben")).post("/accounts/link", { service, name });
    expect(`${departed.status} ${departed.status === 303 ? "" : wordsOf(departed)}`).toBe("303 ");
    return this.comeBack(departed.location!, decision);
  }

  /** As Ben: the same for an account that is there already; saves, and answers what its page says then. */
  async reconnect(account: string, decision: Decision = {}): Promise<string> {
    const departed = await (await this.browser("ben")).post(`/accounts/${account}/reconnect`);
    const { path } = await this.comeBack(departed.location!, decision);
    return this.#saved(path, {});
  }

  /** As Ben: links and saves; answers the account's short name. */
  async link(service: string, name: string, decision: Decision = {}): Promise<string> {
    const { path, words } = await this.consent(service, name, decision);
    expect(words).toContain("Linked as");
    await this.#saved(path, { name });
    return slugOf(name);
  }

  /** As Ben: enters a key, which is tried before it is saved; what the page says then, and whether it was taken. */
  async enter(
    service: string,
    name: string,
    secret: Record<string, string>,
  ): Promise<{ saved: boolean; words: string }> {
    const ben = await this.browser("ben");
    const fields = Object.entries(secret).map(([field, value]) => [`secret.${field}`, value]);
    const visit = await ben.post("/accounts/new", { service, name, ...Object.fromEntries(fields) });
    const saved = visit.status === 303;
    return { saved, words: wordsOf(saved ? await ben.follow(visit) : visit) };
  }

  /** Sends a request with an account over the JSON API; answers what Signet answered. */
  execute(account: string, request: object, token = this.served.tokens.ben): Promise<Called> {
    return this.served.call("POST", "/execute", token, { account, ...request });
  }

  /** What the provider answered to a request that Signet sent. */
  async answer(account: string, request: object): Promise<Called["body"]> {
    const { status, body } = await this.execute(account, request);
    expect({ status, detail: body.detail }).toEqual({ status: 200, detail: undefined });
    return body;
  }

  /** As Ben: what the page of an account says. */
  async page(account: string): Promise<string> {
    return wordsOf(await (await this.browser("ben")).get(`/accounts/${account}`));
  }

  /** As Ben: presses "Test now"; what the page says then. */
  async test(account: string): Promise<string> {
    const ben = await this.browser("ben");
    return wordsOf(await ben.follow(await ben.post(`/accounts/${account}/test`)));
  }

  /** As Ben: disconnects; what the list of accounts says then. */
  async disconnect(account: string): Promise<string> {
    const ben = await this.browser("ben");
    const gone = wordsOf(await ben.follow(await ben.post(`/accounts/${account}/disconnect`)));
    expect(await this.execute(account, { url: "/" })).toMatchObject({ status: 404 });
    return gone;
  }

  /** Somebody's browser, signed in; anew when so much time has passed that the session may have ended. */
  async browser(who: keyof typeof PASSWORDS): Promise<Browser> {
    const known = this.#browsers.get(who);
    if (known && known.until > this.#ahead) return known.browser;
    const browser = await new Browser(this.served.app).signIn(`${who}@example.com`, PASSWORDS[who]);
    this.#browsers.set(who, { browser, until: this.#ahead + 3_600_000 });
    return browser;
  }

  get ben(): WorkerActor {
    return this.served.people.ben;
  }

  /** From the provider's page back to Signet. */
  async comeBack(address: string, decision: Decision): Promise<{ path: string; words: string }> {
    const ben = await this.browser("ben");
    const back = await ben.get(await consentAt(address, decision));
    expect([back.status, back.location]).toEqual([303, expect.stringMatching(/^\/links\//)]);
    return { path: back.location!, words: wordsOf(await ben.follow(back)) };
  }

  async #saved(path: string, form: FormFields): Promise<string> {
    const ben = await this.browser("ben");
    const saved = await ben.post(`${path}/save`, form);
    expect(`${saved.status} ${saved.status === 303 ? "" : wordsOf(saved)}`).toBe("303 ");
    return wordsOf(await ben.follow(saved));
  }
}

/** Decides on the provider's page at `address`: where the browser is sent then. Throws for a page with an error. */
export async function consentAt(address: string, { as = GRACE, only, decline = false }: Decision): Promise<string> {
  const url = new URL(address);
  if (decline) url.searchParams.set("declines", "yes");
  else url.searchParams.set("consents_as", as.email);
  if (only !== undefined) url.searchParams.set("consents_to", only);
  const answer = await fetch(url, { redirect: "manual" });
  const location = answer.headers.get("location");
  if (location === null) throw new Error(`The provider answered ${answer.status}: ${await answer.text()}`);
  return location;
}

/** What a page says, without its tags. */
export function wordsOf(visit: Visit): string {
  return visit.text
    .replace(/<(script|style|svg)[\s\S]*?<\/\1>/g, " ")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ");
}

export function slugOf(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
}

/** As texts stand in a page. */
function escaped(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;").replaceAll("'", "&#39;");
}
