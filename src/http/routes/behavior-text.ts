import type { Behavior } from "../../behaviors/behavior.ts";
import { getBehavior, managedBehavior, managesBehavior } from "../../behaviors/browse.ts";
import { editBehavior, type EditBehavior } from "../../behaviors/save.ts";
import { behaviorText } from "../../behaviors/text.ts";
import type { Context } from "../../context.ts";
import { redirect, view, type Answer } from "../answer.ts";
import { conflictSince, isConflict, type Conflict } from "../behavior-conflict.ts";
import { waysTo } from "../behavior-editor.ts";
import { changed } from "../behavior-links.ts";
import { behaviorHead, behaviorTabs } from "../behavior-tabs.ts";
import { behaviorIn, linesOf, type LineProblem } from "../behavior-text.ts";
import { attempt } from "../failure.ts";
import { text } from "../form.ts";
import { get, post } from "../route.ts";
import { plainLines } from "../step-values.ts";

export default [
  get("/behaviors/:id/text", async (ctx, { params }) => {
    const behavior = await getBehavior(ctx, params.id!);
    return show(ctx, behavior, behaviorText(behavior));
  }),

  post("/behaviors/:id/text", async (ctx, { params, form }) => {
    const behavior = await managedBehavior(ctx, params.id!);
    const typed = plainLines(text(form, "text"));
    const version = Number(text(form, "version"));
    const result = await attempt(async () => {
      const { value } = behaviorIn(typed);
      return editBehavior(ctx, behavior.id, { ...(value as EditBehavior), version });
    });
    if (result.ok)
      return redirect(`/behaviors/${behavior.id}/text`, changed(result.value, `${result.value.title} is saved.`));
    if (!isConflict(result.error))
      return show(ctx, behavior, typed, { problems: linesOf(typed, result.error.issues, result.error.message) });
    const now = await managedBehavior(ctx, behavior.id);
    return show(ctx, now, typed, { conflict: await conflictSince(ctx, now, version) });
  }),
];

async function show(
  ctx: Context,
  behavior: Behavior,
  typed: string,
  refused: { problems?: LineProblem[]; conflict?: Conflict } = {},
): Promise<Answer> {
  const data = {
    page: { title: `${behavior.title} as text`, section: "bots" },
    head: behaviorHead(behavior),
    tabs: behaviorTabs(behavior, "Steps"),
    ways: waysTo(behavior, "Text"),
    manages: managesBehavior(ctx, behavior),
    action: `/behaviors/${behavior.id}/text`,
    version: behavior.version,
    typed,
    problems: refused.problems ?? [],
    conflict: refused.conflict ?? null,
  };
  return view("behavior-text", data, { status: refused.problems ? 400 : refused.conflict ? 409 : 200 });
}
