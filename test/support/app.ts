import { createServer, type AddressInfo } from "node:net";
import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import { pino } from "pino";
import type { World } from "../../src/context.ts";
import { buildServer, type ServerOptions } from "../../src/http/server.ts";

export interface App {
  /** Where it listens, which is also the world's public address from now on. */
  url: string;
  close(): Promise<void>;
}

/** Serves the world on a free port of loopback; the world's public address becomes that one. */
export async function startApp(world: World, options: Partial<ServerOptions> = {}): Promise<App> {
  for (let tries = 5; ; tries--) {
    const port = await freePort();
    world.publicUrl = `http://127.0.0.1:${port}`;
    const app = await build(world, options);
    try {
      await app.listen({ port, host: "127.0.0.1" });
      return { url: world.publicUrl, close: () => app.close() };
    } catch (error) {
      // Somebody else took the port in between.
      await app.close();
      if (tries === 0 || (error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    }
  }
}

async function build(world: World, options: Partial<ServerOptions>): Promise<FastifyInstance> {
  const logger = pino({ level: "silent" }) as FastifyBaseLogger;
  return buildServer(world, { logger, trustProxy: [], development: false, version: "0.0.0", ...options });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface Visit {
  status: number;
  text: string;
  headers: Headers;
  /** Where a redirect leads: a path of the app, or a whole address elsewhere; null when it is none. */
  location: string | null;
}

export type FormFields = Record<string, string | string[]>;

/** A small browser: keeps cookies, says where its requests come from, follows no redirect by itself. */
export class Browser {
  readonly #app: string;
  readonly #cookies = new Map<string, string>();

  constructor(app: App | string) {
    this.#app = typeof app === "string" ? app : app.url;
  }

  /** The value of a cookie; undefined when there is none. */
  cookie(name: string): string | undefined {
    return this.#cookies.get(name);
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Visit> {
    return this.#send(path, { method: "GET", headers: { "sec-fetch-site": "same-origin", ...headers } });
  }

  /** Sends a form; `headers` override what a page of the app itself would send. */
  post(path: string, form: FormFields = {}, headers: Record<string, string> = {}): Promise<Visit> {
    const body = new URLSearchParams();
    for (const [name, value] of Object.entries(form)) for (const one of [value].flat()) body.append(name, one);
    const own = { origin: this.#app, "sec-fetch-site": "same-origin" };
    return this.#send(path, { method: "POST", body, headers: { ...own, ...headers } });
  }

  /** Goes on to where a redirect leads. */
  async follow(visit: Visit): Promise<Visit> {
    if (visit.location === null) throw new Error(`This answer leads nowhere (${visit.status}).`);
    return this.get(visit.location);
  }

  /** Signs in with the form. Throws when that is refused. */
  async signIn(email: string, password: string): Promise<this> {
    const visit = await this.post("/sign-in", { email, password });
    if (visit.status !== 303) throw new Error(`Signing in as ${email} was answered with ${visit.status}.`);
    return this;
  }

  async #send(path: string, init: RequestInit & { headers: Record<string, string> }): Promise<Visit> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = cookie === "" ? init.headers : { ...init.headers, cookie };
    const response = await fetch(new URL(path, this.#app), { ...init, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    const location = response.headers.get("location");
    const text = await response.text();
    return { status: response.status, text, headers: response.headers, location: location && this.#pathOf(location) };
  }

  #keep(line: string): void {
    const [pair, ...attributes] = line.split(";");
    const at = pair!.indexOf("=");
    const [name, value] = [pair!.slice(0, at).trim(), pair!.slice(at + 1)];
    const ended = attributes.some((attribute) => /^\s*(max-age=0|expires=Thu, 01 Jan 1970.*)$/i.test(attribute));
    if (ended || value === "") this.#cookies.delete(name);
    else this.#cookies.set(name, value);
  }

  #pathOf(location: string): string {
    const url = new URL(location, this.#app);
    return url.origin === this.#app ? url.pathname + url.search + url.hash : url.href;
  }
}
