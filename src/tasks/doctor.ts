import { verify } from "../audit/verify.ts";
import type { Context } from "../context.ts";
import type { Task } from "./tasks.ts";
import { withWorld } from "./with-world.ts";

interface Finding {
  ok: boolean;
  text: string;
}

/** Looks at what must hold for Signet to keep its promises; exit code 1 when something does not. */
export const doctor: Task = {
  name: "doctor",
  usage: "doctor",
  summary: "Check the keys, every stored secret, the audit chain and who can administer.",
  run: async (config) => {
    // The keys themselves were compared with the database when the world was composed.
    const findings = await withWorld(config, async (ctx) => [
      { ok: true, text: "The keys belong to this database." },
      await secretsOpen(ctx),
      await auditHolds(ctx),
      await somebodyAdministers(ctx),
    ]);
    for (const { ok, text } of findings) process.stdout.write(`${ok ? "ok  " : "BAD "} ${text}\n`);
    if (findings.some(({ ok }) => !ok)) throw new Error("Something needs attention.");
  },
};

async function secretsOpen(ctx: Context): Promise<Finding> {
  const { opened, broken } = await ctx.vault.examine(ctx.db);
  if (broken.length === 0) return { ok: true, text: `All ${opened} stored secrets open.` };
  return {
    ok: false,
    text: `${broken.length} of ${opened + broken.length} stored secrets do not open: ${broken.slice(0, 5).join(", ")}`,
  };
}

async function auditHolds(ctx: Context): Promise<Finding> {
  const result = await verify(ctx.database, ctx.audit);
  if (result.ok)
    return {
      ok: true,
      text: `The audit's ${result.checked} rows are unbroken; head ${result.head.seq} ${result.head.hash}`,
    };
  return { ok: false, text: `The audit is broken at row ${result.broken!.seq}: ${result.broken!.reason}.` };
}

async function somebodyAdministers(ctx: Context): Promise<Finding> {
  const row = await ctx.db("workers").where({ role: "admin", state: "active" }).first("id");
  return row
    ? { ok: true, text: "There is an active admin." }
    : { ok: false, text: "There is no active admin: open the setup link, or use add-admin." };
}
