import { createHash } from "node:crypto";
import type { Owner } from "../access/actor.ts";
import { mayManage } from "../access/policy.ts";
import type { Context } from "../context.ts";
import type { Package } from "./package.ts";
import { findInstalled, type Installed, type Item } from "./store.ts";

/**
 * The package as it is, or would be, installed for an owner. Where somebody else has it already whose things the actor
 * may not touch, it is a copy with uids of its own: the same ones each time for the same owner. Services are shared.
 */
export async function installedFor(
  ctx: Context,
  pack: Package,
  owner: Owner,
): Promise<{ pack: Package; before: { installed: Installed; items: Item[] } | undefined }> {
  const copy = copyFor(pack, owner);
  const own = await findInstalled(ctx, { uid: copy.uid });
  if (own && mayManage(ctx.actor, own.installed.owner)) return { pack: copy, before: own };
  const before = await findInstalled(ctx, { uid: pack.uid });
  if (!before || mayManage(ctx.actor, before.installed.owner)) return { pack, before };
  return { pack: copy, before: undefined };
}

function copyFor(pack: Package, owner: Owner): Package {
  const mark = createHash("sha256")
    .update(`${owner.type}:${owner.id ?? ""}`)
    .digest("hex")
    .slice(0, 8);
  const uid = (of: string) => `${of.slice(0, 106)}:copy-${mark}`;
  const bots = new Set(pack.bots.map((bot) => bot.uid));
  return {
    ...pack,
    uid: uid(pack.uid),
    bots: pack.bots.map((bot) => ({ ...bot, uid: uid(bot.uid) })),
    behaviors: pack.behaviors.map((behavior) => ({
      ...behavior,
      uid: uid(behavior.uid),
      bot: bots.has(behavior.bot) ? uid(behavior.bot) : behavior.bot,
    })),
  };
}
