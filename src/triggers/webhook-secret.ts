import type { Context } from "../context.ts";
import { SignetError } from "../errors.ts";
import type { Binding } from "../vault/vault.ts";

/** What senders sign with goes nowhere: it is opened here to compare, and only here. */
function binding(webhook: string): Binding {
  return { subject: `webhook:${webhook}`, provider: "webhook", hosts: [] };
}

/** Seals a webhook's signing secret; over the one it has, when it has one. Returns the secret's id. */
export async function keepSecret(ctx: Context, webhook: string, known: string | null, secret: string): Promise<string> {
  if (known === null) return ctx.vault.put(ctx.db, binding(webhook), { secret });
  await ctx.vault.replace(ctx.db, known, binding(webhook), { secret });
  return known;
}

/** The signing secret of a webhook. Throws `unavailable` when it can not be opened. */
export async function openSecret(ctx: Context, webhook: string, id: string): Promise<string> {
  const sealed = await ctx.vault.fetch(ctx.db, id);
  if (!sealed) throw new SignetError("unavailable", "The webhook's signing secret is missing.");
  return ctx.vault.open<{ secret: string }>(sealed, `webhook:${webhook}`).secret;
}
