import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { isAdmin } from "../access/actor.ts";
import { countWaiting } from "../accounts/waiting.ts";
import { contextFor } from "../compose.ts";
import { countUnread } from "../notices/browse.ts";
import type { Context, World } from "../context.ts";
import { SignetError } from "../errors.ts";
import { bad, type Answer, type Flash } from "./answer.ts";
import type { problem } from "./failure.ts";
import { actorOfCookie, refuseCrossOrigin } from "./gate.ts";
import { EventStreams } from "./event-streams.ts";
import { contentSecurityPolicy } from "./headers.ts";
import { ownOrigins } from "./host-gate.ts";
import type { Incoming, PageRoute } from "./route.ts";

/** What a cookie may say on a page: a sentence, and a path of this hub. */
const flashSchema = z.object({
  kind: z.enum(["good", "warn", "bad", "info"]),
  text: z.string().max(500),
  href: z
    .string()
    .regex(/^\/(?!\/)/)
    .optional(),
  action: z.string().max(60).optional(),
  post: z.literal(true).optional(),
});

const FOLDER = join(import.meta.dirname, "routes");
/** Where failures are told of addresses with something in them that must not stay in the address bar (statement O-14). */
const TOLD_AT = new Map([["/oauth/callback", "/oauth/nothing-linked"]]);
const SECTIONS = ["services", "accounts", "bots", "requests", "audit", "people", "settings", "notices"];
/** Sessions end by themselves after seven days; the cookie does not outlive them. */
const SESSION_SECONDS = 7 * 24 * 3600;
const YEAR_SECONDS = 365 * 24 * 3600;

interface Frame {
  development: boolean;
  version: string;
}

/** Serves every page: one file each under routes, default-exporting a list. */
export async function registerPages(scope: FastifyInstance, world: World, frame: Frame): Promise<void> {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith(".ts")).sort();
  const files = await Promise.all(names.map((name) => import(join(FOLDER, name)) as Promise<{ default: PageRoute[] }>));
  const cookies = new Cookies(world.publicUrl.startsWith("https:"));
  const origins = ownOrigins(world.publicUrl);
  const streams = new EventStreams();
  scope.addHook("preClose", async () => streams.close());
  for (const route of files.flatMap((file) => file.default)) {
    if (route.development && !frame.development) continue;
    scope.route({
      method: route.method,
      url: route.path,
      ...(route.bodyLimit === undefined ? {} : { bodyLimit: route.bodyLimit }),
      handler: async (request, reply) => {
        if (route.method === "POST") refuseCrossOrigin(request.headers, origins);
        const { actor, session } = await actorOfCookie(world, cookies.session(request));
        const ctx = contextFor(world, actor, { requestId: request.id, session });
        const entry = admit(ctx, route, request);
        if (entry) return reply.redirect(entry, 303);
        const answer = await route.handle(ctx, incoming(request, reply, cookies));
        switch (answer.type) {
          case "redirect":
            return lead(reply, cookies, answer);
          case "json":
            return reply.send(answer.body);
          case "download":
            return hand(reply, answer);
          case "events":
            return streams.open(reply, session, answer.follow, async () => {
              const { actor, session } = await actorOfCookie(world, cookies.session(request));
              return actor.type === "worker" ? contextFor(world, actor, { session }) : undefined;
            });
          case "view":
            return show(ctx, request, reply, cookies, frame, answer);
        }
      },
    });
  }
}

/** The page of an error, in the frame that fits who is asking. Errors without a session still look like Signet. */
export async function renderError(
  world: World,
  request: FastifyRequest,
  reply: FastifyReply,
  body: ReturnType<typeof problem>,
): Promise<void> {
  const cookies = new Cookies(world.publicUrl.startsWith("https:"));
  const elsewhere = TOLD_AT.get(request.routeOptions.url ?? "");
  // What a browser loads ahead is refused where it stands, so that the real visit comes here again.
  if (elsewhere !== undefined && body.code !== "forbidden") {
    reply.header("signet-error", body.code);
    return void lead(reply, cookies, { type: "redirect", to: elsewhere, flash: bad(body.detail) });
  }
  const known = await actorOfCookie(world, cookies.session(request)).catch(() => undefined);
  const me = known?.actor.type === "worker" ? known.actor : null;
  reply.code(body.status).header("signet-error", body.code);
  const page = { title: body.title, section: null, me, flash: null, path: "", version: "" };
  const html = await reply
    .viewAsync("error.eta", { page, problem: body })
    .catch(() => `<!doctype html><title>${body.status}</title><h1>${body.status}</h1>`);
  if (!reply.sent) await reply.type("text/html; charset=utf-8").send(html);
}

