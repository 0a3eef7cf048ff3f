import type { Behavior } from "../../behaviors/behavior.ts";
import { managedBehavior } from "../../behaviors/browse.ts";
import type { ProgramInput } from "../../behaviors/inputs.ts";
import { editBehavior, type EditBehavior } from "../../behaviors/save.ts";
import type { Context } from "../../context.ts";
import { invalid, notFound, type SignetError } from "../../errors.ts";
import { bad, good, redirect, type Answer } from "../answer.ts";
import { conflictSince, isConflict, type Conflict } from "../behavior-conflict.ts";
import { showEditor, type Wish } from "../behavior-editor.ts";
import { behaviorPath, changed, partLink } from "../behavior-links.ts";
import { readInput, typedInput, typedOutput } from "../behavior-parts.ts";
import { attempt, type Problems } from "../failure.ts";
import { fields, text } from "../form.ts";
import { post, type Incoming } from "../route.ts";
import { readValue } from "../step-values.ts";

type Form = Incoming["form"];

export default [
  post("/behaviors/:id/inputs", async (ctx, { params, form }) => {
    const behavior = await managedBehavior(ctx, params.id!);
    const typed = typedInput(form);
    const at = text(form, "input") === "new" ? behavior.inputs.length : indexIn(behavior, form);
    const result = await attempt(async () => {
      const inputs = behavior.inputs.toSpliced(at, 1, readInput(typed) as ProgramInput);
      return saved(ctx, behavior, { inputs }, form);
    });
    if (result.ok)
      return redirect(partLink(behavior, "inputs"), changed(result.value, `${typed.name.trim()} is saved.`));
    const known = behavior.inputs[at]?.name;
    return again(ctx, behavior, result, form, (now, problems, conflict) => {
      // Others may have changed the order meanwhile.
      const index = now.inputs.findIndex(({ name }) => name === known);
      const input = index < 0 ? ("new" as const) : index;
      const own = problems && { ...problems, fields: below(problems.fields, `inputs.${at}`) };
      return { show: "inputs", input, redrawn: { typed, problems: own, conflict } };
    });
  }),

  post("/behaviors/:id/inputs/act", async (ctx, { params, form }) => {
    const behavior = await managedBehavior(ctx, params.id!);
    const at = indexIn(behavior, form);
    const { inputs, said } = rearranged(behavior.inputs, at, text(form, "act"));
    const result = await attempt(() => saved(ctx, behavior, { inputs }, form));
    if (!result.ok) return redirect(partLink(behavior, "inputs"), bad(result.problems.summary));
    return redirect(partLink(behavior, "inputs"), changed(result.value, said));
  }),

  post("/behaviors/:id/output", async (ctx, { params, form }) => {
    const behavior = await managedBehavior(ctx, params.id!);
    const typed = { output: typedOutput(form) };
    const result = await attempt(() =>
      saved(ctx, behavior, { output: readValue(typed.output, "output") ?? null }, form),
    );
    if (result.ok) return redirect(partLink(behavior, "output"), changed(result.value, "The output is saved."));
    return again(ctx, behavior, result, form, (_now, problems, conflict) => ({
      show: "output",
      redrawn: { typed, problems, conflict },
    }));
  }),

  post("/behaviors/:id/settings", async (ctx, { params, form }) => {
    const behavior = await managedBehavior(ctx, params.id!);
    const typed = fields(form, "title", "slug", "public", "enabled");
    const result = await attempt(() => {
      const { title, slug } = typed;
      return saved(ctx, behavior, { title, slug, public: typed.public !== "", enabled: typed.enabled !== "" }, form);
    });
    if (result.ok)
      return redirect(behaviorPath(behavior, { part: "settings" }), good(`${result.value.title} is saved.`));
    return again(ctx, behavior, result, form, (_now, problems, conflict) => ({
      show: "settings",
      redrawn: { typed, problems, conflict },
    }));
  }),
];

function saved(ctx: Context, { id }: Behavior, change: EditBehavior | { inputs: ProgramInput[] }, form: Form) {
  return editBehavior(ctx, id, { ...(change as EditBehavior), version: Number(text(form, "version")) });
}

/** The form with what was typed: with its problems, or on top of what somebody else saved. */
async function again(
  ctx: Context,
  behavior: Behavior,
  refusal: { problems: Problems; error: SignetError },
  form: Form,
  wish: (now: Behavior, problems: Problems | undefined, conflict: Conflict | undefined) => Wish,
): Promise<Answer> {
  if (!isConflict(refusal.error)) return showEditor(ctx, behavior, wish(behavior, refusal.problems, undefined), 400);
  const now = await managedBehavior(ctx, behavior.id);
  const conflict = await conflictSince(ctx, now, Number(text(form, "version")));
  return showEditor(ctx, now, wish(now, undefined, conflict), 409);
}

function indexIn(behavior: Behavior, form: Form): number {
  const index = Number(text(form, "input"));
  if (!behavior.inputs[index]) throw notFound("input");
  return index;
}

function rearranged(inputs: ProgramInput[], at: number, act: string): { inputs: ProgramInput[]; said: string } {
  const { name } = inputs[at]!;
  const without = inputs.toSpliced(at, 1);
  switch (act) {
    case "up":
      return { inputs: without.toSpliced(Math.max(0, at - 1), 0, inputs[at]!), said: `${name} is moved up.` };
    case "down":
      return { inputs: without.toSpliced(at + 1, 0, inputs[at]!), said: `${name} is moved down.` };
    case "delete":
      return { inputs: without, said: `${name} is deleted.` };
    default:
      throw invalid("act", "There is no such act.");
  }
}

/** Problems of one input, under the names of its form. */
function below(problems: Record<string, string>, prefix: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(problems).map(([path, sentence]) => [
      path.startsWith(`${prefix}.`) ? path.slice(prefix.length + 1) : path,
      sentence,
    ]),
  );
}
