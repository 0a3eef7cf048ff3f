import { isAdmin } from "../../access/actor.ts";
import { listAccounts } from "../../accounts/browse.ts";
import { getAudit, listAudit, requestAudit } from "../../audit/browse.ts";
import { EVENTS, type Fact } from "../../audit/event.ts";
import { exportAudit } from "../../audit/export.ts";
import { listBots } from "../../bots/browse.ts";
import type { Context } from "../../context.ts";
import { listWorkers } from "../../people/browse.ts";
import { download, view } from "../answer.ts";
import { auditCsv } from "../audit-csv.ts";
import { AUDIT_COLUMNS, auditRow, outcomeOf, whoOf } from "../audit-view.ts";
import { AUDIT_GROUPS, AUDIT_WORDS, auditWords, factLabel, OUTCOME_WORDS } from "../audit-words.ts";
import { attempt } from "../failure.ts";
import { refused } from "../form.ts";
import { linkWith, pagerOf } from "../list-links.ts";
import { get, type Incoming } from "../route.ts";

const FILTERS = ["actor", "account", "action", "outcome", "since", "until", "q", "cursor"] as const;
type Query = Partial<Record<(typeof FILTERS)[number], string>>;

export default [
  get("/audit", (ctx, request) => listPage(ctx, filtersIn(request))),

  // As a file: what the list shows, all pages of it.
  get("/audit/export", async (ctx, request) => {
    const { cursor: _cursor, ...query } = filtersIn(request);
    const rows = await attempt(() => exportAudit(ctx, query as Parameters<typeof exportAudit>[1], { intents: false }));
    if (!rows.ok) return listPage(ctx, query);
    const day = ctx.clock().toISOString().slice(0, 10);
    return download(`signet-audit-${day}.csv`, "text/csv; charset=utf-8; header=present", auditCsv(rows.value));
  }),

  get("/audit/:seq", recordPage),
];

function filtersIn({ query }: Incoming): Query {
  return Object.fromEntries(FILTERS.flatMap((name) => (query[name] ? [[name, query[name]]] : [])));
}

async function listPage(ctx: Context, query: Query) {
  const found = await attempt(() => listAudit(ctx, query as Parameters<typeof listAudit>[1], { intents: false }));
  const { cursor: _cursor, q, outcome, ...more } = query;
  const page = found.ok ? found.value : { items: [], next_cursor: null };
  const list = {
    label: "Audit",
    noun: ["record", "records"],
    dense: true,
    search: { action: "/audit", q, hidden: { ...more, outcome } },
    filters: outcomes(query),
    columns: AUDIT_COLUMNS,
    rows: page.items.map(auditRow),
    filtered: Object.keys(query).length > 0,
    clear: "/audit",
    pager: pagerOf("/audit", query, page.next_cursor),
    empty: { icon: "scroll-text", title: "Nothing is recorded yet" },
  };
  const data = {
    page: { title: "Audit" },
    list,
    query,
    admin: isAdmin(ctx.actor),
    narrowed: Object.keys(more).length,
    problems: found.ok ? null : refused(found.problems),
    choices: await choices(ctx, query),
    file: linkWith("/audit/export", { ...query, cursor: undefined }),
  };
  return view("audit", data, { status: found.ok ? 200 : 400 });
}

async function recordPage(ctx: Context, { params }: Incoming) {
  const row = await getAudit(ctx, Number(params.seq));
  const chain = await requestAudit(ctx, row);
  const list = {
    label: "The whole request",
    noun: ["record", "records"],
    dense: true,
    columns: AUDIT_COLUMNS,
    rows: chain.map(auditRow),
    filtered: false,
    count: chain.length,
    empty: { title: "" },
  };
  const about = auditWords(row);
  const facts = Object.entries(row.facts).filter(([, fact]) => fact !== null && String(fact) !== "");
  return view("audit-record", {
    page: { title: `Record ${row.seq}` },
    row,
    about,
    who: { ...whoOf(row), href: actorPath(row.actor_type, row.actor_id) },
    outcome: outcomeOf(row),
    facts: facts.map(([name, fact]) => factShown(name, fact)),
    list,
  });
}

function factShown(name: string, fact: Fact) {
  const label = factLabel(name);
  if (name === "run") return { label, link: { label: "The run and its trace", href: `/runs/${String(fact)}` } };
  if (name === "chain" && Array.isArray(fact)) return { label, text: fact.join(" → ") };
  return { label, text: Array.isArray(fact) ? fact.join(", ") : String(fact) };
}

function outcomes(query: Query) {
  return ([undefined, "ok", "failed", "denied", "unknown", "pending"] as const).map((each) => ({
    label: each === undefined ? "Everything" : each === "pending" ? "Intents" : OUTCOME_WORDS[each].label,
    href: linkWith("/audit", { ...query, cursor: undefined, outcome: each }),
    current: each === query.outcome,
  }));
}

/** What the menus of the filter offer: for admins everybody, for others themselves. */
async function choices(ctx: Context, query: Query) {
  const admin = isAdmin(ctx.actor);
  const [workers, bots, accounts] = await Promise.all([
    admin ? listWorkers(ctx, { limit: 200 }) : null,
    listBots(ctx, { limit: 200 }),
    listAccounts(ctx, { limit: 200 }),
  ]);
  const me = { value: ctx.actor.id ?? "", label: "Me" };
  const people = workers?.items.filter(({ id }) => id !== me.value).map(({ id, name }) => ({ value: id, label: name }));
  const groups = Object.entries(AUDIT_GROUPS).map(([value, label]) => ({ value, label: `${label}: everything` }));
  const actions = Object.keys(EVENTS).filter((action) => !(action in AUDIT_GROUPS));
  return {
    actor: known(query.actor, [
      me,
      ...(people ?? []),
      ...bots.items.map(({ id, name }) => ({ value: id, label: name })),
    ]),
    account: known(
      query.account,
      accounts.items.map(({ id, name }) => ({ value: id, label: name })),
    ),
    action: known(query.action, [
      ...groups,
      ...actions.map((value) => ({ value, label: AUDIT_WORDS[value as keyof typeof AUDIT_WORDS] })),
    ]),
  };
}

/** A value of the address stays chosen also when the menu does not offer it. */
function known(value: string | undefined, options: { value: string; label: string }[]) {
  return value === undefined || options.some((option) => option.value === value)
    ? options
    : [...options, { value, label: value }];
}

function actorPath(type: string, id: string | null): string | null {
  if (id === null) return null;
  return type === "worker" ? `/people/${id}` : type === "bot" ? `/bots/${id}` : null;
}
