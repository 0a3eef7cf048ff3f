import { fullName } from "../../behaviors/behavior.ts";
import { getBehavior, listBehaviors } from "../../behaviors/browse.ts";
import { addBehavior, type AddBehavior } from "../../behaviors/save.ts";
import type { Bot } from "../../bots/bot.ts";
import { managedBot } from "../../bots/browse.ts";
import type { Context } from "../../context.ts";
import { invalid, type SignetError } from "../../errors.ts";
import { good, redirect, view, type Answer } from "../answer.ts";
import { behaviorPath } from "../behavior-links.ts";
import { asSummary, behaviorIn, linesOf } from "../behavior-text.ts";
import { attempt } from "../failure.ts";
import { fields } from "../form.ts";
import { get, post } from "../route.ts";
import { placed } from "../service-form.ts";
import { plainLines } from "../step-values.ts";

const NAMES = ["title", "slug", "public", "start", "copy", "text"] as const;
type Typed = Record<(typeof NAMES)[number], string>;

const FRESH: Typed = { title: "", slug: "", public: "", start: "empty", copy: "", text: "" };

export default [
  get("/bots/:id/behaviors/new", async (ctx, { params, query }) => {
    const bot = await managedBot(ctx, params.id!);
    const copy = query.copy ?? "";
    return show(ctx, bot, { ...FRESH, ...(copy && { start: "copy", copy }) });
  }),

  post("/bots/:id/behaviors/new", async (ctx, { params, form }) => {
    const bot = await managedBot(ctx, params.id!);
    const read = fields(form, ...NAMES);
    const typed = { ...read, text: plainLines(read.text) };
    const result = await attempt(async () => addBehavior(ctx, await wanted(ctx, bot, typed)));
    if (!result.ok) return show(ctx, bot, typed, result);
    const { title } = result.value;
    return redirect(behaviorPath(result.value), good(`${title} is made.`));
  }),
];

/** What the form asks for, as the verb takes it. */
async function wanted(ctx: Context, bot: Bot, typed: Typed): Promise<AddBehavior> {
  const { value, ...program } = await startOf(ctx, typed);
  const title = typed.title.trim() || String(value?.title ?? "");
  const slug = typed.slug.trim() || (typeof value?.slug === "string" ? value.slug : "");
  const isPublic = typed.public !== "" || value?.public === true;
  return { ...program, bot: bot.id, title, public: isPublic, ...(slug && { slug }) } as AddBehavior;
}

async function startOf(ctx: Context, { start, copy, text }: Typed) {
  if (start === "copy") {
    if (copy === "") throw invalid("copy", "Choose which behavior to copy.");
    const { inputs, steps, output } = await getBehavior(ctx, copy);
    return { inputs, steps, output, value: undefined };
  }
  if (start !== "text") return { value: undefined };
  const { value } = behaviorIn(text);
  const { bot: _bot, title: _title, slug: _slug, public: _public, ...program } = value;
  return { ...program, value };
}

async function show(
  ctx: Context,
  bot: Bot,
  typed: Typed,
  refused?: { problems: Parameters<typeof placed>[0]; error: SignetError },
): Promise<Answer> {
  const { items } = await listBehaviors(ctx, { limit: 200 });
  const data = {
    page: { title: "New behavior", section: "bots" },
    bot: { id: bot.id, name: bot.name },
    typed,
    copies: items.map((one) => ({ value: one.id, label: `${one.title} (${fullName(one)})` })),
    problems: refused ? problemsOf(typed, refused) : { lines: [], of: {} },
  };
  return view("behavior-new", data, { status: refused ? 400 : 200 });
}

/** Problems beside the fields; what the text says wrongly, with its line. */
function problemsOf(typed: Typed, { problems, error }: { problems: Parameters<typeof placed>[0]; error: SignetError }) {
  const own = error.issues.filter(({ path }) => (NAMES as readonly string[]).includes(path));
  if (typed.start !== "text" || own.length > 0) return placed(problems, NAMES);
  const lines = asSummary(linesOf(typed.text, error.issues, error.message), "text");
  return { lines, of: { text: lines[0]!.text } };
}
