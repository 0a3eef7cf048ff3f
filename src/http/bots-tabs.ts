const TABS = [
  ["bots", "Bots"],
  ["behaviors", "Behaviors"],
  ["runs", "Runs"],
] as const;

/** The lists around bots, as tabs. */
export function botsTabs(current: (typeof TABS)[number][0]) {
  return TABS.map(([name, label]) => ({ label, href: `/${name}`, current: name === current }));
}
