import { z } from "zod";
import type { Share } from "../access/policy.ts";
import { inTransaction, notify, record, type Context } from "../context.ts";
import { invalid, notFound, SignetError } from "../errors.ts";
import { parseHost } from "../services/hosts.ts";
import { isDuplicate } from "../storage/database.ts";
import { isId, newId } from "../storage/id.ts";
import { pageOf, shortListInput, type Page } from "../storage/page.ts";
import { managedAccount, seenAccount } from "./manage.ts";
import { sharesOf } from "./store.ts";

const ruleInput = z.strictObject({
  methods: z
    .array(
      z
        .string()
        .regex(/^[A-Za-z]{1,20}$/, "A method is one word.")
        .transform((method) => method.toUpperCase()),
    )
    .min(1)
    .optional(),
  paths: z.array(z.string().startsWith("/", "A path begins with /.").max(500)).min(1).optional(),
  hosts: z.array(z.string().max(260)).min(1).optional(),
});

export const shareInput = z.strictObject({
  with: z.union([
    z.strictObject({ type: z.literal("everyone"), id: z.null().optional() }),
    z.strictObject({ type: z.enum(["worker", "team", "bot"]), id: z.uuid("Name whom to share with by id.") }),
  ]),
  rules: z.array(ruleInput).min(1, "Leave rules out for no limit.").max(50).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
});
export type ShareInput = z.input<typeof shareInput>;

const TABLES = { worker: "workers", team: "teams", bot: "bots" } as const;

export const listSharesInput = z.strictObject(shortListInput);

/** Lets somebody use an account, as far as the rules say. Throws `conflict` when it is shared with them already. */
export async function shareAccount(ctx: Context, key: string, given: ShareInput): Promise<Share> {
  const input = shareInput.parse(given);
  for (const host of input.rules?.flatMap((rule) => rule.hosts ?? []) ?? []) {
    const parsed = parseHost(host);
    if ("problem" in parsed) throw invalid("rules", parsed.problem);
  }
  return inTransaction(ctx, async (inside) => {
    const account = await managedAccount(inside, key);
    const name = await granteeName(inside, input.with);
    const share: Share = {
      id: newId(),
      with: { type: input.with.type, id: input.with.id ?? null },
      rules: input.rules ?? null,
      until: input.until === undefined ? null : new Date(input.until),
    };
    const row = {
      id: share.id,
      account_id: account.id,
      with_type: share.with.type,
      with_id: share.with.id,
      until: share.until,
      created_by: ctx.actor.id,
    };
    await inside
      .db("shares")
      .insert({ ...row, rules: share.rules === null ? null : JSON.stringify(share.rules) })
      .catch((error: unknown) => {
        if (!isDuplicate(error)) throw error;
        throw new SignetError(
          "conflict",
          `${account.name} is shared with ${name} already. Remove that share first to change it.`,
        );
      });
    await notify(inside, "account", account.id);
    const facts = {
      account: account.name,
      share: share.id,
      with: `${share.with.type}: ${name}`,
      rules: share.rules === null ? null : JSON.stringify(share.rules),
      until: input.until ?? null,
    };
    await record(inside, { action: "account.shared", outcome: "ok", account: account.id, facts });
    return share;
  });
}

/** Ends a share at once. */
export async function unshareAccount(ctx: Context, key: string, shareId: string): Promise<void> {
  await inTransaction(ctx, async (inside) => {
    const account = await managedAccount(inside, key);
    const row = isId(shareId)
      ? await inside.db("shares").where({ id: shareId, account_id: account.id }).first()
      : undefined;
    if (!row) throw notFound("share");
    await inside.db("shares").where({ id: shareId }).delete();
    await notify(inside, "account", account.id);
    const facts = { account: account.name, share: shareId, with: row.with_type };
    await record(inside, { action: "account.unshared", outcome: "ok", account: account.id, facts });
  });
}

export interface NamedShare extends Share {
  name: string;
}

/** With whom an account is shared, with names; for everybody who sees the account. */
export async function listShares(ctx: Context, key: string): Promise<NamedShare[]> {
  const account = await seenAccount(ctx, key);
  const shares = await sharesOf(ctx, account.id);
  const ids = shares.map((share) => share.with.id).filter((id) => id !== null);
  const { rows } = await ctx.db.raw<{ rows: { id: string; name: string }[] }>(
    `select id, name from workers where id = any(:ids) union all select id, name from teams where id = any(:ids)
     union all select id, name from bots where id = any(:ids)`,
    { ids },
  );
  const names = new Map(rows.map((row) => [row.id, row.name]));
  return shares.map((share) => ({
    ...share,
    name: share.with.id === null ? "Everyone" : (names.get(share.with.id) ?? "somebody who is gone"),
  }));
}

/** As listShares(), a page of them where one is asked for. */
export async function pageOfShares(
  ctx: Context,
  key: string,
  given: z.input<typeof listSharesInput>,
): Promise<Page<Awaited<ReturnType<typeof listShares>>[number]>> {
  return pageOf(await listShares(ctx, key), listSharesInput.parse(given), (share) => share.id);
}

async function granteeName(ctx: Context, grantee: z.output<typeof shareInput>["with"]): Promise<string> {
  if (grantee.type === "everyone") return "everyone";
  const row = await ctx.db(TABLES[grantee.type]).where({ id: grantee.id }).first<{ name: string }>("name");
  if (!row) throw invalid("with.id", `There is no such ${grantee.type}.`);
  return row.name;
}
