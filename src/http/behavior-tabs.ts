import type { Behavior } from "../behaviors/behavior.ts";

const TABS = [
  ["Steps", ""],
  ["Run", "/run"],
  ["Runs", "/runs"],
  ["Triggers", "/triggers"],
  ["Versions", "/versions"],
] as const;

export type BehaviorTab = (typeof TABS)[number][0];

/** The pages of a behavior, as tabs. */
export function behaviorTabs(behavior: Pick<Behavior, "id">, current: BehaviorTab) {
  return TABS.map(([label, path]) => ({ label, href: `/behaviors/${behavior.id}${path}`, current: label === current }));
}

/** What the head of each of them shows. */
export function behaviorHead(behavior: Behavior) {
  const { bot, title, enabled } = behavior;
  return {
    title,
    context: `${bot.slug}/${behavior.slug} · ${behavior.public ? "public: anybody here may run it" : "private to its bot"}`,
    crumbs: [
      { label: "Bots", href: "/bots" },
      { label: bot.name, href: `/bots/${bot.id}` },
      { label: title, href: `/behaviors/${behavior.id}` },
    ],
    state: enabled ? null : { state: "paused", label: "Off" },
  };
}
