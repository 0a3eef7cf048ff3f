import { z } from "zod";
import { slugify } from "../accounts/account.ts";
import { managedBot } from "../bots/browse.ts";
import { inTransaction, record, type Context } from "../context.ts";
import { SignetError } from "../errors.ts";
import { uidInput } from "../services/service.ts";
import { isDuplicate } from "../storage/database.ts";
import { newId } from "../storage/id.ts";
import { behaviorSlug, behaviorTitle, fullName, type Behavior } from "./behavior.ts";
import { managedBehavior } from "./browse.ts";
import { requireReadable } from "./check.ts";
import { programSchema, walk, type Program } from "./program.ts";
import { findBehavior } from "./store.ts";
import { findStepKind } from "./steps.ts";

const program = (programSchema as unknown as z.ZodObject).shape as {
  inputs: z.ZodType<Program["inputs"]>;
  steps: z.ZodType<Program["steps"]>;
  output: z.ZodType;
};

export const addBehaviorInput = z.strictObject({
  /** Id or slug. */
  bot: z.string().min(1, "Name the bot by id or slug.").max(100),
  slug: behaviorSlug.optional(),
  title: behaviorTitle,
  public: z.boolean().default(false),
  enabled: z.boolean().default(true),
  uid: uidInput.optional(),
  ...program,
});
export type AddBehavior = z.input<typeof addBehaviorInput>;

export const editBehaviorInput = z.strictObject({
  bot: z.string().max(100).optional(),
  slug: behaviorSlug.optional(),
  title: behaviorTitle.optional(),
  public: z.boolean().optional(),
  enabled: z.boolean().optional(),
  inputs: program.inputs.optional(),
  steps: program.steps.optional(),
  output: program.output.optional(),
  /** The version that the change was made on; another one in between is a conflict. */
  version: z.number().int().optional(),
});
export type EditBehavior = z.input<typeof editBehaviorInput>;

/** Makes a behavior of a bot that the actor manages. Throws `invalid` with each place, `conflict` for a taken slug. */
export async function addBehavior(ctx: Context, given: AddBehavior): Promise<Behavior> {
  const { bot: botKey, slug, title, enabled, uid, ...rest } = addBehaviorInput.parse(given);
  const checked = readProgram(rest);
  return inTransaction(ctx, async (inside) => {
    const bot = await managedBot(inside, botKey);
    const id = newId();
    const row = { id, uid: uid ?? newId(), bot_id: bot.id, slug: slug ?? slugify(title), title, enabled };
    await inside
      .db("behaviors")
      .insert({ ...row, public: rest.public, program: JSON.stringify(checked), created_by: inside.actor.id })
      .catch(slugTaken);
    const behavior = (await findBehavior(inside, { id }))!;
    await keepVersion(inside, behavior, checked);
    await record(inside, {
      action: "behavior.created",
      outcome: "ok",
      facts: { behavior: fullName(behavior), public: behavior.public },
    });
    return behavior;
  });
}

/**
 * Changes a behavior; a changed program, title or publicity is a new version. Throws `not_found`, `forbidden`,
 * `invalid`, and `conflict` when somebody else saved in between.
 */
export async function editBehavior(ctx: Context, key: string, given: EditBehavior): Promise<Behavior> {
  const input = editBehaviorInput.parse(given);
  return inTransaction(ctx, async (inside) => {
    const before = await managedBehavior(inside, key);
    await inside.db("behaviors").where({ id: before.id }).forUpdate().first("id");
    if (input.bot !== undefined && input.bot !== before.bot.id && input.bot !== before.bot.slug)
      throw new SignetError("invalid", "A behavior stays with its bot.", {
        issues: [{ path: "bot", message: "A behavior stays with its bot; copy it instead." }],
      });
    requireUnchanged(before, input.version);
    const { inputs, steps, output } = { ...before, ...given } as Program;
    const checked = readProgram({ inputs, steps, output });
    const version = before.version + 1;
    const changes = {
      slug: input.slug ?? before.slug,
      title: input.title ?? before.title,
      public: input.public ?? before.public,
      enabled: input.enabled ?? before.enabled,
    };
    await inside
      .db("behaviors")
      .where({ id: before.id })
      .update({ ...changes, version, program: JSON.stringify(checked), updated_at: inside.clock() })
      .catch(slugTaken);
    const behavior = (await findBehavior(inside, { id: before.id }))!;
    await keepVersion(inside, behavior, checked);
    await record(inside, {
      action: "behavior.changed",
      outcome: "ok",
      facts: { behavior: fullName(behavior), changes: Object.keys(input), version, public: behavior.public },
    });
    return behavior;
  });
}

/** Removes a behavior with its versions and whatever would start it; its runs stay on record. */
export async function deleteBehavior(ctx: Context, key: string): Promise<void> {
  await inTransaction(ctx, async (inside) => {
    const behavior = await managedBehavior(inside, key);
    await inside.db("behaviors").where({ id: behavior.id }).delete();
    await record(inside, { action: "behavior.deleted", outcome: "ok", facts: { behavior: fullName(behavior) } });
  });
}

/** Checks steps, inputs, and every template in them. */
export function readProgram(given: unknown): Program {
  const { inputs, steps, output } = given as Program;
  const checked = programSchema.parse({ inputs, steps, output });
  requireReadable(checked);
  return checked;
}

function requireUnchanged(before: Behavior, version: number | undefined): void {
  if (version === undefined || version === before.version) return;
  throw new SignetError("conflict", `Somebody saved version ${before.version} in the meantime. Look at it first.`, {
    issues: [{ path: "version", message: `The present version is ${before.version}.` }],
  });
}

async function keepVersion(ctx: Context, behavior: Behavior, checked: Program): Promise<void> {
  await ctx.db("behavior_versions").insert({
    behavior_id: behavior.id,
    version: behavior.version,
    title: behavior.title,
    public: behavior.public,
    program: JSON.stringify(checked),
    saved_by: ctx.actor.id,
    saved_by_name: ctx.actor.name,
    saved_at: ctx.clock(),
  });
  const named = walk(checked.steps).flatMap(({ step }) => findStepKind(step.do)?.names?.(step) ?? []);
  await ctx.db("behavior_names").where({ behavior_id: behavior.id }).delete();
  if (named.length === 0) return;
  const rows = named.map((name) => ({ behavior_id: behavior.id, ...name }));
  await ctx.db("behavior_names").insert(rows).onConflict().ignore();
}

function slugTaken(error: unknown): never {
  if (!isDuplicate(error)) throw error;
  const uid = isDuplicate(error, "behaviors_uid_key");
  throw new SignetError("conflict", `Another behavior has this ${uid ? "uid" : "short name"} already.`, {
    issues: [{ path: uid ? "uid" : "slug", message: "This is taken." }],
  });
}
