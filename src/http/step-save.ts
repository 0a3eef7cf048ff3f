import type { Behavior } from "../behaviors/behavior.ts";
import { managedBehavior } from "../behaviors/browse.ts";
import { addStep, listsOf, replaceStep, stepAt, type StepPath } from "../behaviors/edit-tree.ts";
import type { Program } from "../behaviors/program.ts";
import { editBehavior } from "../behaviors/save.ts";
import { findStepKind } from "../behaviors/steps.ts";
import { getVersion } from "../behaviors/versions.ts";
import type { Context } from "../context.ts";
import { redirect, type Answer } from "./answer.ts";
import { conflictSince, isConflict, stepNow } from "./behavior-conflict.ts";
import { showEditor, type Wish } from "./behavior-editor.ts";
import { behaviorPath, changed, stepKey } from "./behavior-links.ts";
import { attempt } from "./failure.ts";
import type { StepDraft } from "./step-draft.ts";
import type { NewPlace, Redrawn } from "./step-panel.ts";
import { readStep } from "./step-read.ts";
import { stepTitle } from "./step-tree.ts";

/** Which step a form is about: one that is there, or a new one with its place. */
export type Target = { kind: string; step: StepPath } | { kind: string; place: NewPlace };

/** The panel that shows a form again. */
export function wishFor(target: Target, redrawn: Redrawn): Wish {
  if ("place" in target) return { show: "new", place: target.place, kind: target.kind, redrawn };
  return { show: "step", path: target.step, redrawn };
}

/** Saves other steps; the version is the one that they were made of. Throws as editBehavior() does. */
export function saveSteps(ctx: Context, { id }: Behavior, { steps }: Program, version: number): Promise<Behavior> {
  return editBehavior(ctx, id, { steps: steps as never, version });
}

/** Saves what a step's form holds, and shows the form again with all that was typed when that is refused. */
export async function saveStep(
  ctx: Context,
  behavior: Behavior,
  target: Target,
  draft: StepDraft,
  version: number,
): Promise<Answer> {
  if (version !== behavior.version) return conflicting(ctx, behavior, target, draft, version);
  const result = await attempt(async () => {
    const stored = "step" in target ? stepAt(behavior, target.step) : undefined;
    const step = readStep(findStepKind(target.kind)!, draft, stored);
    const { program, path } =
      "step" in target
        ? replaceStep(behavior, target.step, step)
        : addStep(behavior, target.place.list, target.place.at, step);
    return { path, title: stepTitle(step), saved: await saveSteps(ctx, behavior, program, version) };
  });
  if (result.ok) {
    const { saved, path, title } = result.value;
    return redirect(behaviorPath(saved, { step: stepKey(path) }), changed(saved, `${title} is saved.`));
  }
  if (!isConflict(result.error))
    return showEditor(ctx, behavior, wishFor(target, { draft, problems: result.problems }), 400);
  return conflicting(ctx, await managedBehavior(ctx, behavior.id), target, draft, version);
}

/** The form with what was typed, on top of what somebody else saved; saving it again is meant. */
async function conflicting(
  ctx: Context,
  now: Behavior,
  target: Target,
  draft: StepDraft,
  version: number,
): Promise<Answer> {
  const conflict = await conflictSince(ctx, now, version);
  const end: Target = { kind: target.kind, place: { list: ["steps"], at: now.steps.length } };
  if ("place" in target) {
    const there = listsOf(now).some(({ path }) => path.join(".") === target.place.list.join("."));
    return showEditor(ctx, now, wishFor(there ? target : end, { draft, conflict }), 409);
  }
  const step = await stepNow(ctx, now, version, target.step);
  if (step === undefined) return showEditor(ctx, now, wishFor(end, { draft, conflict }), 409);
  const before = stepAt((await getVersion(ctx, now.id, version)).program, target.step);
  const moved = followed(draft, before, stepAt(now, step));
  return showEditor(ctx, now, wishFor({ ...target, step }, { draft: moved, conflict }), 409);
}

/** Outcomes keep their steps also when somebody else changed their order. */
function followed(draft: StepDraft, before: object | undefined, now: object | undefined): StepDraft {
  const titles = (step: object | undefined) =>
    ((step as { outcomes?: { title: string }[] } | undefined)?.outcomes ?? []).map(({ title }) => title);
  const [old, present] = [titles(before), titles(now)];
  const rows = draft.rows.outcomes?.map((row) => {
    const at = row.from ? present.indexOf(old[Number(row.from)] ?? "") : -1;
    return { ...row, from: at < 0 ? "" : String(at) };
  });
  return rows === undefined ? draft : { ...draft, rows: { ...draft.rows, outcomes: rows } };
}
