import { isAdmin, SCOPES, type Scope } from "../access/actor.ts";
import { accountsOfBot, type UsableLine } from "../accounts/browse.ts";
import { callsByDay } from "../audit/browse.ts";
import type { Bot } from "../bots/bot.ts";
import { asActor, leftAlone, managesBot } from "../bots/browse.ts";
import type { Context } from "../context.ts";
import { ownerNames } from "../people/owner.ts";
import { listRunLines } from "../runs/browse.ts";
import { listTokens, type TokenFacts } from "../people/token.ts";
import { accountPath } from "./account-view.ts";
import { limitFacts } from "./bot-limits.ts";
import { shortRunList } from "./run-list.ts";
import { behaviorsOfBot } from "./behavior-list.ts";
import { view, type Answer } from "./answer.ts";
import { botPerson, tileOf } from "./tile.ts";
import { ownerPerson } from "./owner-field.ts";
import type { placed } from "./service-form.ts";

/** What the form of a new token holds. */
export interface TokenDraft {
  name: string;
  scopes: string[];
  expires_at: string;
  problems: ReturnType<typeof placed> | null;
}

/** Days that the chart of calls shows. */
const DAYS = 14;
const NO_RUNS = {
  icon: "activity",
  title: "No runs that you may see yet",
  text: "What its behaviors do appears here, step by step.",
};

const FRESH: TokenDraft = { name: "", scopes: ["execute", "read"], expires_at: "", problems: null };

/** A bot's page; with a draft, as the answer to a token form that could not be taken. */
export async function showBot(ctx: Context, bot: Bot, draft: TokenDraft = FRESH): Promise<Answer> {
  const manages = managesBot(ctx, bot);
  // Who does not look after the bot sees what it is, not what it did.
  const sees = manages || isAdmin(ctx.actor) || isMember(ctx, bot);
  const tokens = manages ? await listTokens(ctx, { type: "bot", id: bot.id }, { limit: 200 }) : { items: [] };
  const { items, others } = await accountsOfBot(ctx, asActor(bot, SCOPES));
  const [runs, days, alone] = await Promise.all([
    listRunLines(ctx, { bot: bot.id, limit: 5 }),
    sees ? callsByDay(ctx, bot.id, DAYS) : [],
    leftAlone(ctx, bot.owner),
  ]);
  const names = await ownerNames(ctx, [bot.owner, ...items.map((account) => account.owner)]);
  const owner = ownerPerson(bot.owner, names);
  const shown = {
    id: bot.id,
    slug: bot.slug,
    name: bot.name,
    person: botPerson(bot),
    enabled: bot.enabled,
    alone,
    owner,
    config: JSON.stringify(bot.config, null, 2),
    configured: Object.keys(bot.config).length > 0,
    createdAt: bot.createdAt,
  };
  const data = {
    page: { title: bot.name },
    shown,
    manages,
    behaviors: await behaviorsOfBot(ctx, bot),
    runs: shortRunList(runs.items, "Latest runs", "all", NO_RUNS),
    usage: sees ? usageOf(days) : null,
    limits: limitFacts(bot, (key) => items.find(({ id, slug }) => id === key || slug === key)?.name ?? key),
    tokens: tokens.items.map((token) => tokenRow(ctx, bot, token)),
    accounts: { rows: items.map((account) => accountRow(account, names)), others },
    draft: { ...draft, problems: draft.problems ?? { lines: [], of: {} } },
  };
  return view("bot", data, { status: draft.problems ? 400 : 200 });
}

/** Calls day by day, for the part chart; null where there were none. */
function usageOf(days: { day: string; calls: number; failed: number }[]) {
  const sum = (key: "calls" | "failed") => days.reduce((total, one) => total + one[key], 0);
  if (sum("calls") === 0) return null;
  const bars = days.map(({ day, calls, failed }) => ({ label: day, value: calls, errors: failed }));
  return { calls: sum("calls"), failed: sum("failed"), bars };
}

function isMember(ctx: Context, { owner }: Bot): boolean {
  return ctx.actor.type === "worker" && owner.type === "team" && ctx.actor.teams.some(({ id }) => id === owner.id);
}

function tokenRow(ctx: Context, bot: Bot, token: TokenFacts) {
  const expired = token.expiresAt !== null && token.expiresAt <= ctx.clock();
  return {
    cells: {
      name: { text: token.name, detail: `ends in ${token.lastFour}` },
      scopes: token.scopes satisfies Scope[],
      expires: expired
        ? { part: "/parts/state-pill", data: { state: "expired" } }
        : { part: "/parts/time", data: { at: token.expiresAt, otherwise: "never" } },
      used: { at: token.lastUsedAt },
      act: {
        part: "/parts/link-button",
        data: { label: "Revoke", href: `/bots/${bot.id}/tokens/${token.id}/revoke`, kind: "quiet", small: true },
      },
    },
  };
}

function accountRow(account: UsableLine, names: Map<string, string>) {
  const { name } = ownerPerson(account.owner, names);
  return {
    href: accountPath(account),
    cells: {
      name: {
        text: account.name,
        detail: account.service.name,
        service: tileOf(account.service),
      },
      state: account.state,
      why: account.because === "owner" ? "Has the same owner as the bot" : `${name} shared it with the bot`,
    },
  };
}
