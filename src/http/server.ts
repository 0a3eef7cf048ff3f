import { join } from "node:path";
import cookie from "@fastify/cookie";
import formbody from "@fastify/formbody";
import assets from "@fastify/static";
import view from "@fastify/view";
import { Eta } from "eta";
import fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { allKinds } from "../signer/kinds.ts";
import { newId } from "../storage/id.ts";
import type { World } from "../context.ts";
import { apiRoutes, mountApi, openApi } from "./api.ts";
import { asSignetError, problem } from "./failure.ts";
import { securityHeaders } from "./headers.ts";
import { hostGate } from "./host-gate.ts";
import { registerPages, renderError } from "./pages.ts";
import { registerProxy } from "./proxy.ts";

const ROOT = join(import.meta.dirname, "../..");
const VIEWS = join(ROOT, "views");
const KIB = 1024;

export interface ServerOptions {
  logger: FastifyBaseLogger;
  trustProxy: string[];
  development: boolean;
  version: string;
}

/** The front door on one world: pages, JSON API, streaming proxy, health. */
export async function buildServer(world: World, options: ServerOptions): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: options.logger,
    disableRequestLogging: true,
    genReqId: () => newId(),
    trustProxy: options.trustProxy.length > 0 ? options.trustProxy : false,
    bodyLimit: 256 * KIB,
    requestTimeout: 120_000,
    connectionTimeout: 0,
    keepAliveTimeout: 72_000,
    http: { maxHeaderSize: 32 * KIB, headersTimeout: 10_000 },
    exposeHeadRoutes: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 200 },
    forceCloseConnections: "idle",
  });
  // Without it a text/plain body would reach handlers unparsed and unchecked (statement W-6).
  app.removeContentTypeParser("text/plain");
  const https = world.publicUrl.startsWith("https:");
  const fixed = securityHeaders(https);
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(fixed).header("signet-request-id", request.id);
    // Stylesheets and icons are the same for everybody; they are asked for again only when they changed.
    if (request.url.startsWith("/assets/")) reply.header("cache-control", "no-cache");
  });
  app.setErrorHandler((error, request, reply) => fail(world, error, request, reply));
  app.setNotFoundHandler((request, reply) => {
    fail(world, asSignetError({ code: "FST_ERR_NOT_FOUND", statusCode: 404 }), request, reply);
  });
  await app.register(cookie);
  await app.register(formbody, { bodyLimit: 256 * KIB });
  await app.register(view, {
    engine: { eta: templates(options.development) },
    root: VIEWS,
    viewExt: "eta",
    production: !options.development,
  });
  await app.register(assets, {
    root: join(VIEWS, "assets"),
    prefix: "/assets/",
    decorateReply: true,
    cacheControl: false,
  });
  registerFonts(app);
  registerHealth(app, world);
  await app.register(async (scope) => registerProxy(scope, world));
  await app.register(async (scope) => registerApi(scope, world), { prefix: "/api/v1" });
  await app.register(async (scope) => {
    scope.addHook("onRequest", hostGate(world));
    await registerPages(scope, world, options);
  });
  return app;
}

/** Eta hands a page's data down into every include; a part should see only what it is given. */
function templates(development: boolean): Eta {
  const isolated = {
    processFnString: (code: string) => code.replaceAll("{...it, ...(__eta_d ?? {})}", "(__eta_d ?? {})"),
  };
  return new Eta({ views: VIEWS, cache: !development, plugins: [isolated] });
}

async function registerApi(scope: FastifyInstance, world: World): Promise<void> {
  const routes = await apiRoutes();
  for (const route of routes) mountApi(scope, world, route);
  const document = openApi(routes, world.publicUrl, allKinds());
  scope.get("/openapi.json", async () => document);
}

/** Process up; and, for load balancers, everything that a request needs. */
function registerHealth(app: FastifyInstance, world: World): void {
  app.get("/healthz", async () => ({ status: "ok" }));
  app.get("/readyz", async (_request, reply) => {
    try {
      await world.database.prepared("ready", "select 1", []);
      if (!world.memory.isOpen) throw new Error("no notices");
      return { status: "ready" };
    } catch {
      return reply.code(503).send({ status: "not ready" });
    }
  });
}

function registerFonts(app: FastifyInstance): void {
  const folder = join(ROOT, "node_modules/@fontsource-variable/inter/files");
  app.get("/assets/fonts/inter.woff2", (_request, reply) =>
    reply
      .header("cache-control", "public, max-age=31536000, immutable")
      .sendFile("inter-latin-opsz-normal.woff2", folder),
  );
}

/** Every failure leaves here: JSON for programs, a page for people; what has no code is logged and not shown. */
function fail(world: World, cause: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const error = asSignetError(cause);
  const path = request.url.split("?")[0]!;
  if (!error) world.log.error({ request_id: request.id, path, error: describe(cause) }, "internal error");
  else if (error.status >= 500)
    world.log.warn({ request_id: request.id, path, code: error.code, cause: describe(error.cause) }, error.message);
  if (error?.retryAfter !== undefined) reply.header("retry-after", String(error.retryAfter));
  if (/^\/(api|proxy)\//.test(path)) sendProblem(reply, problem(error, request.id));
  else void renderError(world, request, reply, problem(error, request.id));
}

export function sendProblem(reply: FastifyReply, body: ReturnType<typeof problem>): void {
  void reply
    .code(body.status)
    .headers({ "signet-error": body.code, "content-type": "application/problem+json; charset=utf-8" })
    .send(JSON.stringify(body));
}

/** Name, message and place; never the fields that libraries hang on their errors. */
function describe(cause: unknown): string {
  return cause instanceof Error
    ? `${cause.name}: ${cause.message}\n${cause.stack?.split("\n").slice(1, 8).join("\n") ?? ""}`
    : String(cause);
}
