import { fullName } from "../behaviors/behavior.ts";
import { managedBehavior } from "../behaviors/browse.ts";
import { inTransaction, notify, record, type Context } from "../context.ts";
import { SignetError } from "../errors.ts";
import { randomToken, tokenHash } from "../people/random-token.ts";
import { newId } from "../storage/id.ts";
import { jsonText } from "../storage/json.ts";
import { managedWebhook } from "./browse.ts";
import { requireMapping } from "./given.ts";
import { isDescribed } from "./schemes.ts";
import { findWebhook } from "./store.ts";
import { keepSecret } from "./webhook-secret.ts";
import {
  addWebhookInput,
  editWebhookInput,
  requireScheme,
  type AddWebhook,
  type EditWebhook,
  type Webhook,
} from "./webhook.ts";

const MAX = 50;

/** A webhook with its address, which is told this once. */
export interface Addressed {
  webhook: Webhook;
  url: string;
}

/** Gives a behavior that the actor manages an address. Throws `not_found`, `forbidden`, `invalid` naming each field. */
export async function addWebhook(ctx: Context, behaviorKey: string, given: AddWebhook): Promise<Addressed> {
  const input = addWebhookInput.parse(given);
  requireScheme(input.scheme, input.settings, input.secret !== undefined);
  return inTransaction(ctx, async (inside) => {
    const behavior = await managedBehavior(inside, behaviorKey);
    requireMapping(behavior, input.inputs);
    await requireRoom(inside, behavior.id);
    const [id, token] = [newId(), randomToken()];
    const secret = input.scheme === "none" ? undefined : input.secret;
    await inside.db("webhooks").insert({
      id,
      behavior_id: behavior.id,
      name: input.name,
      token_hash: tokenHash(token),
      last_four: token.slice(-4),
      scheme: input.scheme,
      settings: jsonText(isDescribed(input.scheme) ? input.settings : {}),
      secret_id: secret === undefined ? null : await keepSecret(inside, id, null, secret),
      inputs: input.inputs && jsonText(input.inputs),
      answer: jsonText(input.answer),
      per_minute: input.per_minute,
      created_by_name: inside.actor.name,
      created_at: inside.clock(),
    });
    const facts = { behavior: fullName(behavior), webhook: input.name, scheme: input.scheme };
    await record(inside, { action: "webhook.created", outcome: "ok", facts });
    return { webhook: (await findWebhook(inside, { id, behavior_id: behavior.id }))!, url: addressOf(ctx, token) };
  });
}

/** Changes a webhook; what is left out stays. Throws `not_found`, `forbidden`, `invalid` naming each field. */
export async function editWebhook(ctx: Context, behaviorKey: string, id: string, given: EditWebhook): Promise<Webhook> {
  const input = editWebhookInput.parse(given);
  return inTransaction(ctx, async (inside) => {
    const { behavior, webhook } = await managedWebhook(inside, behaviorKey, id);
    const scheme = input.scheme ?? webhook.scheme;
    const settings = input.settings ?? webhook.settings;
    requireScheme(scheme, settings, input.secret !== undefined || webhook.secretId !== null);
    if (input.inputs !== undefined) requireMapping(behavior, input.inputs);
    const { secret, inputs, answer, settings: _, ...plain } = input;
    await inside
      .db("webhooks")
      .where({ id })
      .update({
        ...plain,
        scheme,
        settings: jsonText(isDescribed(scheme) ? settings : {}),
        ...(scheme === "none" ? { secret_id: null } : {}),
        ...(scheme !== "none" && secret !== undefined
          ? { secret_id: await keepSecret(inside, id, webhook.secretId, secret) }
          : {}),
        ...(inputs !== undefined && { inputs: inputs && jsonText(inputs) }),
        ...(answer !== undefined && { answer: jsonText(answer) }),
      });
    if (scheme === "none" && webhook.secretId !== null) await inside.vault.destroy(inside.db, [webhook.secretId]);
    return changed(inside, behavior, webhook, Object.keys(input));
  });
}

/** Gives a webhook a new address; the old one is unknown from then on. Throws `not_found`, `forbidden`. */
export async function renewAddress(ctx: Context, behaviorKey: string, id: string): Promise<Addressed> {
  const token = randomToken();
  const webhook = await inTransaction(ctx, async (inside) => {
    const { behavior, webhook } = await managedWebhook(inside, behaviorKey, id);
    const address = { token_hash: tokenHash(token), last_four: token.slice(-4) };
    await inside.db("webhooks").where({ id }).update(address);
    return changed(inside, behavior, webhook, ["address"]);
  });
  return { webhook, url: addressOf(ctx, token) };
}

/** Removes a webhook with its secret: its address is unknown from then on. Throws `not_found`, `forbidden`. */
export async function deleteWebhook(ctx: Context, behaviorKey: string, id: string): Promise<void> {
  await inTransaction(ctx, async (inside) => {
    const { behavior, webhook } = await managedWebhook(inside, behaviorKey, id);
    await inside.db("webhooks").where({ id }).delete();
    await notify(inside, "webhook", id);
    const facts = { behavior: fullName(behavior), webhook: webhook.name };
    await record(inside, { action: "webhook.deleted", outcome: "ok", facts });
  });
}

async function changed(
  ctx: Context,
  behavior: Parameters<typeof fullName>[0] & { id: string },
  webhook: Webhook,
  changes: string[],
): Promise<Webhook> {
  await notify(ctx, "webhook", webhook.id);
  const facts = { behavior: fullName(behavior), webhook: webhook.name, changes };
  await record(ctx, { action: "webhook.changed", outcome: "ok", facts });
  return (await findWebhook(ctx, { id: webhook.id, behavior_id: behavior.id }))!;
}

function addressOf(ctx: Context, token: string): string {
  return `${ctx.publicUrl}/hooks/${token}`;
}

async function requireRoom({ db }: Context, behavior: string): Promise<void> {
  const [row] = (await db("webhooks").where({ behavior_id: behavior }).count({ count: "*" })) as { count: number }[];
  if (Number(row!.count) >= MAX) throw new SignetError("conflict", `A behavior has at most ${MAX} webhooks.`);
}
