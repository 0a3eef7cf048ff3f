import { z } from "zod";
import type { Context } from "../context.ts";
import { invalid } from "../errors.ts";
import { codeOf } from "./intent.ts";
import { plan, renewed, ruleOf, type Plan } from "./plan.ts";
import { freshCredential } from "./refresh.ts";
import { parseMethod } from "./request-input.ts";
import { signAddress, usable } from "./send.ts";
import { touch } from "./usage.ts";

const WEEK = 604_800;

export const presignInput = z.strictObject({
  method: z.string().max(20).default("GET"),
  url: z.string().min(1, "Enter an address or a path.").max(16_384),
  /** Seconds. */
  expires_in: z.number().int().min(1, "At least one second.").max(WEEK, "At most seven days.").default(900),
});

/** An address that whoever has it may use for `method`, without Signet and without any further record. */
export interface Presigned {
  method: string;
  url: string;
  expires_at: string;
}

/**
 * Signs an address instead of a request: judged like execute, recorded before the credential is opened, good no longer
 * than the share or the credential it rests on. Throws as execute does, and `invalid` where the kind signs no addresses.
 */
export async function presign(ctx: Context, account: string, given: z.input<typeof presignInput>): Promise<Presigned> {
  const { method: word, url, expires_in } = presignInput.parse(given);
  const method = parseMethod(word);
  const shape = () => ({ headers: [], body: null });
  const planned = await plan(ctx, { account, method, url, via: "api" }, shape);
  if (!planned.ready.kind.presign)
    throw invalid("account", `${planned.ready.service.name} takes no signed addresses; send the request instead.`);
  const fresh = renewed(ctx, planned, await freshCredential(ctx, planned.ready));
  const now = ctx.clock().getTime();
  const ends = new Date(Math.min(now + expires_in * 1000, lastMoment(fresh)));
  const seconds = Math.max(1, Math.floor((ends.getTime() - now) / 1000));
  await record(ctx, fresh, "pending", ends);
  try {
    const signed = await signAddress(ctx, usable(fresh.ready), fresh.request, seconds);
    await record(ctx, fresh, "ok", ends);
    touch(ctx, fresh.ready.account.id);
    return { method, url: signed.href, expires_at: new Date(now + seconds * 1000).toISOString() };
  } catch (error) {
    const code = codeOf(error);
    if (code !== "audit_unavailable") await record(ctx, fresh, "failed", ends, code);
    throw error;
  }
}

/** When the share ends by which it is allowed, or the temporary credential. */
function lastMoment({ ready, verdict }: Plan): number {
  const share = ready.shares.find(({ id }) => id === verdict.share);
  return Math.min(share?.until?.getTime() ?? Infinity, ready.account.expiresAt?.getTime() ?? Infinity);
}

async function record(
  ctx: Context,
  planned: Plan,
  outcome: "pending" | "ok" | "failed",
  ends: Date,
  code?: string,
): Promise<void> {
  const { ready, request } = planned;
  await ctx.audit.append(ctx, {
    action: "execute.presigned",
    outcome,
    account: ready.account.id,
    facts: {
      account: ready.account.name,
      method: request.method,
      host: request.url.host,
      path: request.url.pathname,
      rule: ruleOf(planned.verdict),
      until: ends.toISOString(),
      ...(code === undefined ? {} : { code }),
    },
  });
}
