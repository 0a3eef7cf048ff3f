import type { Behavior } from "../../behaviors/behavior.ts";
import { managedBehavior } from "../../behaviors/browse.ts";
import { readPath, stepAt } from "../../behaviors/edit-tree.ts";
import { walk } from "../../behaviors/program.ts";
import { findStepKind } from "../../behaviors/steps.ts";
import { notFound } from "../../errors.ts";
import { bad, redirect, view } from "../answer.ts";
import { showEditor } from "../behavior-editor.ts";
import { behaviorPath, changed, stepKey } from "../behavior-links.ts";
import { attempt } from "../failure.ts";
import { text } from "../form.ts";
import { get, post, type Incoming } from "../route.ts";
import { actOnStep } from "../step-acts.ts";
import { redrawn, typedDraft } from "../step-draft.ts";
import { saveSteps, saveStep, wishFor, type Target } from "../step-save.ts";

export default [
  post("/behaviors/:id/steps", async (ctx, { params, form }) => {
    const behavior = await managedBehavior(ctx, params.id!);
    const target = targetOf(behavior, form);
    const kind = findStepKind(target.kind);
    if (!kind) throw notFound("kind of step");
    const draft = typedDraft(kind, form);
    const act = text(form, "act") || "save";
    if (act !== "save") return showEditor(ctx, behavior, wishFor(target, { draft: redrawn(draft, act) }));
    return saveStep(ctx, behavior, target, draft, versionIn(form));
  }),

  post("/behaviors/:id/steps/act", async (ctx, { params, form }) => {
    const behavior = await managedBehavior(ctx, params.id!);
    const path = readPath(`steps.${text(form, "step")}`);
    const result = await attempt(async () => {
      const done = actOnStep(behavior, path, text(form, "act"), text(form, "list"));
      return { ...done, saved: await saveSteps(ctx, behavior, done.program, versionIn(form)) };
    });
    if (!result.ok) return redirect(behaviorPath(behavior), bad(result.problems.summary));
    const { saved, place, said } = result.value;
    return redirect(behaviorPath(saved, { step: place && stepKey(place) }), changed(saved, said));
  }),

  get("/behaviors/:id/steps/delete", async (ctx, { params, query }) => {
    const behavior = await managedBehavior(ctx, params.id!);
    const step = stepAt(behavior, readPath(`steps.${query.step ?? ""}`));
    if (!step) throw notFound("step");
    const name = (one: typeof step) => one.title ?? findStepKind(one.do)!.label;
    const inside = walk([step]).slice(1);
    const asked = {
      step: query.step,
      title: name(step),
      version: behavior.version,
      inside: inside.map((placed) => ({ text: name(placed.step) })),
    };
    const page = { title: `Delete ${asked.title}`, section: "bots" };
    return view("behavior-step-delete", { page, behavior: { id: behavior.id, title: behavior.title }, asked });
  }),
];

function targetOf(behavior: Behavior, form: Incoming["form"]): Target {
  const list = text(form, "list");
  const kind = text(form, "kind");
  if (list !== "") return { kind, place: { list: readPath(list), at: Number(text(form, "at")) || 0 } };
  const step = readPath(`steps.${text(form, "step")}`);
  // The form says its kind as well: what was typed can be shown again although the step is gone meanwhile.
  return { kind: kind || (stepAt(behavior, step)?.do ?? ""), step };
}

function versionIn(form: Incoming["form"]): number {
  return Number(text(form, "version"));
}
