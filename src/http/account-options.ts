import type { AccountLine } from "../accounts/browse.ts";
import { kindOf } from "../signer/kinds.ts";

/** Accounts for a menu: the names alone, unless two accounts share one. */
export function accountOptions(accounts: AccountLine[]) {
  const names = accounts.map((account) => account.name);
  return accounts.map(({ id, name, state, service }) => {
    const twice = names.indexOf(name) !== names.lastIndexOf(name);
    const note = state === "paused" ? " (paused)" : state === "needs_reconnect" ? " (needs reconnect)" : "";
    return { value: id, label: `${name}${twice ? ` · ${service.name}` : ""}${note}` };
  });
}

/** True for an account that searches a directory instead of sending requests. */
export function searches({ service }: { service: { kind: string } }): boolean {
  return kindOf(service.kind).directory !== undefined;
}

/** The two pages of requests, while there are accounts for both. */
export function requestTabs(accounts: AccountLine[], current: "/requests" | "/requests/directory") {
  if (!accounts.some(searches)) return [];
  return [
    { label: "Requests", href: "/requests", current: current === "/requests" },
    { label: "Directories", href: "/requests/directory", current: current !== "/requests" },
  ];
}
