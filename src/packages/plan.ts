import { createHash } from "node:crypto";
import { z } from "zod";
import { isAdmin, type Owner } from "../access/actor.ts";
import { ownerInput, ownerOf } from "../accounts/account.ts";
import { requireOwner } from "../accounts/own.ts";
import type { Context } from "../context.ts";
import { isSignetError, type Issue } from "../errors.ts";
import { servicesWith } from "../services/browse.ts";
import { readAnswers, serviceLabel, type Answered, type Answers } from "./answers.ts";
import type { Change } from "./change.ts";
import { installedFor } from "./copy.ts";
import { fillPackage, promised, type Made } from "./fill.ts";
import type { Package, PackagePrompt } from "./package.ts";
import { misplaced } from "./placement.ts";
import { canonical, unfit } from "./plain.ts";
import { planBehaviors, type PlannedBehavior } from "./plan-behaviors.ts";
import { planBots, type PlannedBot } from "./plan-bots.ts";
import { planSchedules, type PlannedSchedule } from "./plan-schedules.ts";
import { planShares, type PlannedShare } from "./plan-shares.ts";
import { ANOTHER_SECRET, planServices, type Naming, type PlannedService } from "./plan-services.ts";
import { readPackage, type LeftOut, type ReadPackage } from "./read.ts";
import type { Installed, Item } from "./store.ts";

export const packageInput = z.strictObject({
  /** The package as JSON. */
  package: z.unknown(),
  /** By the keys of its prompts. */
  answers: z.record(z.string(), z.unknown()).default({}),
  /** Of the bots that are made; the organization for admins, otherwise the actor. */
  owner: ownerInput.optional(),
  /** Other short names (bots, behaviors) and names (services), by uid, where those of the package are taken. */
  rename: z.record(z.string(), z.string().trim().min(1).max(100)).default({}),
});
export type PackageInput = z.input<typeof packageInput>;

/** Everything that importing would do. */
export interface Plan {
  read: ReadPackage;
  pack: Package | undefined;
  installed: Installed | undefined;
  items: Item[];
  owner: Owner;
  rename: Record<string, string>;
  answered: Map<string, Answered>;
  missing: PackagePrompt[];
  problems: Issue[];
  leftOut: LeftOut[];
  services: PlannedService[];
  /** Services that answers ask for. */
  wanted: PlannedService[];
  bots: PlannedBot[];
  shares: PlannedShare[];
  behaviors: PlannedBehavior[];
  schedules: PlannedSchedule[];
  changes: Change[];
  /** Stands for these changes: another state of the hub, other answers, another package have another one. */
  fingerprint: string;
}

/** Works out what importing would do, and what stands in its way. Changes nothing. Throws for an input of the wrong form. */
export async function planPackage(ctx: Context, given: PackageInput): Promise<Plan> {
  const odd = unfit(given.answers);
  const input = packageInput.parse(given);
  const read = readPackage(input.package);
  const plan = emptyPlan(ctx, read, input.rename);
  if (odd) plan.problems.push({ ...odd, path: `answers.${odd.path}` });
  if (!read.pack || odd) return plan;
  plan.pack = read.pack;
  plan.problems.push(...misplaced(read.pack));
  if (plan.problems.length > 0) return plan;
  const wish = input.owner === undefined ? plan.owner : ownerOf(input.owner, "");
  const { pack, before } = await installedFor(ctx, read.pack, wish);
  plan.pack = pack;
  if (before) {
    Object.assign(plan, before);
    plan.rename = { ...before.installed.renamed, ...input.rename };
  }
  await chooseOwner(ctx, plan, input.owner);
  await requireServices(ctx, plan);
  const answers = await readAnswers(ctx, pack, input.answers as Answers);
  Object.assign(plan, { answered: answers.answered, missing: answers.missing });
  plan.problems.push(...answers.problems);
  await compare(ctx, plan, pack);
  plan.changes = [
    ...plan.services,
    ...plan.wanted,
    ...plan.bots,
    ...plan.shares,
    ...plan.behaviors,
    ...plan.schedules,
  ].map(({ change }) => change);
  plan.fingerprint = fingerprintOf(plan);
  return plan;
}

