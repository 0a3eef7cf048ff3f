import type { Actor } from "../access/actor.ts";
import type { Knex } from "../storage/database.ts";
import type { Audit } from "./audit.ts";
import { filteredAudit, listAuditInput, type ListAudit } from "./browse.ts";
import type { Row } from "./chain.ts";

/** So many rows are in memory at once, however long the audit is. */
const BATCH = 1_000;

/**
 * Every row that listAudit() would show page after page, newest first, a batch at a time; rows that are written
 * meanwhile are left out. Who takes the audit away is recorded first. Throws `invalid` before the first batch.
 */
export async function exportAudit(
  ctx: { db: Knex; actor: Actor; requestId: string; audit: Audit },
  given: Omit<ListAudit, "cursor" | "limit">,
  { intents = true }: { intents?: boolean } = {},
): Promise<AsyncGenerator<Row[]>> {
  const input = listAuditInput.omit({ cursor: true, limit: true }).parse(given);
  const filters = Object.entries(input).map(([name, value]) => `${name}: ${value}`);
  const own = await ctx.audit.append(ctx, { action: "audit.exported", outcome: "ok", facts: { filters } });
  await ctx.audit.catchUp(ctx.db);
  return batches(ctx, { ...input, limit: BATCH }, intents, own);
}

async function* batches(
  ctx: { db: Knex; actor: Actor; audit: Audit },
  input: Parameters<typeof filteredAudit>[1],
  intents: boolean,
  before: number,
): AsyncGenerator<Row[]> {
  for (let end = before; ;) {
    const rows = (await filteredAudit(ctx, input, intents).where("seq", "<", end).limit(BATCH)) as Row[];
    if (rows.length > 0) yield rows;
    if (rows.length < BATCH) return;
    end = rows.at(-1)!.seq;
  }
}
