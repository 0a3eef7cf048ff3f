import { isAdmin } from "../../access/actor.ts";
import {
  countAccounts,
  listAccounts,
  listAccountsInput,
  TABS,
  type AccountLine,
  type Tab,
} from "../../accounts/browse.ts";
import type { AccountState } from "../../accounts/account.ts";
import type { Context } from "../../context.ts";
import { ownerNames } from "../../people/owner.ts";
import { listServices } from "../../services/browse.ts";
import { accountPath, shownState } from "../account-view.ts";
import { view } from "../answer.ts";
import { linkWith } from "../list-links.ts";
import { ownerPerson } from "../owner-field.ts";
import { get } from "../route.ts";
import { tileOf } from "../tile.ts";

const TAB_WORDS = { all: "All", mine: "Owned by me", shared: "Shared with me" } as const;
const STATE_WORDS = { active: "Active", needs_reconnect: "Needs reconnect", paused: "Paused" } as const;
const COLUMNS = [
  { key: "name", label: "Account", kind: "name" },
  { key: "service", label: "Service" },
  { key: "owner", label: "Owner", kind: "person" },
  { key: "state", label: "State", kind: "state" },
  { key: "shares", label: "Shares", kind: "number", align: "end", narrow: false },
  { key: "used", label: "Last used", kind: "time", align: "end" },
];

/** What the address of the list says; a value it does not know counts as none. */
interface Shown {
  tab: Tab;
  state: AccountState | undefined;
  /** "organization", "team:<id>" or "worker:<id>". */
  owner: string | undefined;
  q: string;
  cursor: string | undefined;
}

export default [
  get("/accounts", async (ctx, { query }) => {
    const shown: Shown = {
      tab: TABS.find((tab) => tab === query.tab) ?? "all",
      state: (Object.keys(STATE_WORDS) as AccountState[]).find((state) => state === query.state),
      owner: listAccountsInput.shape.owner.safeParse(query.owner).data,
      q: query.q?.trim() ?? "",
      cursor: query.cursor || undefined,
    };
    const { tab, state, owner, q, cursor } = shown;
    const search = { tab, ...(q && { q }), ...(owner && { owner }) };
    const [found, ...counts] = await Promise.all([
      listAccounts(ctx, { ...search, ...(state && { state }), ...(cursor && { cursor }) }),
      ...TABS.map((each) => countAccounts(ctx, { ...search, tab: each })),
    ]);
    const owners = await ownerNames(
      ctx,
      found.items.map((account) => account.owner),
    );
    const count = Object.fromEntries(TABS.map((each, at) => [each, counts[at]!])) as Record<Tab, (typeof counts)[0]>;
    const here = count[tab];
    const list = {
      label: "Connected Accounts",
      noun: ["account", "accounts"],
      search: { action: "/accounts", q, hidden: { tab: tab === "all" ? "" : tab, state, owner } },
      tabs: (["all", "mine", "shared"] as const).map((each) => ({
        label: TAB_WORDS[each],
        href: address({ ...shown, tab: each, state: undefined, cursor: undefined }),
        count: count[each].all,
        current: each === tab,
      })),
      filters: [undefined, ...(Object.keys(STATE_WORDS) as AccountState[])].map((each) => ({
        label: each === undefined ? "Every state" : STATE_WORDS[each],
        href: address({ ...shown, state: each, cursor: undefined }),
        count: here[each ?? "all"],
        current: each === state,
      })),
      columns: COLUMNS,
      rows: found.items.map((account) => row(account, owners, ctx.clock())),
      count: here[state ?? "all"],
      filtered: q !== "" || state !== undefined || owner !== undefined,
      clear: address({ tab, state: undefined, owner: undefined, q: "", cursor: undefined }),
      pager: {
        first: cursor === undefined ? null : address({ ...shown, cursor: undefined }),
        next: found.next_cursor === null ? null : address({ ...shown, cursor: found.next_cursor }),
      },
      empty: found.items.length > 0 ? { title: "" } : await nothingYet(ctx, tab),
    };
    return view("accounts", { page: { title: "Connected Accounts" }, list });
  }),
];

function row(account: AccountLine, owners: Map<string, string>, now: Date) {
  const service = tileOf(account.service);
  return {
    href: accountPath(account),
    cells: {
      name: { text: account.name, detail: account.identity.label ?? account.slug, service },
      service: account.service.name,
      owner: ownerPerson(account.owner, owners),
      state: shownState(account, now),
      shares: account.shares,
      used: { at: account.lastUsedAt },
    },
  };
}

/** The address of a view of the list. */
function address({ tab, state, owner, q, cursor }: Shown): string {
  return linkWith("/accounts", { tab: tab === "all" ? "" : tab, state, owner, q, cursor });
}

/** An empty list says what the next step is, and for whom. */
async function nothingYet(ctx: Context, tab: Tab) {
  const icon = "key-round";
  if (tab === "shared")
    return {
      icon,
      title: "Nothing is shared with you",
      text: "Accounts that others share with you, your teams or everyone appear here.",
    };
  if ((await listServices(ctx, { limit: 1 })).items.length > 0) {
    return {
      icon,
      title: tab === "mine" ? "You have no accounts yet" : "No accounts yet",
      text: "Link one, and people and bots can call its API without ever seeing the key.",
      action: { label: "Link an account", href: "/accounts/new", icon: "plus" },
    };
  }
  const title = "No services yet";
  return isAdmin(ctx.actor)
    ? {
        icon: "blocks",
        title,
        text: "An account belongs to a service. Pick the first one from the library.",
        action: { label: "Open the library", href: "/services/new" },
      }
    : {
        icon: "blocks",
        title,
        text: "An account belongs to a service, and an admin sets those up. Ask one of them for the service you need.",
      };
}
