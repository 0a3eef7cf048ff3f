import { SCOPES } from "../access/actor.ts";
import { accountsOfBot, type UsableLine } from "../accounts/browse.ts";
import type { Bot } from "../bots/bot.ts";
import { asActor } from "../bots/browse.ts";
import type { Context } from "../context.ts";
import { ownerKey, ownerNames } from "../people/owner.ts";
import { searches } from "./account-options.ts";

// Accounts as a step may name them. A choice is "account:<slug>", "service:<key>" or "template".

export interface AccountGroup {
  label: string;
  options: { value: string; label: string }[];
}

/** What the bot may use, with the names of the owners. */
export interface UsableAccounts {
  items: UsableLine[];
  owners: Map<string, string>;
}

export async function usableByBot(ctx: Context, bot: Bot): Promise<UsableAccounts> {
  const { items } = await accountsOfBot(ctx, asActor(bot, SCOPES));
  const owners = await ownerNames(
    ctx,
    items.map(({ owner }) => owner),
  );
  return { items, owners };
}

/** The menu of accounts by service, each with why the bot may use it; `current` is in it, whatever it is. */
export function accountGroups(
  { items, owners }: UsableAccounts,
  directories: boolean,
  current: string,
): AccountGroup[] {
  const fitting = items.filter((account) => searches(account) === directories);
  const services = [...new Set(fitting.map(({ service }) => service.id))];
  const keys = services.map((id) => serviceKey(fitting, id));
  const groups = services.map((id) =>
    groupOf(
      fitting.filter(({ service }) => service.id === id),
      owners,
      current,
    ),
  );
  groups.sort((a, b) => a.label.localeCompare(b.label));
  const later = services.map((id, index) => ({
    value: `service:${keys[index]}`,
    label: `${nameOfService(fitting, id)}: the caller's own, else the team's`,
  }));
  const all = [...groups, { label: "Chosen when it runs", options: [...later, TEMPLATE] }];
  const known = all.some(({ options }) => options.some(({ value }) => value === current));
  if (current === "" || known) return all;
  const key = current.slice(current.indexOf(":") + 1);
  return [{ label: "Chosen now", options: [{ value: current, label: `${key} (the bot may not use it)` }] }, ...all];
}

/** What lists of steps call an account: its name, or what was written. */
export function accountLabel({ items }: UsableAccounts, value: unknown): string {
  if (value === null || typeof value !== "object") {
    return items.find(({ id, slug }) => id === value || slug === value)?.name ?? String(value ?? "");
  }
  const { service: key } = value as { service: string };
  const found = items.find(({ service }) => service.id === key || service.catalog === key);
  return `an account of ${found?.service.name ?? key}`;
}

const TEMPLATE = { value: "template", label: "From an input or placeholder" };

function groupOf(accounts: UsableLine[], owners: Map<string, string>, current: string): AccountGroup {
  const options = accounts.map((account) => {
    const owner = owners.get(ownerKey(account.owner)) ?? "somebody who left";
    const why = account.because === "owner" ? "has the bot's owner" : `shared by ${owner}`;
    const state = account.state === "active" ? "" : account.state === "paused" ? ", paused" : ", needs reconnect";
    // A step may name an account by its id as well; that choice stays as it is.
    const value = current === `account:${account.id}` ? current : `account:${account.slug}`;
    return { value, label: `${account.name} (${why}${state})` };
  });
  return { label: accounts[0]!.service.name, options };
}

/** The key of the catalog where it tells the service apart, otherwise its id. */
function serviceKey(accounts: UsableLine[], id: string): string {
  const catalog = accounts.find(({ service }) => service.id === id)!.service.catalog;
  const same = accounts.filter(({ service }) => service.catalog === catalog);
  return catalog !== null && same.every(({ service }) => service.id === id) ? catalog : id;
}

function nameOfService(accounts: UsableLine[], id: string): string {
  return accounts.find(({ service }) => service.id === id)!.service.name;
}
