import { fullName, type Behavior } from "../../behaviors/behavior.ts";
import { managedBehavior } from "../../behaviors/browse.ts";
import { callersOf } from "../../behaviors/callers.ts";
import { deleteBehavior } from "../../behaviors/save.ts";
import type { Context } from "../../context.ts";
import { countStarters, type Starters } from "../../triggers/starters.ts";
import { good, redirect, view, type Answer } from "../answer.ts";
import { behaviorPath } from "../behavior-links.ts";
import { text } from "../form.ts";
import { get, post } from "../route.ts";

export default [
  get("/behaviors/:id/delete", async (ctx, { params }) => show(ctx, await managedBehavior(ctx, params.id!), null)),

  post("/behaviors/:id/delete", async (ctx, { params, form }) => {
    const behavior = await managedBehavior(ctx, params.id!);
    if (text(form, "typed").trim() !== behavior.title)
      return show(ctx, behavior, `Type the title exactly as it is: ${behavior.title}`);
    await deleteBehavior(ctx, behavior.id);
    return redirect(`/bots/${behavior.bot.id}`, good(`${behavior.title} is deleted. Its runs stay on record.`));
  }),
];

async function show(ctx: Context, behavior: Behavior, problem: string | null): Promise<Answer> {
  const [{ items, total }, starters] = await Promise.all([callersOf(ctx, behavior), countStarters(ctx, [behavior.id])]);
  const stops = items.map((caller) => ({ text: caller.title, detail: `calls it as ${fullName(behavior)}` }));
  if (total > items.length) stops.push({ text: `and ${total - items.length} more`, detail: "" });
  stops.push(...startsOf(starters.get(behavior.id)));
  const asked = { id: behavior.id, title: behavior.title, path: behaviorPath(behavior), bot: behavior.bot };
  const page = { title: `Delete ${behavior.title}`, section: "bots" };
  return view("behavior-delete", { page, asked, stops, problem }, { status: problem === null ? 200 : 400 });
}

/** What starts it, as lines. */
function startsOf(starters: Starters | undefined): { text: string; detail: string }[] {
  const { schedules = 0, webhooks = 0, events = 0 } = starters ?? {};
  const counted = [
    [schedules, "schedule"],
    [webhooks, "webhook"],
    [events, "account event"],
  ] as const;
  return counted
    .filter(([count]) => count > 0)
    .map(([count, noun]) => ({ text: `${count} ${noun}${count === 1 ? "" : "s"}`, detail: "starts it now" }));
}
