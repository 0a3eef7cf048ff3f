import type { Socket } from "node:net";
import { join } from "node:path";
import cookie from "@fastify/cookie";
import formbody from "@fastify/formbody";
import assets from "@fastify/static";
import view from "@fastify/view";
import { Eta } from "eta";
import fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from "fastify";
import { allKinds } from "../signer/kinds.ts";
import { newId } from "../storage/id.ts";
import type { World } from "../context.ts";
import { apiRoutes, mountApi, openApi } from "./api.ts";
import { SignetError } from "../errors.ts";
import { asSignetError, problem } from "./failure.ts";
import { securityHeaders } from "./headers.ts";
import { hostGate, requireOneHost } from "./host-gate.ts";
import { registerPages, renderError } from "./pages.ts";
import { bareServer } from "./bare-server.ts";
import { registerHealth } from "./health.ts";
import { hooks } from "./hooks.ts";
import { direct, type ReadJson, type Report, type Taker } from "./direct.ts";
import type { ApiRoute } from "./route.ts";
import { proxy } from "./proxy.ts";

const ROOT = join(import.meta.dirname, "../..");
const VIEWS = join(ROOT, "views");
const API = "/api/v1";
const KIB = 1024;

export interface ServerOptions {
  logger: FastifyBaseLogger;
  trustProxy: string[];
  development: boolean;
  version: string;
}

/** The front door on one world: pages, JSON API, streaming proxy, health. */
export async function buildServer(world: World, options: ServerOptions): Promise<FastifyInstance> {
  const fixed = securityHeaders(world.publicUrl.startsWith("https:"));
  const answerJson = (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    reply.headers(fixed);
    sendProblem(reply, report(world, error, request, reply));
  };
  const takers: Taker[] = [
    proxy(world, fixed, (cause, requestId) => logFailure(world, cause, requestId, "/proxy/")),
    hooks(world, fixed, (cause, requestId) => logFailure(world, cause, requestId, "/hooks/")),
  ];
  const app = fastify({
    loggerInstance: options.logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => newId(),
    trustProxy: options.trustProxy.length > 0 ? options.trustProxy : false,
    bodyLimit: 256 * KIB,
    serverFactory: (handler) => bareServer(handler, takers),
    exposeHeadRoutes: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 200 },
    forceCloseConnections: "idle",
    // What fails before any route is found, such as an address with a broken escape.
    frameworkErrors: answerJson,
    clientErrorHandler: (error, socket) => answerUnreadable(error, socket, fixed),
  });
  const routes = await apiRoutes();
  for (const route of routes.filter((one) => one.direct)) {
    const path = API + route.path;
    const report: Report = (cause, requestId) => logFailure(world, cause, requestId, path);
    takers.push(direct(world, route, { path, fixed, readJson: jsonReader(app), report }));
  }
  // Without it a text/plain body would reach handlers unparsed and unchecked (statement W-6).
  app.removeContentTypeParser("text/plain");
  app.setErrorHandler(answerJson);
  await app.register(async (scope) => {
    secure(scope, fixed);
    registerHealth(scope, world);
  });
  await app.register(
    async (scope) => {
      secure(scope, fixed);
      scope.setNotFoundHandler((request, reply) => answerJson(nothingHere(), request, reply));
      await registerApi(scope, world, routes);
    },
    { prefix: API },
  );
  await app.register(async (scope) => {
    secure(scope, fixed);
    await registerWeb(scope, world, options);
  });
  return app;
}

/** Pages and what they are drawn with. */
async function registerWeb(scope: FastifyInstance, world: World, options: ServerOptions): Promise<void> {
  const answerPage = (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const body = report(world, error, request, reply);
    // Whatever fails while an error is drawn must not end the process.
    renderError(world, request, reply, body).catch(() => sendProblem(reply, body));
  };
  scope.setErrorHandler(answerPage);
  scope.setNotFoundHandler((request, reply) => answerPage(nothingHere(), request, reply));
  await scope.register(cookie);
  await scope.register(formbody, { bodyLimit: 256 * KIB });
  const engine = { eta: templates(options.development) };
  await scope.register(view, { engine, root: VIEWS, viewExt: "eta", production: !options.development });
  await scope.register(assets, { root: join(VIEWS, "assets"), prefix: "/assets/", cacheControl: false });
  registerFonts(scope);
  await scope.register(async (pages) => {
    pages.addHook("onRequest", hostGate(world));
    await registerPages(pages, world, options);
  });
}

