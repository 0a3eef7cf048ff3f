/** The two lists of People, as tabs. */
export function peopleTabs(current: "workers" | "teams") {
  return [
    { label: "Workers", href: "/people", current: current === "workers" },
    { label: "Teams", href: "/teams", current: current === "teams" },
  ];
}

/** "1 account", "2 accounts". */
export function counted(count: number, one: string): string {
  return `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`;
}
