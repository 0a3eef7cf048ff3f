import { z } from "zod";
import { shareAccount, unshareAccount } from "../accounts/share.ts";
import type { Behavior } from "../behaviors/behavior.ts";
import { behaviorsWithUids } from "../behaviors/browse.ts";
import { addBehavior, editBehavior } from "../behaviors/save.ts";
import { addBot } from "../bots/add.ts";
import { botsWithUids } from "../bots/browse.ts";
import { editBot } from "../bots/edit.ts";
import { inTransaction, record, type Context } from "../context.ts";
import { SignetError, type Issue } from "../errors.ts";
import { addService } from "../services/add.ts";
import { becomeService, outlineOf } from "../services/become.ts";
import { servicesWith } from "../services/browse.ts";
import { scheduleBehavior } from "../schedules/add.ts";
import { newId } from "../storage/id.ts";
import type { Fields } from "./change.ts";
import { behaviorFields, botFields, serviceFields } from "./fields.ts";
import { fillPackage, promised, type Made } from "./fill.ts";
import type { Package } from "./package.ts";
import { planBehaviors } from "./plan-behaviors.ts";
import { planBots } from "./plan-bots.ts";
import { madeSoFar, packageInput, planPackage, type Plan } from "./plan.ts";
import { shownPlan } from "./preview.ts";
import { keepInstalled, type Item } from "./store.ts";

export const importInput = packageInput.extend({
  /** The fingerprint of a preview: import exactly that. Needed where edits made here would be overwritten. */
  expected: z.string().max(64).optional(),
});
export type ImportInput = z.input<typeof importInput>;

/**
 * Installs or updates what a package holds: all of it or, when anything is refused, nothing. Throws `invalid` with each
 * place, `conflict` where something foreign is in the way, the hub is not as it was in the preview, or edits made here
 * would be lost without having been looked at.
 */
export async function importPackage(ctx: Context, given: ImportInput) {
  const { expected, ...input } = importInput.parse(given);
  return inTransaction(ctx, async (inside) => {
    await inside.db.raw("select pg_advisory_xact_lock(hashtext('signet:packages'))");
    const plan = await planPackage(inside, input);
    requireReady(plan, expected);
    const pack = plan.pack!;
    const made = await setUpServices(inside, plan);
    await installBots(inside, plan, pack, made);
    const id = plan.installed?.id ?? newId();
    const items = await itemsNow(inside, pack);
    await keepInstalled(
      inside,
      {
        ...{ id, uid: pack.uid, name: pack.name, version: pack.version, description: pack.description },
        ...{ hash: plan.read.hash, owner: plan.owner, answers: openAnswers(plan, made), renamed: plan.rename },
        installedBy: { id: inside.actor.id, name: inside.actor.name },
      },
      items,
    );
    const count = (action: string) => plan.changes.filter((change) => change.action === action).length;
    const facts = { package: pack.name, version: pack.version, made: count("create"), changed: count("update") };
    await record(inside, { action: "package.imported", outcome: "ok", facts });
    return { id, ...shownPlan(plan), ...(await installedNow(inside, pack)) };
  });
}

function requireReady(plan: Plan, expected: string | undefined): void {
  const missing = plan.missing.map(({ key, label }) => ({ path: `answers.${key}`, message: `Answer “${label}”.` }));
  const issues: Issue[] = [...plan.problems, ...missing];
  if (issues.length > 0)
    throw new SignetError("invalid", `This package can not be imported: ${issues[0]!.message}`, { issues });
  const conflicts = plan.changes.filter(({ action }) => action === "conflict");
  if (conflicts.length > 0) {
    const found = conflicts.map(({ path, note, suggestion }) => ({
      path,
      message: `${note ?? ""}${suggestion === null ? "" : ` “${suggestion}” is free.`}`,
    }));
    throw new SignetError("conflict", found[0]!.message, { issues: found });
  }
  if (expected !== undefined && expected !== plan.fingerprint)
    throw new SignetError("conflict", "Something here changed since the preview. Look at what would change now.");
  const edited = plan.changes.filter(({ fields }) => fields.some((field) => field.edited));
  if (expected === undefined && edited.length > 0)
    throw new SignetError(
      "conflict",
      `${edited.map(({ name }) => name).join(", ")} ${edited.length === 1 ? "was" : "were"} edited here, which this would overwrite. Look at the preview, and send its fingerprint as “expected”.`,
      { issues: edited.map(({ path }) => ({ path, message: "This was edited here." })) },
    );
}

