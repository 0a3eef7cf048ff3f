import type { Behavior } from "../behaviors/behavior.ts";
import type { StepPath } from "../behaviors/edit-tree.ts";
import type { Flash } from "./answer.ts";

// Addresses of the editor. A step is named by its place: ?step=2.outcomes.0.steps.1

type Known = Pick<Behavior, "id">;

export function behaviorPath({ id }: Known, query: Record<string, string | number | undefined> = {}): string {
  const given = Object.entries(query).filter((entry): entry is [string, string | number] => entry[1] !== undefined);
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return `/behaviors/${id}${search === "" ? "" : `?${search}`}`;
}

/** The place of a step, as addresses have it. */
export function stepKey(path: StepPath): string {
  return path.slice(1).join(".");
}

export function stepLink(behavior: Known, path: StepPath): string {
  return `${behaviorPath(behavior, { step: stepKey(path) })}#panel`;
}

/** Where a new step is chosen for a place in a list. */
export function addLink(behavior: Known, list: StepPath, at: number, kind?: string): string {
  return `${behaviorPath(behavior, { add: list.join("."), at, kind })}#panel`;
}

export function partLink(behavior: Known, part: "inputs" | "output" | "settings", input?: number | "new"): string {
  return `${behaviorPath(behavior, { part, input })}#panel`;
}

/** What was done, with a button that takes it back. */
export function changed(behavior: Pick<Behavior, "id" | "version">, text: string): Flash {
  const { id, version } = behavior;
  const href = `/behaviors/${id}/versions/${version - 1}/restore?present=${version}`;
  return { kind: "good", text, href, action: "Undo", post: true };
}
