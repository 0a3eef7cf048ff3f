import type { Behavior } from "../behaviors/behavior.ts";
import { view, type Answer } from "./answer.ts";
import { behaviorHead } from "./behavior-tabs.ts";

/** Where a behavior's triggers are. */
export function triggersPath({ id }: Pick<Behavior, "id">): string {
  return `/behaviors/${id}/triggers`;
}

/** From the bot down to its triggers, for the pages below these. */
export function triggerCrumbs(behavior: Behavior) {
  return [...behaviorHead(behavior).crumbs, { label: "Triggers", href: triggersPath(behavior) }];
}

/** Asks before one of them ends, or is given a new address. */
export function askFirst(
  behavior: Behavior,
  { title, context, action, label, text }: Record<"title" | "context" | "action" | "label" | "text", string>,
): Answer {
  const confirm = { action, label, text, cancel: triggersPath(behavior) };
  const page = { title, section: "bots" };
  return view("behavior-trigger-end", { page, title, context, crumbs: triggerCrumbs(behavior), confirm });
}
