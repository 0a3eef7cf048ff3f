/** The lists around bots, as tabs. */
export function botsTabs(current: "bots" | "runs") {
  return [
    { label: "Bots", href: "/bots", current: current === "bots" },
    { label: "Runs", href: "/runs", current: current === "runs" },
  ];
}
