import { z } from "zod";
import { isAdmin, SCOPES, type Scope } from "../access/actor.ts";
import { inTransaction, notify, record, type Context } from "../context.ts";
import { invalid, notFound, SignetError } from "../errors.ts";
import { isId, newId } from "../storage/id.ts";
import { keyset, pageOnly, page, type Page } from "../storage/page.ts";
import { randomToken, tokenHash } from "./random-token.ts";
import { lockWorker } from "./store.ts";
import { actingWorker, nameSchema } from "./worker.ts";

export { flushTokenUsage, verifyToken, type Verified } from "./verify-token.ts";

export const listTokensInput = pageOnly;

/** Who acts when the token is shown. */
export interface Holder {
  type: "worker" | "bot";
  id: string;
}

/** All that is ever shown of a token after the moment it was made. */
export interface TokenFacts {
  id: string;
  name: string;
  scopes: Scope[];
  lastFour: string;
  expiresAt: Date | null;
  createdAt: Date;
  lastUsedAt: Date | null;
}

const scopesSchema = z.preprocess(
  (given) => (typeof given === "string" ? [given] : given),
  z.array(z.enum(SCOPES)).min(1, "Choose at least one scope.").max(SCOPES.length),
);

/** What a form or the API gives; a token may do everything but manage unless that is asked for. */
export const tokenInput = z.strictObject({
  name: nameSchema.default("Token"),
  scopes: scopesSchema.default(["execute", "read"]),
  expires_at: z
    .preprocess(
      // A date was read from its text by this very schema before.
      (given) => (given === "" ? null : given instanceof Date ? given.toISOString() : given),
      z.union([z.iso.datetime({ offset: true }), z.iso.date()]).nullable(),
    )
    .default(null)
    .transform((text) => (text === null ? null : new Date(text))),
});

const PREFIX = { worker: "sgw_", bot: "sgb_" } as const;

/**
 * Makes a token; its text is in the answer and nowhere else ever. The caller has decided that the actor may issue for
 * this holder, and that a bot exists.
 * Throws `invalid` naming `expires_at`, `not_found` for a worker who is gone or deactivated.
 */
export async function issueToken(
  ctx: Context,
  {
    holder,
    name,
    scopes,
    expiresAt,
  }: { holder: Holder; name: string; scopes: readonly Scope[]; expiresAt: Date | null },
): Promise<TokenFacts & { token: string }> {
  if (expiresAt !== null && expiresAt <= ctx.clock()) throw invalid("expires_at", "Choose a moment in the future.");
  const token = PREFIX[holder.type] + randomToken();
  return inTransaction(ctx, async (inside) => {
    if (holder.type === "worker") await requireHolder(inside, holder.id);
    const row: Row = {
      id: newId(),
      token_hash: tokenHash(token),
      holder_type: holder.type,
      holder_id: holder.id,
      name: nameSchema.parse(name),
      scopes: [...new Set(scopes)],
      last_four: token.slice(-4),
      expires_at: expiresAt,
      created_by: ctx.actor.id,
      created_at: inside.clock(),
      last_used_at: null,
    };
    await inside.db<Row>("tokens").insert(row);
    const facts = {
      token: row.name,
      holder: named(holder),
      scopes: row.scopes,
      expires_at: expiresAt?.toISOString() ?? null,
    };
    await record(inside, { action: "token.issued", outcome: "ok", facts });
    return { ...toFacts(row), token };
  });
}

/**
 * Makes a token for the worker who acts, with scopes they have themselves; without scopes, those of `execute` and `read`
 * that they have. Throws `forbidden`, `invalid` naming the field.
 */
export async function issueOwnToken(
  ctx: Context,
  given: z.input<typeof tokenInput>,
): Promise<TokenFacts & { token: string }> {
  const worker = actingWorker(ctx);
  const { name, scopes, expires_at } = tokenInput.parse(given);
  // A token that may not change anything may not make itself a successor without an end.
  if (!worker.scopes.includes("manage")) throw new SignetError("forbidden", "Issuing a token needs the scope manage.");
  const own = given.scopes === undefined ? scopes.filter((scope) => worker.scopes.includes(scope)) : scopes;
  if (own.length === 0 || own.some((scope) => !worker.scopes.includes(scope))) {
    throw invalid("scopes", `You can pass on what you may do yourself: ${worker.scopes.join(", ")}.`);
  }
  return issueToken(ctx, { holder: { type: "worker", id: worker.id }, name, scopes: own, expiresAt: expires_at });
}

/** Ends a token, in every process with the commit. The caller has decided about bots. Throws `not_found`. */
export async function revokeToken(ctx: Context, holder: Holder, id: string): Promise<void> {
  requireOwnOrAdmin(ctx, holder);
  await inTransaction(ctx, async (inside) => {
    const [row] = isId(id)
      ? await inside
          .db<Row>("tokens")
          .where({ id, ...columns(holder) })
          .delete()
          .returning("name")
      : [];
    if (!row) throw notFound("token");
    await notify(inside, "token", id);
    await record(inside, { action: "token.revoked", outcome: "ok", facts: { token: row.name, holder: named(holder) } });
  });
}

/** The holder's tokens, newest first, without their texts. The caller has decided about bots. Throws `not_found`. */
export async function listTokens(
  ctx: Context,
  holder: Holder,
  given: z.input<typeof pageOnly> = {},
): Promise<Page<TokenFacts>> {
  requireOwnOrAdmin(ctx, holder);
  const { limit, cursor } = pageOnly.parse(given);
  const query = ctx
    .db<Row>("tokens")
    .where(columns(holder))
    .orderBy("id", "desc")
    .limit(limit + 1);
  if (cursor) query.where("id", "<", keyset(cursor, "id")[0]!);
  return page(await query, limit, toFacts, (row) => [row.id]);
}

/** Ends all tokens of a holder, for the verbs that end the holder; these record it and name the count. */
export async function removeTokens(ctx: Context, holder: Holder): Promise<number> {
  const ended = await ctx.db<Row>("tokens").where(columns(holder)).delete();
  await notify(ctx, holder.type === "worker" ? "people" : "bot", holder.id);
  return ended;
}

interface Row {
  id: string;
  token_hash: Buffer;
  holder_type: Holder["type"];
  holder_id: string;
  name: string;
  scopes: Scope[];
  last_four: string;
  expires_at: Date | null;
  created_by: string | null;
  created_at: Date;
  last_used_at: Date | null;
}

/** Holds the worker, so that deactivating waits and takes this token with it, or has happened and refuses it. */
async function requireHolder(ctx: Context, workerId: string): Promise<void> {
  const row = await lockWorker(ctx, workerId);
  if (!row || row.state === "deactivated") throw notFound("worker");
}

function requireOwnOrAdmin(ctx: Context, holder: Holder): void {
  if (holder.type === "bot" || isAdmin(ctx.actor) || (ctx.actor.type === "worker" && ctx.actor.id === holder.id))
    return;
  throw notFound("token");
}

function columns(holder: Holder) {
  return { holder_type: holder.type, holder_id: holder.id };
}

function named(holder: Holder): string {
  return `${holder.type}:${holder.id}`;
}

function toFacts(row: Row): TokenFacts {
  return {
    id: row.id,
    name: row.name,
    scopes: row.scopes,
    lastFour: row.last_four,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
  };
}
