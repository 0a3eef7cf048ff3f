import { accountsOfBot } from "../accounts/browse.ts";
import { SCOPES } from "../access/actor.ts";
import { allStepKinds } from "../behaviors/steps.ts";
import type { Bot } from "../bots/bot.ts";
import { asActor } from "../bots/browse.ts";
import { DEFAULT_LIMITS, type BotLimits } from "../bots/limits.ts";
import type { Context } from "../context.ts";
import { SignetError, type Issue } from "../errors.ts";
import { text, texts } from "./form.ts";
import type { Incoming } from "./route.ts";

// A bot's limits in words: as facts, and as the fields of their form.

type Count = keyof typeof DEFAULT_LIMITS;

export const COUNTS: { name: Count; label: string; help: string; most: number }[] = [
  { name: "max_steps", label: "Steps in one run", help: "Steps of behaviors that it calls count, too.", most: 100_000 },
  {
    name: "max_calls",
    label: "Calls in one run",
    help: "Requests and other things that are done outside.",
    most: 10_000,
  },
  { name: "max_seconds", label: "Seconds of one run", help: "Waiting by a Wait step does not count.", most: 3_600 },
  { name: "max_runs", label: "Runs at once", help: "Further ones wait their turn.", most: 100 },
];

/** What holds for the bot, as the part facts draws it. */
export function limitFacts({ limits }: Pick<Bot, "limits">, accountName: (key: string) => string) {
  const some = (values: string[] | undefined, all: string) =>
    values === undefined ? { text: all } : values.length === 0 ? { text: "None" } : { tags: values };
  const kinds = new Map(allStepKinds().map(({ kind, label }) => [kind, label]));
  return [
    { label: "Accounts", ...some(limits.accounts?.map(accountName), "All that it may use") },
    { label: "Hosts", ...some(limits.hosts, "All of its accounts' services") },
    {
      label: "Steps",
      ...some(
        limits.steps?.map((kind) => kinds.get(kind) ?? kind),
        "All kinds",
      ),
    },
    ...COUNTS.map(({ name, label }) => ({
      label,
      text: (limits[name] ?? DEFAULT_LIMITS[name]).toLocaleString("en"),
      ...(limits[name] === undefined && { detail: "the default" }),
    })),
  ];
}

/** What stands in the form. */
export interface TypedLimits {
  /** "some", when only the ticked ones are allowed. */
  accounts_are: string;
  accounts: string[];
  hosts: string;
  steps_are: string;
  steps: string[];
  counts: Record<Count, string>;
}

export function typedLimits(form: Incoming["form"]): TypedLimits {
  return {
    accounts_are: text(form, "accounts_are"),
    accounts: texts(form, "accounts"),
    hosts: text(form, "hosts"),
    steps_are: text(form, "steps_are"),
    steps: texts(form, "steps"),
    counts: countsOf((name) => text(form, name)),
  };
}

export function limitsAsTyped(limits: BotLimits): TypedLimits {
  return {
    accounts_are: limits.accounts === undefined ? "all" : "some",
    accounts: limits.accounts ?? [],
    hosts: (limits.hosts ?? []).join("\n"),
    steps_are: limits.steps === undefined ? "all" : "some",
    steps: limits.steps ?? [],
    counts: countsOf((name) => String(limits[name] ?? "")),
  };
}

/** As verbs take them. Throws `invalid` naming each number that is none. */
export function limitsOf(typed: TypedLimits): BotLimits {
  const issues: Issue[] = [];
  const hosts = typed.hosts.split(/[\s,]+/).filter(Boolean);
  const counts = COUNTS.flatMap(({ name, most }) => {
    const given = typed.counts[name].replace(/[\s,_]/g, "");
    if (given === "") return [];
    const number = Number(given);
    if (!Number.isInteger(number) || number < 1 || number > most)
      issues.push({ path: name, message: `Use a whole number from 1 to ${most.toLocaleString("en")}.` });
    return [[name, number] as const];
  });
  if (issues.length > 0) throw new SignetError("invalid", issues[0]!.message, { issues });
  return {
    ...(typed.accounts_are === "some" && { accounts: typed.accounts }),
    ...(hosts.length > 0 && { hosts }),
    ...(typed.steps_are === "some" && { steps: typed.steps }),
    ...Object.fromEntries(counts),
  };
}

/** Boxes to tick: accounts that the bot may use, those that are ticked already first known or not; and kinds of steps. */
export async function limitChoices(ctx: Context, bot: Bot, typed: TypedLimits) {
  const { items } = await accountsOfBot(ctx, asActor({ ...bot, limits: {} }, SCOPES));
  const known = items.map(({ id, slug, name, service }) => ({
    value: typed.accounts.includes(slug) ? slug : id,
    label: name,
    help: service.name,
    checked: typed.accounts.includes(slug) || typed.accounts.includes(id),
  }));
  const others = typed.accounts
    .filter((key) => !items.some(({ id, slug }) => id === key || slug === key))
    .map((key) => ({ value: key, label: key, help: "It may not use this one now.", checked: true }));
  const kinds = allStepKinds().map(({ kind, label, help }) => ({
    value: kind,
    label,
    help,
    checked: typed.steps.includes(kind),
  }));
  return { accounts: [...known, ...others], kinds };
}

function countsOf(read: (name: Count) => string): Record<Count, string> {
  return Object.fromEntries(COUNTS.map(({ name }) => [name, read(name).trim()])) as Record<Count, string>;
}