/** Where somebody is sent who may not be here yet; undefined when they may. Throws `forbidden` for non-admins. */
function admit(ctx: Context, route: PageRoute, request: FastifyRequest): string | undefined {
  if (route.access === "public") return undefined;
  if (ctx.actor.type !== "worker") {
    return request.method === "GET" && request.url !== "/"
      ? `/sign-in?next=${encodeURIComponent(request.url)}`
      : "/sign-in";
  }
  if (route.access === "admin" && !isAdmin(ctx.actor))
    throw new SignetError("forbidden", "This page is for admins. Ask one of them.");
  return undefined;
}

function incoming(request: FastifyRequest, reply: FastifyReply, cookies: Cookies): Incoming {
  const url = new URL(request.url, "http://hub.invalid");
  return {
    path: url.pathname,
    params: request.params as Record<string, string>,
    query: Object.fromEntries(url.searchParams),
    search: url.searchParams,
    form: (request.body ?? {}) as Incoming["form"],
    browser: cookies.browser(request, reply),
    sessionToken: cookies.session(request),
    userAgent: String(request.headers["user-agent"] ?? "").slice(0, 200),
    address: request.ip,
    headers: request.headers,
  };
}

function lead(reply: FastifyReply, cookies: Cookies, answer: Answer & { type: "redirect" }): FastifyReply {
  if (answer.flash) cookies.setFlash(reply, answer.flash);
  if (answer.session !== undefined) cookies.setSession(reply, answer.session);
  if (answer.clearSiteData) reply.header("clear-site-data", '"cache", "storage"');
  return reply.redirect(answer.to, 303);
}

function hand(reply: FastifyReply, answer: Answer & { type: "download" }): FastifyReply {
  return reply
    .header("content-disposition", `attachment; filename="${answer.name}"`)
    .type(answer.contentType)
    .send(Readable.from(answer.chunks));
}

async function show(
  ctx: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  cookies: Cookies,
  frame: Frame,
  answer: Answer & { type: "view" },
) {
  const path = request.url.split("?")[0]!;
  const section =
    SECTIONS.find((name) => path === `/${name}` || path.startsWith(`/${name}/`)) ?? (path === "/" ? "home" : null);
  const me =
    ctx.actor.type === "worker"
      ? { id: ctx.actor.id, name: ctx.actor.name, email: ctx.actor.email, role: ctx.actor.role }
      : null;
  const flash = cookies.takeFlash(request, reply);
  const [waiting, unread] = me ? await Promise.all([countWaiting(ctx), countUnread(ctx)]) : [0, 0];
  const page = {
    title: "Signet",
    section,
    me,
    flash,
    path,
    version: frame.version,
    waiting,
    unread,
    ...(answer.data.page as object | undefined),
  };
  if (answer.formAction !== undefined)
    reply.header("content-security-policy", contentSecurityPolicy(answer.formAction));
  const html = await reply.viewAsync(`${answer.view}.eta`, { ...answer.data, page });
  return reply.code(answer.status).type("text/html; charset=utf-8").send(html);
}

/** The three cookies; over https their names carry the __Host- prefix (statement W-5). */
class Cookies {
  readonly #prefix: string;
  readonly #options;

  constructor(https: boolean) {
    this.#prefix = https ? "__Host-" : "";
    this.#options = { path: "/", httpOnly: true, secure: https, sameSite: "lax" as const };
  }

  session(request: FastifyRequest): string | undefined {
    // They are not read yet when a request fails at its very beginning; the types do not know that.
    return (request.cookies as FastifyRequest["cookies"] | null)?.[`${this.#prefix}signet`];
  }

  setSession(reply: FastifyReply, token: string | null): void {
    if (token === null) reply.clearCookie(`${this.#prefix}signet`, this.#options);
    else reply.setCookie(`${this.#prefix}signet`, token, { ...this.#options, maxAge: SESSION_SECONDS });
  }

  browser(request: FastifyRequest, reply: FastifyReply): string {
    const name = `${this.#prefix}signet_browser`;
    const known = request.cookies[name];
    if (known !== undefined && /^[\w-]{43}$/.test(known)) return known;
    const fresh = randomBytes(32).toString("base64url");
    reply.setCookie(name, fresh, { ...this.#options, maxAge: YEAR_SECONDS });
    return fresh;
  }

  setFlash(reply: FastifyReply, flash: Flash): void {
    reply.setCookie(`${this.#prefix}signet_flash`, Buffer.from(JSON.stringify(flash)).toString("base64url"), {
      ...this.#options,
      maxAge: 60,
    });
  }

  takeFlash(request: FastifyRequest, reply: FastifyReply): Flash | null {
    const name = `${this.#prefix}signet_flash`;
    const text = request.cookies[name];
    if (text === undefined) return null;
    reply.clearCookie(name, this.#options);
    try {
      const flash: unknown = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
      return flashSchema.parse(flash);
    } catch {
      return null;
    }
  }
}
