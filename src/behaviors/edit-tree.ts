import { invalid } from "../errors.ts";
import { branchesOf, walk, type Program } from "./program.ts";
import type { Step } from "./step.ts";
import { findStepKind } from "./steps.ts";

// What an editor does with the steps of a program. Each takes a program and leaves it as it is.

/** Where a step or a list of steps stands: ["steps", 2, "outcomes", 0, "steps", 1]. */
export type StepPath = (string | number)[];

/** A list of steps with what it is called; `owner` is the step that it belongs to, undefined for the program's own. */
export interface StepList {
  path: StepPath;
  label: string | undefined;
  steps: Step[];
  owner: Step | undefined;
}

/** A changed program, and where the step that was changed stands now. */
export interface Edited {
  program: Program;
  path: StepPath;
}

/** "steps.2.on_error" as a path. Whether something stands there is for the other functions to say. */
export function readPath(text: string): StepPath {
  return text.split(".").map((part) => (/^\d{1,4}$/.test(part) ? Number(part) : part));
}

/** Every list of steps, outer ones before those inside. */
export function listsOf(program: Pick<Program, "steps">): StepList[] {
  const own = { path: ["steps"], label: undefined, steps: program.steps, owner: undefined };
  const inner = walk(program.steps).flatMap(({ step, path }) =>
    branchesOf(step).map((branch) => ({
      path: [...path, ...branch.path],
      label: branch.label,
      steps: branch.steps,
      owner: step,
    })),
  );
  return [own, ...inner];
}

/** The step at a path; undefined when there is none. */
export function stepAt(program: Pick<Program, "steps">, path: StepPath): Step | undefined {
  const list = findList(program, path.slice(0, -1));
  const index = path.at(-1);
  return typeof index === "number" ? list?.steps[index] : undefined;
}

/** Puts a step into a list; the list "on_error" of a step that acts is made. Throws `invalid` for a list that is not there. */
export function addStep(program: Program, list: StepPath, index: number, step: Step): Edited {
  const draft = structuredClone(program);
  const steps = findList(draft, list)?.steps ?? newOnError(draft, list);
  if (steps === undefined) throw gone();
  const at = Math.min(Math.max(index, 0), steps.length);
  steps.splice(at, 0, step);
  return { program: draft, path: [...list, at] };
}

/** Puts a step in the place of another. */
export function replaceStep(program: Program, path: StepPath, step: Step): Edited {
  const { draft, steps, index } = opened(program, path);
  steps[index] = step;
  return { program: draft, path };
}

/** Takes a step out, with all that is inside it. */
export function removeStep(program: Program, path: StepPath): Program {
  const { draft, steps, index } = opened(program, path);
  steps.splice(index, 1);
  return draft;
}

/** Takes a step out of runs, or back in. */
export function switchStep(program: Program, path: StepPath): Edited {
  const { draft, steps, index } = opened(program, path);
  const { disabled, ...rest } = steps[index]!;
  steps[index] = disabled ? rest : { ...rest, disabled: true };
  return { program: draft, path };
}

/** Changes places with the step before or after; the first and last stay where they are. */
export function shiftStep(program: Program, path: StepPath, by: -1 | 1): Edited {
  const { draft, steps, index } = opened(program, path);
  const to = index + by;
  if (to < 0 || to >= steps.length) return { program: draft, path };
  const [moved] = steps.splice(index, 1);
  steps.splice(to, 0, moved!);
  return { program: draft, path: [...path.slice(0, -1), to] };
}

/** Moves a step out of the list it is in, to right after the step around it. Throws `invalid` when nothing is around it. */
export function liftStep(program: Program, path: StepPath): Edited {
  const around = pathAround(program, path);
  if (around === undefined) throw invalid("step", "This step is in no other one.");
  const { draft, steps, index } = opened(program, path);
  const outer = findList(draft, around.slice(0, -1))!.steps;
  const [moved] = steps.splice(index, 1);
  outer.splice((around.at(-1) as number) + 1, 0, moved!);
  return { program: draft, path: placeOf(draft, moved!) };
}

