import { parseArgs } from "node:util";
import { SCOPES } from "../access/actor.ts";
import { getBot } from "../bots/browse.ts";
import type { Context } from "../context.ts";
import { issueToken } from "../people/token.ts";
import type { Task } from "./tasks.ts";
import { withWorld } from "./with-world.ts";

/** Issues a token for a worker or a bot and prints it alone, so that a script can catch it. */
export const issueTokenTask: Task = {
  name: "issue-token",
  usage: "issue-token --worker E | --bot SLUG",
  summary: "Print a new token of a worker (by email) or a bot.",
  run: async (config, args) => {
    const { values } = parseArgs({ args, options: { worker: { type: "string" }, bot: { type: "string" } } });
    if ((values.worker === undefined) === (values.bot === undefined)) throw new Error("Give either --worker or --bot.");
    const token = await withWorld(config, async (ctx) => {
      const holder =
        values.worker === undefined ? await botHolder(ctx, values.bot!) : await workerHolder(ctx, values.worker);
      const scopes = holder.type === "bot" ? (["execute", "read"] as const) : SCOPES;
      return issueToken(ctx, { holder, name: "Issued from the shell", scopes, expiresAt: null });
    });
    process.stdout.write(`${token.token}\n`);
  },
};

async function botHolder(ctx: Context, slug: string) {
  return { type: "bot" as const, id: (await getBot(ctx, slug)).id };
}

async function workerHolder(ctx: Context, email: string) {
  const row = await ctx.db("workers").whereRaw("lower(email) = lower(?)", [email.trim()]).first<{ id: string }>("id");
  if (!row) throw new Error("There is no worker with this email.");
  return { type: "worker" as const, id: row.id };
}
