import type { Behavior } from "../behaviors/behavior.ts";
import { branchesOf } from "../behaviors/program.ts";
import type { StepPath } from "../behaviors/edit-tree.ts";
import type { Step, StepKind } from "../behaviors/step.ts";
import { findStepKind } from "../behaviors/steps.ts";
import { addLink, stepKey, stepLink } from "./behavior-links.ts";

// The steps of a behavior as nested lists, for the tree and for the text beside the drawn flow.

export interface TreeStep {
  key: string;
  href: string;
  title: string;
  /** What it does in a line, or "". */
  line: string;
  /** Under which later steps read its result. */
  id: string | null;
  icon: string;
  off: boolean;
  current: boolean;
  branches: TreeBranch[];
}

export interface TreeBranch {
  label: string;
  when: string | null;
  /** Done when its step fails. */
  fails: boolean;
  steps: TreeStep[];
  add: string;
}

/** How steps are told in a line; `account` names what a step calls by its key. */
export interface Telling {
  account: (value: unknown) => string;
}

export function drawTree(behavior: Behavior, telling: Telling, current: string | undefined): TreeBranch {
  return { label: "", when: null, fails: false, ...listOf(behavior, behavior.steps, ["steps"], telling, current) };
}

function listOf(behavior: Behavior, steps: Step[], path: StepPath, telling: Telling, current: string | undefined) {
  const drawn = steps.map((step, index): TreeStep => {
    const here = [...path, index];
    const kind = findStepKind(step.do)!;
    return {
      key: stepKey(here),
      href: stepLink(behavior, here),
      title: stepTitle(step),
      line: stepLine(kind, step, telling),
      id: step.id ?? null,
      icon: kind.icon,
      off: step.disabled === true,
      current: stepKey(here) === current,
      branches: branchesOf(step).map((branch) => ({
        label: branch.label,
        when: branch.when ?? null,
        fails: branch.path[0] === "on_error",
        ...listOf(behavior, branch.steps, [...here, ...branch.path], telling, current),
      })),
    };
  });
  return { steps: drawn, add: addLink(behavior, path, steps.length) };
}

export function stepTitle(step: Step): string {
  return step.title ?? findStepKind(step.do)!.label;
}

/** What a step does, such as "GET /contacts · CRM". */
export function stepLine(kind: StepKind, step: Step, { account }: Telling): string {
  const values = step as unknown as Record<string, unknown>;
  const said = kind.line?.(step) ?? "";
  const accounts = kind.fields.filter(({ type }) => type === "account").map(({ name }) => account(values[name]));
  const parts = said === "" && !kind.branches ? fieldsOf(kind, values) : [said];
  return [...parts, ...accounts].filter((part) => part !== "").join(" · ");
}

/** For a kind that has no line of its own: the first of its fields that hold something short. */
function fieldsOf(kind: StepKind, values: Record<string, unknown>): string[] {
  return kind.fields
    .filter(({ rare, type }) => !rare && ["text", "expression", "behavior", "choice", "number"].includes(type))
    .map(({ name }) => values[name])
    .filter((value) => typeof value === "string" || typeof value === "number")
    .map(String)
    .slice(0, 2);
}
