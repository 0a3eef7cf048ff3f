import type { Behavior } from "../../behaviors/behavior.ts";
import { managedBehavior } from "../../behaviors/browse.ts";
import { managedWebhook } from "../../triggers/browse.ts";
import { schemeChoices } from "../../triggers/schemes.ts";
import type { Webhook } from "../../triggers/webhook.ts";
import { addWebhook, deleteWebhook, editWebhook, renewAddress } from "../../triggers/webhook-save.ts";
import { good, redirect, view, type Answer } from "../answer.ts";
import { attempt, type Problems } from "../failure.ts";
import { text } from "../form.ts";
import { get, post } from "../route.ts";
import { typedInputs } from "../run-form.ts";
import { placed } from "../service-form.ts";
import { askFirst, triggerCrumbs, triggersPath } from "../trigger-pages.ts";
import {
  mappingFields,
  mappingOf,
  textsOfMapping,
  textsOfWebhook,
  typedWebhook,
  webhookFieldNames,
  webhookOf,
  type TypedWebhook,
} from "../webhook-form.ts";

interface Draft {
  webhook?: Webhook;
  typed: TypedWebhook;
  inputs: Record<string, string>;
  problems?: Problems;
}

const NEW = "/behaviors/:id/triggers/webhook";
const ONE = "/behaviors/:id/triggers/webhooks/:webhook";

export default [
  get(NEW, async (ctx, { params }) => {
    const behavior = await managedBehavior(ctx, params.id!);
    return show(behavior, { typed: textsOfWebhook(), inputs: {} });
  }),

  // The answer itself shows the address: a redirect would have to keep it somewhere.
  post(NEW, async (ctx, { params, form }) => {
    const behavior = await managedBehavior(ctx, params.id!);
    const typed = typedWebhook(form);
    const inputs = typedInputs(behavior.inputs, form);
    const input = webhookOf(typed, text(form, "secret"), mappingOf(behavior.inputs, inputs));
    const result = await attempt(() => addWebhook(ctx, behavior.id, input));
    if (!result.ok) return show(behavior, { typed, inputs, problems: result.problems });
    return addressed(behavior, result.value.webhook, result.value.url);
  }),

  get(ONE, async (ctx, { params }) => {
    const { behavior, webhook } = await managedWebhook(ctx, params.id!, params.webhook!);
    return show(behavior, { webhook, typed: textsOfWebhook(webhook), inputs: textsOfMapping(webhook.inputs) });
  }),

  post(ONE, async (ctx, { params, form }) => {
    const { behavior, webhook } = await managedWebhook(ctx, params.id!, params.webhook!);
    const typed = typedWebhook(form);
    const inputs = typedInputs(behavior.inputs, form);
    const mapping = mappingOf(behavior.inputs, inputs, webhook.inputs);
    const input = webhookOf(typed, text(form, "secret"), mapping, webhook.settings);
    const result = await attempt(() => editWebhook(ctx, behavior.id, webhook.id, input));
    if (!result.ok) return show(behavior, { webhook, typed, inputs, problems: result.problems });
    return redirect(triggersPath(behavior), good(`${result.value.name} is saved.`));
  }),

  post(`${ONE}/pause`, async (ctx, { params }) => {
    const { behavior, webhook } = await managedWebhook(ctx, params.id!, params.webhook!);
    await editWebhook(ctx, behavior.id, webhook.id, { state: "paused" });
    return redirect(
      triggersPath(behavior),
      good(`${webhook.name} is paused: its senders are told to come back later.`),
    );
  }),

  post(`${ONE}/resume`, async (ctx, { params }) => {
    const { behavior, webhook } = await managedWebhook(ctx, params.id!, params.webhook!);
    await editWebhook(ctx, behavior.id, webhook.id, { state: "active" });
    return redirect(triggersPath(behavior), good(`${webhook.name} starts runs again.`));
  }),

  get(`${ONE}/address`, async (ctx, { params }) => {
    const { behavior, webhook } = await managedWebhook(ctx, params.id!, params.webhook!);
    return askFirst(behavior, {
      title: `A new address for ${webhook.name}`,
      context: `The present one ends in ${webhook.lastFour}`,
      action: `${triggersPath(behavior)}/webhooks/${webhook.id}/address`,
      label: "Make a new address",
      text: "The present address is unknown from then on. Enter the new one wherever deliveries come from.",
    });
  }),

  post(`${ONE}/address`, async (ctx, { params }) => {
    const { behavior } = await managedWebhook(ctx, params.id!, params.webhook!);
    const { webhook, url } = await renewAddress(ctx, behavior.id, params.webhook!);
    return addressed(behavior, webhook, url);
  }),

  get(`${ONE}/delete`, async (ctx, { params }) => {
    const { behavior, webhook } = await managedWebhook(ctx, params.id!, params.webhook!);
    return askFirst(behavior, {
      title: `Delete ${webhook.name}`,
      context: `A webhook of ${behavior.title}`,
      action: `${triggersPath(behavior)}/webhooks/${webhook.id}/delete`,
      label: "Delete",
      text: "Its address is unknown from then on, and its signing secret is destroyed. This cannot be undone.",
    });
  }),

  post(`${ONE}/delete`, async (ctx, { params }) => {
    const { behavior, webhook } = await managedWebhook(ctx, params.id!, params.webhook!);
    await deleteWebhook(ctx, behavior.id, webhook.id);
    return redirect(triggersPath(behavior), good(`${webhook.name} is deleted.`));
  }),
];

function show(behavior: Behavior, { webhook, typed, inputs, problems }: Draft): Answer {
  const shown = problems ? placed(problems, webhookFieldNames(behavior.inputs)) : { lines: [], of: {} };
  const title = webhook?.name ?? "Add a webhook";
  const path = triggersPath(behavior);
  const data = {
    page: { title, section: "bots" },
    title,
    context: webhook ? `Its address ends in ${webhook.lastFour}` : `An address that starts ${behavior.title}`,
    crumbs: triggerCrumbs(behavior),
    here: webhook ? `${path}/webhooks/${webhook.id}` : `${path}/webhook`,
    cancel: path,
    existing: webhook !== undefined,
    hasSecret: webhook !== undefined && webhook.secretId !== null,
    typed,
    schemes: schemeChoices(),
    fields: mappingFields(behavior.inputs, inputs, shown.of, (name) => `trigger.body.${name}`),
    problems: shown,
  };
  return view("behavior-webhook", data, { status: problems ? 400 : 200 });
}

function addressed(behavior: Behavior, webhook: Webhook, url: string): Answer {
  const scheme = schemeChoices().find(({ value }) => value === webhook.scheme);
  return view("behavior-webhook-address", {
    page: { title: webhook.name, section: "bots" },
    crumbs: triggerCrumbs(behavior),
    back: triggersPath(behavior),
    title: behavior.title,
    name: webhook.name,
    url,
    signed: webhook.scheme === "none" ? null : scheme?.label,
    example: `curl ${url} --json '${exampleOf(behavior)}'`,
  });
}

function exampleOf({ inputs }: Behavior): string {
  return JSON.stringify(Object.fromEntries(inputs.slice(0, 3).map(({ name }) => [name, "…"])));
}
