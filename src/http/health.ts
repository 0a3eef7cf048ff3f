import type { FastifyInstance } from "fastify";
import type { World } from "../context.ts";

/** Process up; and, for load balancers, everything that a request needs. */
export function registerHealth(app: FastifyInstance, world: World): void {
  const head = { exposeHeadRoute: true };
  app.get("/healthz", head, async () => ({ status: "ok" }));
  app.get("/readyz", head, async (_request, reply) => {
    try {
      await world.database.prepared("ready", "select 1", []);
      if (!world.memory.isOpen) throw new Error("no notices");
      return { status: "ready" };
    } catch {
      return reply.code(503).header("signet-error", "unavailable").send({ status: "not ready" });
    }
  });
}
