import { createHash } from "node:crypto";
import { z } from "zod";
import type { Behavior } from "../behaviors/behavior.ts";
import { behaviorsOf, getBehavior } from "../behaviors/browse.ts";
import type { Bot } from "../bots/bot.ts";
import { getBot } from "../bots/browse.ts";
import { record, type Context } from "../context.ts";
import { invalid, SignetError } from "../errors.ts";
import { listSchedules } from "../schedules/browse.ts";
import { requireAdmin } from "../services/add.ts";
import { getService } from "../services/browse.ts";
import type { Service } from "../services/service.ts";
import { plain } from "./change.ts";
import { AccountPrompts, exportedService } from "./export-prompts.ts";
import { packageSchema, type Package, type PackageBehavior } from "./package.ts";
import { canonical } from "./plain.ts";
import { toInstalled, type Installed, type PackageRow } from "./store.ts";

const { name, uid, version, description } = packageSchema.shape;

export const exportInput = z.strictObject({
  /** By id or slug; each with all of its behaviors. */
  bots: z.array(z.string().min(1).max(100)).max(50).default([]),
  /** By id; for admins. */
  services: z.array(z.string().min(1).max(100)).max(50).default([]),
  /** Only these, by id or "bot/behavior". */
  behaviors: z.array(z.string().min(1).max(200)).max(200).optional(),
  name: name.optional(),
  uid: uid.optional(),
  version: version.optional(),
  description: description.optional(),
});
export type ExportInput = z.input<typeof exportInput>;

/**
 * Writes bots with their behaviors, and services, as a package. It holds no secret: hidden settings become prompts, and
 * so do the accounts that steps name. The same things make the same package. Throws `not_found`, `forbidden`, `invalid`.
 */
export async function exportPackage(ctx: Context, given: ExportInput): Promise<Package> {
  const input = exportInput.parse(given);
  if (ctx.actor.type !== "worker" && ctx.actor.type !== "system")
    throw new SignetError("forbidden", "Packages are exported by workers.");
  if (input.services.length > 0) requireAdmin(ctx);
  const services = await each(input.services, (key) => getService(ctx, key));
  const bots = await each(input.bots, (key) => getBot(ctx, key));
  const behaviors = input.behaviors
    ? await each(input.behaviors, (key) => getBehavior(ctx, key))
    : await behaviorsOf(
        ctx,
        bots.map(({ id }) => id),
      );
  if (services.length + bots.length + behaviors.length === 0) throw invalid("bots", "Choose what to export.");
  const pack = await written(ctx, input, services, bots, behaviors);
  const facts = { package: pack.name, bots: bots.length, services: services.length };
  await record(ctx, { action: "package.exported", outcome: "ok", facts });
  return pack;
}

async function written(
  ctx: Context,
  input: z.output<typeof exportInput>,
  services: Service[],
  bots: Bot[],
  behaviors: Behavior[],
): Promise<Package> {
  const ordered = {
    services: sorted(services, ({ name }) => name.toLowerCase()),
    bots: sorted(bots, ({ slug }) => slug),
    behaviors: sorted(behaviors, ({ bot, slug }) => `${bot.slug}/${slug}`),
  };
  const parts = ordered.services.map(exportedService);
  const accounts = new AccountPrompts(ctx, services);
  const shownBots = [];
  for (const bot of ordered.bots) shownBots.push(await exportedBot(bot, accounts));
  const shownBehaviors = [];
  for (const behavior of ordered.behaviors) shownBehaviors.push(await exportedBehavior(ctx, behavior, accounts));
  const uids = [...services, ...bots, ...behaviors].map((one) => one.uid);
  const origin = await originOf(ctx, uids);
  const called = ordered.bots[0]?.name ?? ordered.services[0]?.name ?? ordered.behaviors[0]!.title;
  return plain({
    signet_package: 1,
    name: input.name ?? origin?.name ?? called,
    uid: input.uid ?? origin?.uid ?? `export/${hash(uids.sort().join("\n"))}`,
    version: input.version ?? origin?.version ?? "1.0",
    description: input.description ?? origin?.description ?? "",
    prompts: [...parts.flatMap(({ prompts }) => prompts), ...accounts.prompts],
    services: parts.map(({ service }) => service),
    bots: shownBots,
    behaviors: shownBehaviors,
  }) as Package;
}

async function exportedBot({ uid, slug, name, config, limits, picture }: Bot, accounts: AccountPrompts) {
  const named: string[] = [];
  // One after the other: the order of the prompts follows.
  for (const key of limits.accounts ?? []) named.push(await accounts.placeholder(key));
  const shown = { ...limits, ...(limits.accounts && { accounts: named }) };
  return { uid, slug, name, config, limits: shown, ...(picture !== null && { picture }) };
}

async function exportedBehavior(ctx: Context, behavior: Behavior, accounts: AccountPrompts) {
  const { uid, bot, slug, title, output } = behavior;
  const inputs = [];
  for (const input of behavior.inputs) {
    const chosen = input.type === "account" && typeof input.default === "string";
    inputs.push(chosen ? { ...input, default: await accounts.placeholder(input.default as string) } : input);
  }
  const steps = await accounts.inSteps(behavior.steps, (key) => behaviorName(ctx, key));
  const schedules = await recurring(ctx, behavior);
  const program = { inputs, steps, output: output ?? null };
  return {
    uid,
    bot: bot.slug,
    slug,
    title,
    public: behavior.public,
    ...program,
    ...(schedules.length > 0 && { schedules }),
  };
}

/** What people have scheduled again and again; a single moment means nothing elsewhere. */
async function recurring(ctx: Context, behavior: Behavior): Promise<PackageBehavior["schedules"] & object> {
  const { items } = await listSchedules(ctx, { limit: 200 }, behavior.id);
  const made = items.flatMap(({ cron, timeZone, inputs, duplicates, scheduler }) =>
    cron === null || scheduler.type !== "worker" ? [] : [{ cron, time_zone: timeZone, inputs, duplicates }],
  );
  return sorted(made, canonical).slice(0, 20);
}

/** A behavior that is called by its id is called by its name elsewhere. */
async function behaviorName(ctx: Context, key: string): Promise<string> {
  if (key.includes("/")) return key;
  const named = await getBehavior(ctx, key).catch(() => undefined);
  return named ? `${named.bot.slug}/${named.slug}` : key;
}

/** The package that has installed all of these, if one has: what is exported is then a state of it. */
async function originOf(ctx: Context, uids: string[]): Promise<Installed | undefined> {
  const row = (await ctx
    .db("packages")
    .join("package_items", "package_items.package_id", "packages.id")
    .whereIn("package_items.uid", uids)
    .groupBy("packages.id")
    .havingRaw("count(distinct package_items.uid) = ?", [uids.length])
    .orderBy("packages.created_at")
    .select("packages.*")
    .first()) as PackageRow | undefined;
  return row && toInstalled(row);
}

async function each<T>(keys: string[], find: (key: string) => Promise<T>): Promise<T[]> {
  const found: T[] = [];
  for (const key of new Set(keys)) found.push(await find(key));
  return found;
}

/** By code points, so that the order is the same on every machine. */
function sorted<T>(items: T[], key: (item: T) => string): T[] {
  return [...items].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
