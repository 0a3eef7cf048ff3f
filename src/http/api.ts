import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { ANONYMOUS } from "../access/actor.ts";
import { contextFor } from "../compose.ts";
import type { World } from "../context.ts";
import { STATUS } from "../errors.ts";
import type { Kind } from "../signer/kind.ts";
import { actorOfToken, bearerToken, requireScope } from "./gate.ts";
import { Text, type ApiRoute } from "./route.ts";

const FOLDER = join(import.meta.dirname, "routes/api");

/** All resources: one file each under routes/api, default-exporting a list. */
export async function apiRoutes(): Promise<ApiRoute[]> {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith(".ts")).sort();
  const files = await Promise.all(names.map((name) => import(join(FOLDER, name)) as Promise<{ default: ApiRoute[] }>));
  return files.flatMap((file) => file.default);
}

/** Serves one resource. Tokens only: a cookie never authenticates here, so no other site can act (statement W-7). */
export function mountApi(scope: FastifyInstance, world: World, route: ApiRoute): void {
  scope.route({
    method: route.method,
    url: route.path.replace(/\{(\w+)\}/g, ":$1"),
    ...(route.bodyLimit === undefined ? {} : { bodyLimit: route.bodyLimit }),
    handler: async (request, reply) => {
      const token =
        bearerToken(request.headers.authorization) ?? (request.headers["signet-token"] as string | undefined);
      const result = await serveApi(world, route, {
        token,
        requestId: request.id,
        params: request.params as Record<string, string>,
        query: request.query,
        body: () => request.body ?? {},
      });
      reply.code(result === undefined ? 204 : (route.status ?? 200));
      if (result instanceof Text) return reply.type(`${result.contentType}; charset=utf-8`).send(result.text);
      return result;
    },
  });
}

/** What a request brings to a resource, whatever server took it. */
interface Call {
  token: string | undefined;
  requestId: string;
  params: Record<string, string>;
  query: unknown;
  /** Read once it is known who calls: strangers send nothing that is kept. */
  body(): unknown;
}

/** Asks who calls, checks what came against the route's schemas, and does it. */
export async function serveApi(world: World, route: ApiRoute, call: Call): Promise<unknown> {
  const known = route.scope === "public" ? ANONYMOUS : actorOfToken(world, call.token);
  const actor = known instanceof Promise ? await known : known;
  if (route.scope !== "public") requireScope(actor, route.scope);
  const ctx = contextFor(world, actor, { requestId: call.requestId });
  // Checked here; read by the verb, whose schema it is: what a cursor becomes can not be parsed again.
  route.query?.parse(call.query);
  const body = route.body === undefined ? undefined : await call.body();
  return route.handle(ctx, {
    params: call.params,
    query: (route.query === undefined ? {} : call.query) as never,
    body: (route.direct ? body : route.body?.parse(body)) as never,
  });
}

/** OpenAPI 3.1 of these routes, made of the schemas that validate. */
export function openApi(routes: ApiRoute[], publicUrl: string, kinds: Kind[]): object {
  const paths: Record<string, Record<string, object>> = {};
  const shared: Record<string, unknown> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method.toLowerCase()] = operation(route, shared);
  return {
    openapi: "3.1.0",
    info: {
      title: "Signet",
      version: "1",
      description: "Connected accounts: link once, call any API, show nobody a secret.",
    },
    servers: [{ url: `${publicUrl}/api/v1` }],
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
      schemas: {
        ...shared,
        Problem: {
          type: "object",
          required: ["type", "title", "status", "code", "detail", "request_id"],
          properties: {
            type: { type: "string" },
            title: { type: "string" },
            status: { type: "integer" },
            code: { enum: Object.keys(STATUS) },
            detail: { type: "string" },
            request_id: { type: "string" },
            issues: {
              type: "array",
              items: { type: "object", properties: { path: { type: "string" }, message: { type: "string" } } },
            },
          },
        },
        Kind: { enum: kinds.map((kind) => kind.id) },
      },
    },
  };
}

function operation(route: ApiRoute, shared: Record<string, unknown>): object {
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => ({
    name: match[1],
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const query = route.query === undefined ? { properties: {} } : schemaOf(route.query);
  const inQuery = Object.entries(query.properties ?? {}).map(([name, schema]) => ({ name, in: "query", schema }));
  const failure = {
    description: "Refused or failed",
    content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
  };
  const success = { description: "Done", content: { "application/json": { schema: {} } } };
  return {
    summary: route.summary,
    parameters: [...inPath, ...inQuery],
    ...(route.scope === "public" ? { security: [] } : { "x-scope": route.scope }),
    ...(route.body === undefined
      ? {}
      : { requestBody: { content: { "application/json": { schema: schemaOf(route.body, shared) } } } }),
    responses: { [String(route.status ?? 200)]: success, default: failure },
  };
}

function schemaOf(schema: z.ZodType, shared: Record<string, unknown> = {}): { properties?: Record<string, unknown> } {
  const made = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Record<string, unknown>;
  // What refers to itself is kept by name, and an OpenAPI document keeps names in one place.
  const text = JSON.stringify(made).replaceAll('"#/$defs/', '"#/components/schemas/');
  const { $schema: _, $defs, ...rest } = JSON.parse(text) as Record<string, unknown>;
  Object.assign(shared, $defs);
  return rest as { properties?: Record<string, unknown> };
}