async function compare(ctx: Context, plan: Plan, pack: Package): Promise<void> {
  const naming: Naming = {
    rename: plan.rename,
    installed: (what, uid) => plan.items.find((item) => item.what === what && item.uid === uid)?.installed,
  };
  const uids = pack.services.map(({ uid }) => uid);
  const there = new Set((await servicesWith(ctx, { uids })).map(({ uid }) => uid));
  const drawn = fillPackage(pack, plan.answered, new Map(), (uid) => !there.has(uid));
  plan.services = await planServices(ctx, drawn.services, naming, plan.problems);
  plan.wanted = await wantedServices(ctx, plan, naming);
  plan.missing = plan.missing.filter((prompt) => !keptSecret(pack, plan.services, prompt));
  // What a hidden setting lacks is said once, at its prompt.
  if (plan.missing.some(({ type }) => type === "secret"))
    plan.problems = plan.problems.filter(({ path }) => !/^services\.\d+\.settings\./.test(path));
  const filled = fillPackage(pack, plan.answered, madeSoFar(plan));
  plan.bots = await planBots(ctx, filled.bots, naming, plan.problems);
  plan.shares = await planShares(ctx, pack, plan.answered, plan.bots, plan.owner, plan.problems);
  plan.behaviors = await planBehaviors(ctx, filled.behaviors, plan.bots, naming, plan.problems);
  plan.schedules = planSchedules(ctx, plan.behaviors, naming, plan.problems, plan.leftOut);
}

/** Ids of the services that are there, by the uids of the package. */
export function madeSoFar({ services }: Pick<Plan, "services">): Made {
  return new Map(services.flatMap(({ uid, existing }) => (existing ? [[uid, existing.id] as const] : [])));
}

/** A secret that rests in the vault already need not be given again. */
function keptSecret(pack: Package, services: PlannedService[], prompt: PackagePrompt): boolean {
  if (prompt.type !== "secret") return false;
  const mark = new RegExp(`\\{\\{\\{\\s*prompts\\.${prompt.key}\\s*\\}\\}\\}`);
  const using = pack.services.filter(({ settings }) => mark.test(JSON.stringify(settings)));
  return using.every(({ uid }) => services.find((one) => one.uid === uid)?.existing !== undefined);
}

async function wantedServices(ctx: Context, { answered, problems }: Plan, naming: Naming): Promise<PlannedService[]> {
  const planned: PlannedService[] = [];
  for (const { prompt, make } of answered.values()) {
    if (!make) continue;
    const { catalog, name, settings } = make;
    const found: Issue[] = [];
    const given = { uid: promised(prompt.key), catalog, settings, ...(name !== undefined && { name }) };
    const [service] = await planServices(ctx, [given], naming, found);
    // It has no uid of its own; the one of the package is never stored.
    const { uid: _uid, ...input } = service!.input as { uid?: string };
    const path = `answers.${prompt.key}`;
    problems.push(...found.map((one) => ({ ...one, path: one.path.replace("services.0", `${path}.create`) })));
    planned.push({ ...service!, input: input as PlannedService["input"], change: { ...service!.change, path } });
  }
  return planned;
}

async function chooseOwner(ctx: Context, plan: Plan, wish: z.output<typeof ownerInput> | undefined): Promise<void> {
  if (wish !== undefined) plan.owner = ownerOf(wish, "");
  else if (plan.installed) plan.owner = plan.installed.owner;
  await requireOwner(ctx, plan.owner, "bots").catch((error: unknown) => {
    plan.problems.push({ path: "owner", message: whyNot(error) });
  });
}

function whyNot(error: unknown): string {
  if (!isSignetError(error)) throw error;
  return error.message;
}

async function requireServices(ctx: Context, { pack, problems }: Plan): Promise<void> {
  const wanted = pack!.requires?.services ?? [];
  const there = new Set((await servicesWith(ctx, { catalog: wanted })).map(({ catalogKey }) => catalogKey));
  wanted.forEach((key, index) => {
    if (there.has(key) || pack!.services.some(({ catalog }) => catalog === key)) return;
    problems.push({ path: `requires.services.${index}`, message: `Set up ${serviceLabel(key)} first.` });
  });
}

/** For whom bots are made where nobody is chosen: the organization by admins, everybody else for themselves. */
export function ownerByDefault({ actor }: Context): Owner {
  return isAdmin(actor) ? { type: "organization", id: null } : { type: "worker", id: actor.id ?? "" };
}

function emptyPlan(ctx: Context, read: ReadPackage, rename: Record<string, string>): Plan {
  return {
    ...{ read, pack: undefined, installed: undefined, items: [], owner: ownerByDefault(ctx), rename },
    ...{ answered: new Map(), missing: [], problems: [...read.problems], leftOut: [...read.leftOut] },
    ...{ services: [], wanted: [], bots: [], shares: [], behaviors: [], schedules: [], changes: [], fingerprint: "" },
  };
}

function fingerprintOf({ read, owner, changes }: Plan): string {
  // Secrets may be given after the preview: what they change is the same sentence always.
  const open = changes.map(({ action, fields, ...rest }) => {
    const left = fields.filter(({ after }) => after !== ANOTHER_SECRET);
    return { ...rest, action: left.length === 0 && action === "update" ? "unchanged" : action, fields: left };
  });
  return createHash("sha256")
    .update(canonical({ hash: read.hash, owner, open }))
    .digest("hex")
    .slice(0, 32);
}
