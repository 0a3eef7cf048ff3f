import type { Behavior } from "../behaviors/behavior.ts";
import { behaviorsOf, behaviorsWithUids } from "../behaviors/browse.ts";
import { unreadable } from "../behaviors/check.ts";
import { programSchema, type Program } from "../behaviors/program.ts";
import type { Bot } from "../bots/bot.ts";
import { getBot, managesBot } from "../bots/browse.ts";
import type { Context } from "../context.ts";
import { isSignetError, type Issue } from "../errors.ts";
import { fieldChanges, under, updated, type Change } from "./change.ts";
import { behaviorFields } from "./fields.ts";
import type { PackageBehavior } from "./package.ts";
import type { PlannedBot } from "./plan-bots.ts";
import type { Naming } from "./plan-services.ts";
import { zodIssues } from "./zod-issues.ts";

/** One behavior of a plan, ready to be saved. */
export interface PlannedBehavior {
  change: Change;
  behavior: PackageBehavior;
  existing: Behavior | undefined;
  /** Uid of the package's bot, or the bot that is there. */
  bot: { uid: string } | Bot;
}

/** Compares the behaviors of a package with those that are there. Problems are added to `problems`. */
export async function planBehaviors(
  ctx: Context,
  behaviors: PackageBehavior[],
  bots: PlannedBot[],
  naming: Naming,
  problems: Issue[],
): Promise<PlannedBehavior[]> {
  const known = new Map(
    (
      await behaviorsWithUids(
        ctx,
        behaviors.map(({ uid }) => uid),
      )
    ).map((behavior) => [behavior.uid, behavior]),
  );
  const slugs = await slugsOf(ctx, bots);
  const planned: PlannedBehavior[] = [];
  for (const [index, given] of behaviors.entries()) {
    const path = `behaviors.${index}`;
    const program = readable(given, path, problems);
    const slug = naming.rename[given.uid] ?? given.slug;
    const behavior = { ...given, ...program, slug, steps: renamedCalls(program.steps, bots) as Program["steps"] };
    const own = bots.find((one) => one.slug === given.bot || one.bot.uid === given.bot);
    const bot = own ? { uid: own.bot.uid, id: own.existing?.id } : await botHere(ctx, given.bot, path, problems);
    if (bot === undefined) continue;
    const existing = known.get(behavior.uid);
    const change = planOne(behavior, path, existing, bot, slugs, naming);
    planned.push({ change, behavior, existing, bot: own ? { uid: own.bot.uid } : (bot as Bot) });
  }
  return planned;
}

function planOne(
  behavior: PackageBehavior,
  path: string,
  existing: Behavior | undefined,
  bot: { uid: string; id?: string | undefined },
  slugs: Map<string, string>,
  naming: Naming,
): Change {
  const base = { what: "behavior" as const, uid: behavior.uid, path, name: behavior.title, id: existing?.id ?? null };
  const conflict = (note: string, suggestion: string | null): Change => ({
    ...{ ...base, action: "conflict", fields: [], note, suggestion },
  });
  if (existing && existing.bot.id !== bot.id)
    return conflict("This behavior is here already, and belongs to another bot.", null);
  const holder = slugs.get(`${bot.id ?? bot.uid}/${behavior.slug}`);
  if (holder !== undefined && holder !== behavior.uid)
    return conflict(`Another behavior of the bot has the short name ${behavior.slug}.`, freeSlug(slugs, bot, behavior));
  slugs.set(`${bot.id ?? bot.uid}/${behavior.slug}`, behavior.uid);
  const before = existing ? behaviorFields(existing) : {};
  const fields = fieldChanges(before, behaviorFields(behavior), existing && naming.installed("behavior", behavior.uid));
  if (existing) return updated(base, fields);
  return { ...base, action: "create", fields, note: null, suggestion: null };
}

/** Which behavior has a short name, by "bot/short name". */
async function slugsOf(ctx: Context, bots: PlannedBot[]): Promise<Map<string, string>> {
  const ids = bots.flatMap(({ existing }) => existing?.id ?? []);
  return new Map((await behaviorsOf(ctx, ids)).map(({ bot, slug, uid }) => [`${bot.id}/${slug}`, uid]));
}

function freeSlug(
  slugs: Map<string, string>,
  bot: { uid: string; id?: string | undefined },
  { slug }: PackageBehavior,
) {
  for (let number = 2; ; number++) if (!slugs.has(`${bot.id ?? bot.uid}/${slug}-${number}`)) return `${slug}-${number}`;
}

/** A bot that is no part of the package has to be here, and the actor's to change. */
async function botHere(ctx: Context, key: string, path: string, problems: Issue[]): Promise<Bot | undefined> {
  const bot = await getBot(ctx, key).catch((error: unknown) => {
    if (!isSignetError(error)) throw error;
    return undefined;
  });
  if (bot && managesBot(ctx, bot)) return bot;
  const message = bot
    ? `${bot.name} is not yours to change.`
    : `There is no bot “${key}”, neither in the package nor here.`;
  problems.push({ path: `${path}.bot`, message });
  return undefined;
}

/** The program once the answers are in it. */
function readable({ inputs, steps, output }: PackageBehavior, path: string, problems: Issue[]): Program {
  const read = programSchema.safeParse({ inputs, steps, output });
  if (!read.success) {
    problems.push(...under(path, zodIssues(read.error)));
    return { inputs, steps, output };
  }
  problems.push(...under(path, unreadable(read.data)));
  return read.data;
}

/** Calls of behaviors whose bot gets another short name here. */
function renamedCalls(value: unknown, bots: PlannedBot[]): unknown {
  if (Array.isArray(value)) return value.map((item) => renamedCalls(item, bots));
  if (value === null || typeof value !== "object") return value;
  const step = value as Record<string, unknown>;
  const isCall = typeof step.do === "string" && typeof step.behavior === "string";
  return Object.fromEntries(
    Object.entries(step).map(([key, item]) => {
      if (!isCall || key !== "behavior") return [key, renamedCalls(item, bots)];
      const [bot, slug] = (item as string).split("/");
      const renamed = bots.find((one) => one.slug === bot);
      return [key, renamed && slug !== undefined ? `${renamed.bot.slug}/${slug}` : item];
    }),
  );
}
