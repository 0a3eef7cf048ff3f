import { SCOPES } from "../../access/actor.ts";
import { accountsOfBot } from "../../accounts/browse.ts";
import type { Behavior } from "../../behaviors/behavior.ts";
import { managedBehavior } from "../../behaviors/browse.ts";
import { asActor, getBot } from "../../bots/browse.ts";
import type { Context } from "../../context.ts";
import { managedEventTrigger } from "../../triggers/browse.ts";
import { ACCOUNT_EVENTS, EVENT_WORDS } from "../../triggers/event-trigger.ts";
import { addEventTrigger, deleteEventTrigger, switchEventTrigger } from "../../triggers/event-save.ts";
import { good, redirect, view, type Answer } from "../answer.ts";
import { attempt, type Problems } from "../failure.ts";
import { text, texts } from "../form.ts";
import { get, post } from "../route.ts";
import { typedInputs } from "../run-form.ts";
import { placed } from "../service-form.ts";
import { askFirst, triggerCrumbs, triggersPath } from "../trigger-pages.ts";
import { mappingFields, mappingOf } from "../webhook-form.ts";

interface Draft {
  events: string[];
  account: string;
  inputs: Record<string, string>;
  problems?: Problems;
}

const NEW = "/behaviors/:id/triggers/event";
const ONE = "/behaviors/:id/triggers/events/:trigger";

export default [
  get(NEW, async (ctx, { params }) => {
    const behavior = await managedBehavior(ctx, params.id!);
    return show(ctx, behavior, { events: ["account.needs_reconnect"], account: "", inputs: {} });
  }),

  post(NEW, async (ctx, { params, form }) => {
    const behavior = await managedBehavior(ctx, params.id!);
    const inputs = typedInputs(behavior.inputs, form);
    const [events, account] = [texts(form, "events"), text(form, "account")];
    const wish = {
      events: events as never,
      ...(account !== "" && { account }),
      inputs: mappingOf(behavior.inputs, inputs),
    };
    const result = await attempt(() => addEventTrigger(ctx, behavior.id, wish));
    if (!result.ok) return show(ctx, behavior, { events, account, inputs, problems: result.problems });
    return redirect(triggersPath(behavior), good("It starts with the next event."));
  }),

  post(`${ONE}/pause`, async (ctx, { params }) => {
    const { behavior, trigger } = await managedEventTrigger(ctx, params.id!, params.trigger!);
    await switchEventTrigger(ctx, behavior.id, trigger.id, "paused");
    return redirect(triggersPath(behavior), good("It starts nothing until it is resumed."));
  }),

  post(`${ONE}/resume`, async (ctx, { params }) => {
    const { behavior, trigger } = await managedEventTrigger(ctx, params.id!, params.trigger!);
    await switchEventTrigger(ctx, behavior.id, trigger.id, "active");
    return redirect(triggersPath(behavior), good("It starts with the next event."));
  }),

  get(`${ONE}/delete`, async (ctx, { params }) => {
    const { behavior, trigger } = await managedEventTrigger(ctx, params.id!, params.trigger!);
    return askFirst(behavior, {
      title: "Delete this event",
      context: trigger.events.map((event) => EVENT_WORDS[event]).join(" · "),
      action: `${triggersPath(behavior)}/events/${trigger.id}/delete`,
      label: "Delete",
      text: `${behavior.title} is no longer started by it. Runs that it started already go on.`,
    });
  }),

  post(`${ONE}/delete`, async (ctx, { params }) => {
    const { behavior, trigger } = await managedEventTrigger(ctx, params.id!, params.trigger!);
    await deleteEventTrigger(ctx, behavior.id, trigger.id);
    return redirect(triggersPath(behavior), good("The event is deleted."));
  }),
];

async function show(ctx: Context, behavior: Behavior, draft: Draft): Promise<Answer> {
  const names = ["events", "account", ...behavior.inputs.map(({ name }) => `inputs.${name}`)];
  const problems = draft.problems ? placed(draft.problems, names) : { lines: [], of: {} };
  const { items } = await accountsOfBot(ctx, asActor(await getBot(ctx, behavior.bot.id), SCOPES));
  const title = `What starts ${behavior.title}`;
  const data = {
    page: { title, section: "bots" },
    title: "Add an account event",
    context: title,
    crumbs: triggerCrumbs(behavior),
    here: `${triggersPath(behavior)}/event`,
    cancel: triggersPath(behavior),
    bot: behavior.bot.name,
    events: ACCOUNT_EVENTS.map((value) => ({
      value,
      label: EVENT_WORDS[value],
      checked: draft.events.includes(value),
    })),
    accounts: items.map(({ id, name, service }) => ({ value: id, label: `${name} · ${service.name}` })),
    account: draft.account,
    fields: mappingFields(behavior.inputs, draft.inputs, problems.of, () => "trigger.account.name"),
    problems,
  };
  return view("behavior-event", data, { status: draft.problems ? 400 : 200 });
}
