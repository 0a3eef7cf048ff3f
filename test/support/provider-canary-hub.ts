import { generateKeyPairSync, randomBytes } from "node:crypto";
import type { FastifyBaseLogger } from "fastify";
import { pino } from "pino";
import { compose } from "../../src/compose.ts";
import type { World } from "../../src/context.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { migrate } from "../../src/storage/migrate.ts";
import { startApp, type App, type Browser } from "./app.ts";
import { newDatabase } from "./postgres.ts";
import { Canary } from "./provider-canary.ts";
import { call, type Called } from "./provider-hub.ts";
import { newProvider, type Provider } from "./provider.ts";

const marked = (kind: string) => `${kind}-${randomBytes(12).toString("hex")}`;
/** One of each sort. The characters are those that pages, addresses and JSON write differently. */
export const SECRETS = {
  adaPassword: `${marked("pass")} <&"'> /+`,
  benPassword: `${marked("pass")} ü 100%`,
  apiKey: `${marked("key")}+/=`,
  queryKey: `${marked("key")}&?#`,
  cookieKey: marked("key"),
  bodyKey: `${marked("key")}"\\\\/`,
  basic: `${marked("basic")}:"é`,
  bearer: marked("tok"),
  replaced: marked("tok"),
  jwt: marked("key"),
  login: `${marked("pass")} "é\\`,
  password: `${marked("pass")} &=+%é`,
  privateKey: generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }) as string,
};

/** An empty hub without an admin, everything that leaves it being watched, its log at its most talkative. */
export interface CanaryHub {
  canary: Canary;
  world: World;
  app: App;
  provider: Provider;
  api(method: string, path: string, body: unknown, token: string): Promise<Called>;
  /** Opens every page that a browser can reach by links; returns how many. */
  crawl(browser: Browser): Promise<number>;
  /** Every way to send a request to the API that tells all, and some that are refused; as `status` says in the end. */
  useEverywhere(slug: string, by: { browser: Browser; tokens: string[] }, status?: number): Promise<void>;
  /** What somebody's browser goes through at the provider; the answer is where it comes back to. */
  consentTo(address: string | null, how?: { error?: string }): Promise<string>;
  /** Plants what passed by at the provider since the last time. */
  plantRound(): void;
  close(): Promise<void>;
}

export async function newCanaryHub(): Promise<CanaryHub> {
  const canary = new Canary();
  const master = randomBytes(32);
  canary.plant("master key", master.toString("latin1"));
  canary.plant("master key", master.toString("base64"));
  const database = await newDatabase("migrated", async (url) => {
    const fresh = openDatabase(url);
    await migrate(fresh);
    await fresh.close();
  });
  const log = pino({ level: "trace" }, { write: (line) => canary.saw("log", line) });
  const provider = await newProvider();
  const { world, close } = await compose({
    databaseUrl: database.url,
    dataDir: "unused",
    keys: `k1:${master.toString("base64")}`,
    outboundAllow: ["127.0.0.1/32"],
    publicUrl: "",
    log,
  });
  const app = await startApp(world, { logger: log as unknown as FastifyBaseLogger });
  const plantRound = () => {
    for (const { kind, value } of provider.seen.splice(0)) {
      // The state goes out in the address of the provider's page and to nowhere else.
      const allowed = kind === "state" ? [/^header location of (POST|GET) \/(accounts|connect|links)\//] : [];
      canary.plant(kind, value, ...allowed);
    }
  };
  const stopWatching = canary.watch(app.url);
  return {
    canary,
    world,
    app,
    provider,
    api: (method, path, body, token) => call(`${app.url}/api/v1${path}`, method, token, body),
    crawl: (browser) => crawl(app, browser),
    useEverywhere: (slug, by, status = 200) => useEverywhere(app, slug, by, status),
    consentTo: async (address, how = {}) => {
      const back = await provider.consent(address!, { as: "ben@provider.example", ...how });
      plantRound();
      return back;
    },
    plantRound,
    close: async () => {
      stopWatching();
      await app.close();
      await close();
      await database.drop();
      await provider.close();
    },
  };
}

const LEAVES = /^\/(oauth|assets|api)|[?&]cursor=/;

async function crawl(app: App, browser: Browser): Promise<number> {
  const [open, known] = [["/"], new Set(["/"])];
  for (let path; (path = open.shift());) {
    const { text } = await browser.get(path);
    for (const [, href] of text.matchAll(/(?:href|action)="([^"#]+)/g)) {
      const url = new URL(href!.replaceAll("&amp;", "&"), app.url);
      const next = url.pathname + url.search;
      // A hundred entries of the library look alike.
      const alike = url.pathname === "/services/new" && known.size > 60;
      if (url.origin !== app.url || known.has(next) || LEAVES.test(next) || alike || known.size > 250) continue;
      known.add(next);
      open.push(next);
    }
  }
  return known.size;
}

async function useEverywhere(
  app: App,
  slug: string,
  { browser, tokens }: { browser: Browser; tokens: string[] },
  status: number,
): Promise<void> {
  const api = (method: string, path: string, body?: unknown, token = tokens[0]!) =>
    call(`${app.url}/api/v1${path}`, method, token, body);
  const { body: account } = await api("GET", `/accounts/${slug}`);
  const request = { account: slug, method: "POST", url: "/echo?q=1", body: { a: 1 } };
  for (const token of tokens) {
    const answer = await api("POST", "/execute", request, token);
    if (answer.status !== status) throw new Error(`${slug} was answered with ${answer.status}: ${answer.text}`);
  }
  await api("POST", "/execute", { ...request, simulate: true });
  await api("POST", "/execute", { ...request, url: "https://evil.example/" });
  await api("POST", "/execute", { ...request, max_response_bytes: 300 });
  await api("POST", `/accounts/${slug}/test`, {});
  const form = { method: "POST", body: "a=1", headers: { "content-type": "application/x-www-form-urlencoded" } };
  for (const init of [{}, form]) {
    const headers = { ...(init as typeof form).headers, authorization: `Bearer ${tokens[0]}` };
    await fetch(`${app.url}/proxy/${slug}/echo?q=1`, { ...init, headers, redirect: "manual" });
  }
  for (const act of ["send", "preview"]) {
    await browser.post("/requests", {
      account: account.id,
      method: "POST",
      url: "/echo",
      body_kind: "json",
      body: "{}",
      act,
    });
  }
}
