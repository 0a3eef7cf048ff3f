import type { Bot } from "../../bots/bot.ts";
import { managedBot } from "../../bots/browse.ts";
import { editBot } from "../../bots/edit.ts";
import { DEFAULT_LIMITS } from "../../bots/limits.ts";
import type { Context } from "../../context.ts";
import { good, redirect, view, type Answer } from "../answer.ts";
import { COUNTS, limitChoices, limitsAsTyped, limitsOf, typedLimits, type TypedLimits } from "../bot-limits.ts";
import { attempt, type Problems } from "../failure.ts";
import { get, post } from "../route.ts";
import { placed } from "../service-form.ts";

const NAMES = ["accounts", "hosts", "steps", ...COUNTS.map(({ name }) => name)];

export default [
  get("/bots/:id/limits", async (ctx, { params }) => {
    const bot = await managedBot(ctx, params.id!);
    return show(ctx, bot, limitsAsTyped(bot.limits), null);
  }),

  post("/bots/:id/limits", async (ctx, { params, form }) => {
    const bot = await managedBot(ctx, params.id!);
    const typed = typedLimits(form);
    const result = await attempt(async () => editBot(ctx, bot.id, { limits: limitsOf(typed) }));
    if (!result.ok) return show(ctx, bot, typed, withoutRoom(result.problems));
    return redirect(`/bots/${bot.id}`, good(`The limits of ${bot.name} are saved.`));
  }),
];

async function show(ctx: Context, bot: Bot, typed: TypedLimits, problems: Problems | null): Promise<Answer> {
  const { accounts, kinds } = await limitChoices(ctx, bot, typed);
  const data = {
    page: { title: `Limits of ${bot.name}` },
    bot: { id: bot.id, name: bot.name },
    typed,
    accounts,
    kinds,
    counts: COUNTS.map(({ name, label, help }) => ({
      name,
      label,
      help,
      value: typed.counts[name],
      placeholder: DEFAULT_LIMITS[name].toLocaleString("en"),
    })),
    problems: problems ? placed(problems, NAMES) : { lines: [], of: {} },
  };
  return view("bot-limits", data, { status: problems ? 400 : 200 });
}

/** The verb names a limit as `limits.hosts.0`; the form has no such room. */
function withoutRoom({ summary, fields }: Problems): Problems {
  const named = Object.entries(fields).map(([path, sentence]) => [path.replace(/^limits\./, ""), sentence] as const);
  return { summary, fields: Object.fromEntries(named) };
}
