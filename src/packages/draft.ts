import type { z } from "zod";
import type { ownerInput } from "../accounts/account.ts";
import { inTransaction, type Context } from "../context.ts";
import { notFound, SignetError } from "../errors.ts";
import { isId, newId } from "../storage/id.ts";
import { installedFor } from "./copy.ts";
import { misplaced } from "./placement.ts";
import { readPackage } from "./read.ts";
import { ownerByDefault } from "./plan.ts";

/** A package on its way in: kept while its prompts are answered and accounts are linked for it. It holds no secret. */
export interface Draft {
  id: string;
  package: unknown;
  answers: Record<string, unknown>;
  renamed: Record<string, string>;
  owner: z.output<typeof ownerInput> | undefined;
}

interface Row {
  id: string;
  package: unknown;
  answers: Record<string, unknown>;
  renamed: Record<string, string>;
  owner: Draft["owner"] | null;
}

const LASTS = 24 * 3600_000;
const MAX_DRAFTS = 20;

/** Keeps a package for one day, with the answers that it was installed with before. Throws `invalid` for one that can not be read, or that holds a secret. */
export async function keepDraft(ctx: Context, given: unknown): Promise<Draft> {
  const { pack, problems } = readPackage(given);
  const issues = pack ? misplaced(pack) : problems;
  if (issues.length > 0)
    throw new SignetError("invalid", `This package can not be imported: ${issues[0]!.message}`, { issues });
  const id = newId();
  await inTransaction(ctx, async (inside) => {
    const drafts = () => inside.db("package_drafts").where({ worker_id: inside.actor.id });
    await inside.db("package_drafts").where("expires_at", "<", inside.clock()).delete();
    const old = await drafts()
      .orderBy("id", "desc")
      .offset(MAX_DRAFTS - 1)
      .pluck("id");
    await drafts().whereIn("id", old).delete();
    const expires_at = new Date(inside.clock().getTime() + LASTS);
    const { before } = await installedFor(inside, pack!, ownerByDefault(inside));
    const answers = JSON.stringify(before?.installed.answers ?? {});
    const row = { id, worker_id: inside.actor.id, package: JSON.stringify(given), answers, expires_at };
    await inside.db("package_drafts").insert(row);
  });
  return ownDraft(ctx, id);
}

/** A draft of the actor's own. Throws `not_found`, also when its time is over. */
export async function ownDraft(ctx: Context, id: string): Promise<Draft> {
  const row = isId(id)
    ? await ctx
        .db<Row>("package_drafts")
        .where({ id, worker_id: ctx.actor.id } as never)
        .where("expires_at", ">", ctx.clock() as never)
        .first()
    : undefined;
  if (!row) throw notFound("package");
  const { answers, renamed, owner } = row as Row;
  return { id, package: row.package, answers, renamed, owner: owner ?? undefined };
}

/** Keeps what was answered so far; never a secret. */
export async function answerDraft(
  ctx: Context,
  id: string,
  given: Partial<Pick<Draft, "answers" | "renamed" | "owner">>,
): Promise<void> {
  await ownDraft(ctx, id);
  const columns = Object.entries(given).map(([name, value]) => [name, JSON.stringify(value ?? null)]);
  await ctx.db("package_drafts").where({ id }).update(Object.fromEntries(columns));
}

export async function dropDraft(ctx: Context, id: string): Promise<void> {
  await ctx.db("package_drafts").where({ id, worker_id: ctx.actor.id }).delete();
}
