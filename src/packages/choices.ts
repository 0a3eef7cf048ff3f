import { isAdmin } from "../access/actor.ts";
import { mayManage } from "../access/policy.ts";
import { listAccounts, usableAccounts, type AccountLine } from "../accounts/browse.ts";
import type { Context } from "../context.ts";
import { servicesWith } from "../services/browse.ts";
import { originOf } from "../services/catalog.ts";
import type { Service } from "../services/service.ts";
import type { Package, PackagePrompt } from "./package.ts";

/** What a prompt can be answered with, for those that choose among what is here. */
export interface Choices {
  prompt: PackagePrompt;
  /** Accounts that the actor may use or share. */
  accounts: AccountLine[];
  services: Service[];
  /** Key of the catalog, where a service can be set up from it by the actor. */
  setUp: string | null;
}

/** Choices for the account and service prompts of a package, by key. */
export async function choicesFor(ctx: Context, pack: Package): Promise<Map<string, Choices>> {
  const usable = new Set((await usableAccounts(ctx)).map(({ id }) => id));
  const choices = new Map<string, Choices>();
  for (const prompt of pack.prompts) {
    if (prompt.type !== "account" && prompt.type !== "service") continue;
    const services = prompt.service === undefined ? [] : await servicesNamed(ctx, prompt.service);
    const seen =
      prompt.type === "service"
        ? []
        : prompt.service === undefined
          ? (await listAccounts(ctx, { limit: 200 })).items
          : (await Promise.all(services.map(({ id }) => listAccounts(ctx, { service: id, limit: 200 })))).flatMap(
              ({ items }) => items,
            );
    const accounts = seen.filter(({ id, owner }) => usable.has(id) || mayManage(ctx.actor, owner));
    const setUp = isAdmin(ctx.actor) ? (originOf(prompt.service ?? null)?.key ?? null) : null;
    choices.set(prompt.key, { prompt, accounts, services, setUp });
  }
  return choices;
}

/** Services that a prompt means: of a catalog entry, or with a uid. */
export async function servicesNamed(ctx: Context, key: string): Promise<Service[]> {
  return [...(await servicesWith(ctx, { catalog: [key] })), ...(await servicesWith(ctx, { uids: [key] }))];
}