async function setUpServices(ctx: Context, plan: Plan): Promise<Made> {
  const made = madeSoFar(plan);
  for (const { change, existing, input, uid } of [...plan.services, ...plan.wanted]) {
    if (change.action === "create") made.set(uid, (await addService(ctx, input)).id);
    else if (change.action === "update") await becomeService(ctx, existing!, input);
  }
  return made;
}

/** Bots, what is shared with them, and their behaviors, with the ids of services that exist only now. */
async function installBots(ctx: Context, plan: Plan, pack: Package, made: Made): Promise<void> {
  const filled = fillPackage(pack, plan.answered, made);
  const naming = { rename: plan.rename, installed: () => undefined };
  const unexpected: Issue[] = [];
  const bots = await planBots(ctx, filled.bots, naming, unexpected);
  const ids = new Map<string, string>();
  for (const { change, bot, existing } of bots) {
    const { uid, ...fields } = bot;
    if (existing) ids.set(uid, existing.id);
    else ids.set(uid, (await addBot(ctx, { ...fields, uid, owner: plan.owner })).id);
    if (change.action === "update") await editBot(ctx, existing!.id, { ...fields, picture: fields.picture ?? null });
  }
  for (const { account, bot, ended } of plan.shares) {
    if (ended !== null) await unshareAccount(ctx, account, ended);
    await shareAccount(ctx, account, { with: { type: "bot", id: ids.get(bot)! } });
  }
  for (const planned of await planBehaviors(ctx, filled.behaviors, bots, naming, unexpected)) {
    const { change, existing, bot } = planned;
    const { uid, bot: _bot, schedules: _schedules, ...behavior } = planned.behavior;
    if (change.action === "update") await editBehavior(ctx, existing!.id, behavior as never);
    else if (!existing)
      await addBehavior(ctx, { ...behavior, uid, bot: "id" in bot ? bot.id : ids.get(bot.uid)! } as never);
  }
  if (unexpected.length > 0) throw new SignetError("invalid", unexpected[0]!.message, { issues: unexpected });
  const saved = await behaviorsWithUids(
    ctx,
    plan.schedules.map(({ behavior }) => behavior),
  );
  for (const { behavior, input } of plan.schedules)
    await scheduleBehavior(ctx, saved.find(({ uid }) => uid === behavior)!.id, input);
}

/** How everything was left, to tell later what was edited here. */
async function itemsNow(ctx: Context, pack: Package): Promise<Item[]> {
  const { services, bots, behaviors } = await objects(ctx, pack);
  return [
    ...services.map((one) => ({ what: "service" as const, uid: one.uid, installed: serviceFields(outlineOf(one)) })),
    ...bots.map((one) => ({ what: "bot" as const, uid: one.uid, installed: botFields(one) })),
    ...behaviors.map((one) => ({ what: "behavior" as const, uid: one.uid, installed: leftAs(pack, one) })),
  ];
}

/** With what the package schedules, so that it is scheduled once. */
function leftAs(pack: Package, behavior: Behavior): Fields {
  const schedules = pack.behaviors.find(({ uid }) => uid === behavior.uid)?.schedules ?? [];
  return { ...behaviorFields(behavior), ...(schedules.length > 0 && { schedules }) };
}

async function installedNow(ctx: Context, pack: Package) {
  const { services, bots, behaviors } = await objects(ctx, pack);
  return {
    services: services.map(({ id, uid, name }) => ({ id, uid, name })),
    bots: bots.map(({ id, uid, slug, name }) => ({ id, uid, slug, name })),
    behaviors: behaviors.map(({ id, uid, bot, slug, title }) => ({ id, uid, name: `${bot.slug}/${slug}`, title })),
  };
}

/** In the order of the package. */
async function objects(ctx: Context, pack: Package) {
  const uids = (list: { uid: string }[]) => list.map(({ uid }) => uid);
  const inOrder = <T extends { uid: string }>(list: { uid: string }[], found: T[]) =>
    list.flatMap(({ uid }) => found.find((one) => one.uid === uid) ?? []);
  return {
    services: inOrder(pack.services, await servicesWith(ctx, { uids: uids(pack.services) })),
    bots: inOrder(pack.bots, await botsWithUids(ctx, uids(pack.bots))),
    behaviors: inOrder(pack.behaviors, await behaviorsWithUids(ctx, uids(pack.behaviors))),
  };
}

/** Answers that may be seen and used again: no secret among them. */
function openAnswers({ answered }: Plan, made: Made): Record<string, unknown> {
  return Object.fromEntries(
    [...answered.values()].flatMap(({ prompt, value, own, make }) => {
      if (prompt.type === "secret") return [];
      const shown = value ?? own ?? (make && made.get(promised(prompt.key)));
      return shown === undefined ? [] : [[prompt.key, shown] as const];
    }),
  );
}
