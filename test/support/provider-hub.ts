import { createServer, request as httpRequest, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { SCOPES, SYSTEM, type Actor, type Scope } from "../../src/access/actor.ts";
import type { Row } from "../../src/audit/chain.ts";
import { listAudit } from "../../src/audit/browse.ts";
import { compose, contextFor } from "../../src/compose.ts";
import { issueToken } from "../../src/people/token.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { migrate } from "../../src/storage/migrate.ts";
import { startApp, type App } from "./app.ts";
import { newDatabase } from "./postgres.ts";
import { auditRows, cast, newWorld, type Cast, type TestWorld, type WorldOptions } from "./world.ts";

/** A world that listens, with its people and a token for each of them. */
export interface Served {
  hub: TestWorld;
  app: App;
  people: Cast;
  tokens: Record<"ada" | "ben" | "cleo", string>;
  /** Issues a token of a worker or bot. */
  token(actor: Actor, scopes?: readonly Scope[]): Promise<string>;
  /** A call of the JSON API; `body` is sent as JSON. */
  call(method: string, path: string, token?: string | null, body?: unknown): Promise<Called>;
  /** What the audit holds under a request's id, newest first. */
  recorded(requestId: string): Promise<Row[]>;
  /** The code with which the request to `path` failed, once that is recorded. */
  failed(path: string): Promise<string>;
  close(): Promise<void>;
}

export interface Called {
  status: number;
  // Whatever the API answered.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
  text: string;
  headers: Headers;
}

/** Two processes' worlds on one database, with the same keys. */
export async function newTwins(): Promise<{ first: TestWorld; second: TestWorld }> {
  const database = await newDatabase("migrated", async (url) => {
    const fresh = openDatabase(url);
    await migrate(fresh);
    await fresh.close();
  });
  const twin = async (drop: () => Promise<void>): Promise<TestWorld> => {
    const { world, close } = await compose({
      databaseUrl: database.url,
      dataDir: "unused",
      keys: `k1:${Buffer.alloc(32, 7).toString("base64")}`,
      outboundAllow: ["127.0.0.1/32"],
      publicUrl: "https://signet.example.com",
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    });
    const ctx = (actor: Actor = SYSTEM, more = {}) => contextFor(world, actor, more);
    return { world, databaseUrl: database.url, ctx, close: () => close().then(drop) };
  };
  return { first: await twin(database.drop), second: await twin(async () => undefined) };
}

/** @param given serves this world instead of a new one. */
export async function newServed(options: WorldOptions = {}, given?: TestWorld): Promise<Served> {
  const hub = given ?? (await newWorld({ outboundAllow: ["127.0.0.1/32"], ...options }));
  const people = await cast(hub.world);
  const app = await startApp(hub.world);
  const token = async (actor: Actor, scopes: readonly Scope[] = SCOPES) => {
    const holder = { type: actor.type as "worker" | "bot", id: actor.id! };
    const issued = await issueToken(contextFor(hub.world, SYSTEM), { holder, name: "Test", scopes, expiresAt: null });
    return issued.token;
  };
  const { ada, ben, cleo } = people;
  return {
    hub,
    app,
    people,
    tokens: { ada: await token(ada), ben: await token(ben), cleo: await token(cleo) },
    token,
    call: (method, path, by, body) => call(`${app.url}/api/v1${path}`, method, by, body),
    recorded: async (requestId) => (await listAudit(hub.ctx(ada), { q: requestId })).items,
    failed: (path) =>
      eventually(async () => {
        const rows = await auditRows(hub.world);
        const row = rows.find(({ outcome, facts }) => outcome === "failed" && facts.path === path);
        return row && String(row.facts.code);
      }, `the failure of ${path} is recorded`),
    close: async () => {
      await app.close();
      await hub.close();
    },
  };
}

/** One call of the JSON API by its whole address. */
export async function call(
  url: string,
  method: string,
  token: string | null | undefined,
  body: unknown,
): Promise<Called> {
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  if (body !== undefined) headers["content-type"] = "application/json";
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const answer = await fetch(url, init);
  const text = await answer.text();
  const isJson = /json/.test(answer.headers.get("content-type") ?? "");
  return { status: answer.status, body: isJson ? JSON.parse(text) : undefined, text, headers: answer.headers };
}

/** A provider whose every byte the test writes itself. */
export interface Scripted {
  url: string;
  /** Answers like this from now on. */
  answer(listener: RequestListener): void;
  close(): Promise<void>;
}

export async function newScripted(): Promise<Scripted> {
  let now: RequestListener = (_request, response) => response.end();
  const live = new Set<Socket>();
  const server = createServer({ maxHeaderSize: 65_536 }, (request, response) => now(request, response));
  server.on("connection", (socket) => {
    live.add(socket);
    socket.on("close", () => live.delete(socket)).on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer: (listener) => (now = listener),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of live) socket.destroy();
      await closed;
    },
  };
}

/** An HTTP request whose sending and receiving the test controls. */
export function open(url: string, options: { method?: string; headers?: Record<string, string | string[]> } = {}) {
  const sent = httpRequest(url, { method: "GET", agent: false, ...options });
  const answer = new Promise<IncomingMessage>((resolve, reject) =>
    sent.once("response", resolve).once("error", reject),
  );
  answer.catch(() => undefined);
  return { sent, answer };
}

/** The whole body; rejects when it breaks off. */
export async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Asks until the answer is not undefined, for what travels by notices or signals. Fails after ten seconds. */
export async function eventually<T>(look: () => Promise<T | undefined> | T | undefined, what: string): Promise<T> {
  for (const end = Date.now() + 10_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 20))) {
    const found = await look();
    if (found !== undefined) return found;
  }
  throw new Error(`It never came about that ${what}.`);
}
