import { deleteBehavior } from "../behaviors/save.ts";
import { deleteBot } from "../bots/edit.ts";
import { inTransaction, record, type Context } from "../context.ts";
import { SignetError } from "../errors.ts";
import { listAccounts } from "../accounts/browse.ts";
import { retireService } from "../services/retire.ts";
import { behaviorsOf } from "../behaviors/browse.ts";
import { getPackage, type Contents } from "./browse.ts";

/** What removing a package takes with it, and what it leaves. */
export interface Removal extends Contents {
  /** All behaviors that end: the package's own, and others of its bots. */
  ending: { id: string; name: string; title: string }[];
  /** Services that go; those with accounts stay. */
  going: Contents["services"];
  staying: Contents["services"];
}

/** What removing it would do. Throws `not_found`, `forbidden` unless the actor may remove all of it. */
export async function planRemoval(ctx: Context, id: string): Promise<Removal> {
  const contents = await getPackage(ctx, id);
  if (!contents.manages)
    throw new SignetError("forbidden", "Only who manages everything in it may remove this package.");
  const ofBots = await behaviorsOf(
    ctx,
    contents.bots.map((bot) => bot.id),
  );
  const others = ofBots.map(({ id, bot, slug, title }) => ({ id, name: `${bot.slug}/${slug}`, title }));
  const ending = [...new Map([...contents.behaviors, ...others].map((one) => [one.id, one])).values()];
  const going: Contents["services"] = [];
  const staying: Contents["services"] = [];
  // There are at most fifty of them.
  for (const service of contents.services) {
    const used = await listAccounts(ctx, { service: service.id, limit: 1 });
    (used.items.length > 0 ? staying : going).push(service);
  }
  return { ...contents, ending, going, staying };
}

/** Removes a package with its bots, behaviors, and the services that no account uses; all of it or nothing. */
export async function removePackage(ctx: Context, id: string): Promise<void> {
  await inTransaction(ctx, async (inside) => {
    const { installed, bots, behaviors, going } = await planRemoval(inside, id);
    for (const bot of bots) await deleteBot(inside, bot.id);
    const prefixes = bots.map(({ slug }) => `${slug}/`);
    // Behaviors of these bots have gone with them.
    const left = behaviors.filter(({ name }) => !prefixes.some((prefix) => name.startsWith(prefix)));
    for (const behavior of left) await deleteBehavior(inside, behavior.id);
    for (const service of going) await retireService(inside, service.id);
    await inside.db("packages").where({ id: installed.id }).delete();
    const { name, version } = installed;
    const facts = { package: name, version, bots: bots.length, services: going.length };
    await record(inside, { action: "package.removed", outcome: "ok", facts });
  });
}