/** Moves a step to the end of a list. Throws `invalid` for a list that is inside the step itself. */
export function sendStep(program: Program, path: StepPath, list: StepPath): Edited {
  const { draft, steps, index } = opened(program, path);
  if (startsWith(list, path)) throw invalid("list", "A step can not go into itself.");
  const target = findList(draft, list)?.steps;
  if (target === undefined) throw gone();
  const [moved] = steps.splice(index, 1);
  target.push(moved!);
  return { program: draft, path: placeOf(draft, moved!) };
}

/** Puts a copy behind a step. Ids inside get a number, and what the copy reads of itself follows. */
export function duplicateStep(program: Program, path: StepPath): Edited {
  const { draft, steps, index } = opened(program, path);
  let copy = structuredClone(steps[index]!);
  const taken = new Set(walk(draft.steps).flatMap(({ step }) => step.id ?? []));
  for (const { step } of walk([copy])) {
    if (step.id === undefined) continue;
    const fresh = freeOf(taken, step.id);
    taken.add(fresh);
    copy = renamed(copy, step.id, fresh);
  }
  steps.splice(index + 1, 0, copy);
  return { program: draft, path: [...path.slice(0, -1), index + 1] };
}

/** An id that no step has yet, made from the one that is wished. */
export function freeId(program: Pick<Program, "steps">, wished: string): string {
  return freeOf(new Set(walk(program.steps).flatMap(({ step }) => step.id ?? [])), wished);
}

/** Where the step stands that has this list, or this step's list; undefined at the top. */
export function pathAround(program: Pick<Program, "steps">, path: StepPath): StepPath | undefined {
  const list = path.slice(0, -1);
  const inner = walk(program.steps).filter((placed) => startsWith(list, placed.path));
  return inner.at(-1)?.path;
}

function opened(program: Program, path: StepPath) {
  const draft = structuredClone(program);
  const steps = findList(draft, path.slice(0, -1))?.steps;
  const index = path.at(-1);
  if (steps === undefined || typeof index !== "number" || steps[index] === undefined) throw gone();
  return { draft, steps, index };
}

function findList(program: Pick<Program, "steps">, path: StepPath): StepList | undefined {
  const key = path.join(".");
  return listsOf(program).find((list) => list.path.join(".") === key);
}

function newOnError(program: Program, list: StepPath): Step[] | undefined {
  const step = list.at(-1) === "on_error" ? stepAt(program, list.slice(0, -1)) : undefined;
  if (step === undefined || !findStepKind(step.do)!.acts) return undefined;
  return (step.on_error = []);
}

function placeOf(program: Program, step: Step): StepPath {
  return walk(program.steps).find((placed) => placed.step === step)!.path;
}

function startsWith(path: StepPath, beginning: StepPath): boolean {
  return beginning.length <= path.length && beginning.every((part, index) => part === path[index]);
}

function freeOf(taken: Set<string>, wished: string): string {
  if (!taken.has(wished)) return wished;
  const stem = wished.replace(/_\d+$/, "").slice(0, 36);
  for (let number = 2; ; number++) if (!taken.has(`${stem}_${number}`)) return `${stem}_${number}`;
}

/** The same step with another id, also where its own texts say `steps.<id>`. */
function renamed(step: Step, from: string, to: string): Step {
  const own = new RegExp(`\\bsteps\\.${from}(?![\\w-])`, "g");
  const follow = (value: unknown, key = ""): unknown => {
    if (typeof value === "string") return key === "id" && value === from ? to : value.replace(own, `steps.${to}`);
    if (Array.isArray(value)) return value.map((item) => follow(item));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, follow(item, name)]));
  };
  return follow(step) as Step;
}

function gone() {
  return invalid("step", "This step is no longer where it was.");
}
