import { sameOwner, type Owner } from "../access/actor.ts";
import { mayManage } from "../access/policy.ts";
import { listShares } from "../accounts/share.ts";
import type { Context } from "../context.ts";
import type { Issue } from "../errors.ts";
import type { Answered } from "./answers.ts";
import type { Change } from "./change.ts";
import { botsUsing } from "./fill.ts";
import type { Package } from "./package.ts";
import type { PlannedBot } from "./plan-bots.ts";

/** An account that a bot is to use and could not otherwise. */
export interface PlannedShare {
  change: Change;
  account: string;
  /** Uid of the bot. */
  bot: string;
  /** An ended share that is in the way of a new one. */
  ended: string | null;
}

/** What has to be shared with which bot. An account that the actor may not share is a problem. */
export async function planShares(
  ctx: Context,
  pack: Package,
  answered: Map<string, Answered>,
  bots: PlannedBot[],
  owner: Owner,
  problems: Issue[],
): Promise<PlannedShare[]> {
  const planned = new Map<string, PlannedShare>();
  for (const { prompt, account } of answered.values()) {
    if (!account) continue;
    const path = `answers.${prompt.key}`;
    const keys = botsUsing(pack, prompt.key);
    const using = bots.filter(({ bot, slug }) => keys.includes(slug) || keys.includes(bot.uid));
    const strangers = using.filter(({ existing }) => !sameOwner(existing?.owner ?? owner, account.owner));
    if (strangers.length === 0) continue;
    const shares = await listShares(ctx, account.id);
    for (const { bot, existing } of strangers) {
      const share = shares.find((one) => one.with.type === "bot" && one.with.id === existing?.id);
      const live = share !== undefined && (share.until === null || share.until > ctx.clock());
      if (live) continue;
      if (!mayManage(ctx.actor, account.owner)) {
        const message = `${bot.name} could not use ${account.name}, and only the account's owner may share it.`;
        problems.push({ path, message });
        continue;
      }
      const change: Change = {
        what: "share",
        action: "create",
        uid: `${account.id}:${bot.uid}`,
        path,
        name: `Shares ${account.name} with ${bot.name}`,
        id: null,
        fields: [],
        note: null,
        suggestion: null,
      };
      planned.set(change.uid, { change, account: account.id, bot: bot.uid, ended: share?.id ?? null });
    }
  }
  return [...planned.values()];
}
