import { freeBotSlug } from "../bots/add.ts";
import type { Bot } from "../bots/bot.ts";
import { botsWithUids, managesBot } from "../bots/browse.ts";
import type { Context } from "../context.ts";
import type { Issue } from "../errors.ts";
import { fieldChanges, under, updated, type Change } from "./change.ts";
import { botFields } from "./fields.ts";
import { packageBot, type PackageBot } from "./package.ts";
import type { Naming } from "./plan-services.ts";
import { zodIssues } from "./zod-issues.ts";

/** One bot of a plan; `bot` has the short name that it will have. */
export interface PlannedBot {
  change: Change;
  bot: PackageBot;
  /** Its short name in the package. */
  slug: string;
  existing: Bot | undefined;
}

/** Compares the bots of a package with those that are there. Problems are added to `problems`. */
export async function planBots(
  ctx: Context,
  bots: PackageBot[],
  naming: Naming,
  problems: Issue[],
): Promise<PlannedBot[]> {
  const known = new Map(
    (
      await botsWithUids(
        ctx,
        bots.map(({ uid }) => uid),
      )
    ).map((bot) => [bot.uid, bot]),
  );
  const planned: PlannedBot[] = [];
  for (const [index, given] of bots.entries()) {
    const path = `bots.${index}`;
    const wished = { ...given, slug: naming.rename[given.uid] ?? given.slug };
    const read = packageBot.safeParse(wished);
    if (!read.success) problems.push(...under(path, zodIssues(read.error)));
    const bot = read.success ? read.data : wished;
    const existing = known.get(bot.uid);
    planned.push({ change: await planOne(ctx, bot, path, existing, naming), bot, slug: given.slug, existing });
  }
  return planned;
}

async function planOne(
  ctx: Context,
  bot: PackageBot,
  path: string,
  existing: Bot | undefined,
  naming: Naming,
): Promise<Change> {
  const base = { what: "bot" as const, uid: bot.uid, path, name: bot.name, id: null };
  const conflict = (note: string, suggestion: string | null): Change => ({
    ...{ ...base, action: "conflict", fields: [], note, suggestion },
  });
  if (existing && !managesBot(ctx, existing))
    return conflict("This bot is here already, and belongs to somebody else. Only its owner may update it.", null);
  const free = existing?.slug === bot.slug ? bot.slug : await freeBotSlug(ctx, bot.slug);
  if (free !== bot.slug) return conflict(`Another bot has the short name ${bot.slug} here.`, free);
  const before = existing ? botFields(existing) : {};
  const fields = fieldChanges(before, botFields(bot), existing && naming.installed("bot", bot.uid));
  if (existing) return updated({ ...base, id: existing.id }, fields);
  return { ...base, action: "create", fields, note: null, suggestion: null };
}