function secure(scope: FastifyInstance, fixed: Record<string, string>): void {
  scope.addHook("onRequest", async (request, reply) => {
    reply.headers(fixed).header("signet-request-id", request.id);
    requireOneHost(request.raw);
    // Stylesheets and icons are the same for everybody; they are asked for again only when they changed.
    if (request.url.startsWith("/assets/")) reply.header("cache-control", "no-cache");
  });
}

/** Eta hands a page's data down into every include; a part should see only what it is given. */
function templates(development: boolean): Eta {
  const isolated = {
    processFnString: (code: string) => code.replaceAll("{...it, ...(__eta_d ?? {})}", "(__eta_d ?? {})"),
  };
  return new Eta({ views: VIEWS, cache: !development, plugins: [isolated] });
}

/** The framework's own reader, which refuses keys that could change an object's nature. */
function jsonReader(app: FastifyInstance): ReadJson {
  const parse = app.getDefaultJsonParser("error", "error");
  return (text) => {
    let read: unknown;
    // It answers at once; the request is of no use to it.
    void parse(undefined as never, text, (error, value) => {
      if (error) throw error;
      read = value;
    });
    return read;
  };
}

async function registerApi(scope: FastifyInstance, world: World, routes: ApiRoute[]): Promise<void> {
  // Many clients announce JSON also where they send nothing; that is no body, not a broken one.
  const parse = scope.getDefaultJsonParser("error", "error");
  scope.removeContentTypeParser("application/json");
  scope.addContentTypeParser("application/json", { parseAs: "string" }, (request, text, done) => {
    if (text === "") done(null, undefined);
    else void parse(request, text as string, done);
  });
  for (const route of routes.filter((one) => !one.direct)) mountApi(scope, world, route);
  const document = openApi(routes, world.publicUrl, allKinds());
  scope.get("/openapi.json", async () => document);
}

function registerFonts(app: FastifyInstance): void {
  const folder = join(ROOT, "node_modules/@fontsource-variable/inter/files");
  app.get("/assets/fonts/inter.woff2", (_request, reply) =>
    reply
      .header("cache-control", "public, max-age=31536000, immutable")
      .sendFile("inter-latin-opsz-normal.woff2", folder),
  );
}

/** What is told of a failure, after the log was told the rest; what has no code is logged and not shown. */
function report(
  world: World,
  cause: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): ReturnType<typeof problem> {
  // The route's pattern: some addresses hold a token.
  const error = logFailure(world, cause, request.id, request.routeOptions.url ?? null);
  reply.header("signet-request-id", request.id);
  if (error?.retryAfter !== undefined) reply.header("retry-after", String(error.retryAfter));
  return problem(error, request.id);
}

/** Returns what of it may be told. */
function logFailure(world: World, cause: unknown, requestId: string, path: string | null): SignetError | undefined {
  const error = asSignetError(cause);
  const facts = { request_id: requestId, path };
  if (!error) world.log.error({ ...facts, error: describe(cause) }, "internal error");
  else if (error.status >= 500)
    world.log.warn({ ...facts, code: error.code, cause: describe(error.cause) }, error.message);
  return error;
}

/** What is not even HTTP has no request to answer to; the connection ends with a problem like any other's. */
function answerUnreadable(error: Error & { code?: string }, socket: Socket, fixed: Record<string, string>): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const why = error.code === "HPE_HEADER_OVERFLOW" ? "Its head is larger than 32 KiB." : "It is not valid HTTP.";
  const body = problem(new SignetError("invalid", `The request can not be read. ${why}`), newId());
  const text = JSON.stringify(body);
  const headers = {
    ...fixed,
    "content-type": "application/problem+json; charset=utf-8",
    "content-length": String(Buffer.byteLength(text)),
    "signet-error": body.code,
    "signet-request-id": body.request_id,
    connection: "close",
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end(`HTTP/1.1 400 Bad Request\r\n${lines.join("\r\n")}\r\n\r\n${text}`);
}

function nothingHere(): SignetError {
  return new SignetError("not_found", "There is nothing at this address.");
}

export function sendProblem(reply: FastifyReply, body: ReturnType<typeof problem>): void {
  void reply
    .code(body.status)
    .headers({ "signet-error": body.code, "content-type": "application/problem+json; charset=utf-8" })
    .send(JSON.stringify(body));
}

/** Name, message and place; never the fields that libraries hang on their errors. */
export function describe(cause: unknown): string {
  return cause instanceof Error
    ? `${cause.name}: ${cause.message}\n${cause.stack?.split("\n").slice(1, 8).join("\n") ?? ""}`
    : String(cause);
}
