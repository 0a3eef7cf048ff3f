import { maySee } from "../access/policy.ts";
import { accountsByIds, getAccount } from "../accounts/browse.ts";
import { auditHead } from "../audit/follow.ts";
import { fullName, type Behavior } from "../behaviors/behavior.ts";
import { managedBehavior } from "../behaviors/browse.ts";
import { asActor, knownBot } from "../bots/browse.ts";
import { inTransaction, notify, record, type Context } from "../context.ts";
import { invalid, SignetError } from "../errors.ts";
import { newId } from "../storage/id.ts";
import { jsonText } from "../storage/json.ts";
import { managedEventTrigger } from "./browse.ts";
import { addEventTriggerInput, type AddEventTrigger, type EventTrigger } from "./event-trigger.ts";
import { requireMapping } from "./given.ts";
import { findEventTrigger } from "./store.ts";

const MAX = 50;

/**
 * Lets what happens to accounts from now on start a behavior that the actor manages. Throws `not_found`, `forbidden`, and
 * `invalid` naming each field, such as an account that the bot may not use.
 */
export async function addEventTrigger(
  ctx: Context,
  behaviorKey: string,
  given: AddEventTrigger,
): Promise<EventTrigger> {
  const input = addEventTriggerInput.parse(given);
  return inTransaction(ctx, async (inside) => {
    const behavior = await managedBehavior(inside, behaviorKey);
    requireMapping(behavior, input.inputs);
    await requireRoom(inside, behavior.id);
    const account = input.account === undefined ? null : await accountOf(inside, behavior, input.account);
    const id = newId();
    const events = [...new Set(input.events)];
    await inside.db("event_triggers").insert({
      id,
      behavior_id: behavior.id,
      events,
      account_id: account,
      inputs: input.inputs && jsonText(input.inputs),
      after_seq: await auditHead(inside.db),
      created_by_name: inside.actor.name,
      created_at: inside.clock(),
    });
    await notify(inside, "event-trigger", "any");
    const facts = { behavior: fullName(behavior), trigger: id, events };
    await record(inside, { action: "event_trigger.created", outcome: "ok", facts });
    return (await findEventTrigger(inside, { id, behavior_id: behavior.id }))!;
  });
}

/** Stops or lets go on; what happens in between starts nothing. Throws `not_found`, `forbidden`. */
export async function switchEventTrigger(
  ctx: Context,
  behaviorKey: string,
  id: string,
  state: EventTrigger["state"],
): Promise<EventTrigger> {
  return inTransaction(ctx, async (inside) => {
    const { behavior } = await managedEventTrigger(inside, behaviorKey, id);
    const paused = { state, paused_reason: `${inside.actor.name} paused it.` };
    const resumed = { state, paused_reason: null, after_seq: await auditHead(inside.db) };
    await inside
      .db("event_triggers")
      .where({ id })
      .update(state === "paused" ? paused : resumed);
    await notify(inside, "event-trigger", "any");
    const facts = { behavior: fullName(behavior), trigger: id, changes: [state] };
    await record(inside, { action: "event_trigger.changed", outcome: "ok", facts });
    return (await findEventTrigger(inside, { id, behavior_id: behavior.id }))!;
  });
}

/** Throws `not_found`, `forbidden`. */
export async function deleteEventTrigger(ctx: Context, behaviorKey: string, id: string): Promise<void> {
  await inTransaction(ctx, async (inside) => {
    const { behavior } = await managedEventTrigger(inside, behaviorKey, id);
    await inside.db("event_triggers").where({ id }).delete();
    await notify(inside, "event-trigger", "any");
    const facts = { behavior: fullName(behavior), trigger: id };
    await record(inside, { action: "event_trigger.deleted", outcome: "ok", facts });
  });
}

/** The id of an account that the behavior's bot may use. Throws `invalid`. */
async function accountOf(ctx: Context, behavior: Behavior, key: string): Promise<string> {
  const { id } = await getAccount(ctx, key).catch(() => {
    throw invalid("account", "There is no such account, or it is not visible to you.");
  });
  const bot = (await knownBot(ctx, behavior.bot.id))!;
  const { owner, shares } = (await accountsByIds(ctx, [id])).get(id)!;
  if (!maySee(asActor(bot, []), owner, shares, ctx.clock()))
    throw invalid("account", `${bot.name} may not use this account, so it is not told of it.`);
  return id;
}

async function requireRoom({ db }: Context, behavior: string): Promise<void> {
  const [row] = (await db("event_triggers").where({ behavior_id: behavior }).count({ count: "*" })) as {
    count: number;
  }[];
  if (Number(row!.count) >= MAX) throw new SignetError("conflict", `A behavior has at most ${MAX} event triggers.`);
}
