import { isAdmin } from "../../access/actor.ts";
import { countAccounts, listAccounts, rightsOn, type AccountLine } from "../../accounts/browse.ts";
import { callsByHour, listAudit } from "../../audit/browse.ts";
import { listBots } from "../../bots/browse.ts";
import type { Context } from "../../context.ts";
import { ownerKey, ownerNames } from "../../people/owner.ts";
import { listTokens } from "../../people/token.ts";
import { listRunLines } from "../../runs/browse.ts";
import { listServices } from "../../services/browse.ts";
import { accountPath } from "../account-view.ts";
import { view } from "../answer.ts";
import { REQUEST_COLUMNS, requestRow } from "../audit-view.ts";
import { get } from "../route.ts";
import { shortRunList } from "../run-list.ts";
import { tileOf } from "../tile.ts";

const HOURS = 24;

export default [
  get("/", async (ctx) => {
    const [runs, failed] = await latestRuns(ctx);
    const [counts, hours, latest, attention] = await Promise.all([
      countAccounts(ctx, {}),
      callsByHour(ctx, HOURS),
      listAudit(ctx, { action: "execute", limit: 8 }, { intents: false }),
      needsSomebody(ctx),
    ]);
    const steps = latest.items.length === 0 ? await firstSteps(ctx, counts.all) : null;
    const recent = {
      label: "Latest requests",
      noun: ["request", "requests"],
      dense: true,
      columns: REQUEST_COLUMNS,
      rows: latest.items.map(requestRow),
      filtered: false,
      empty: { icon: "terminal", title: "No requests yet" },
    };
    const data = { counts, stats: statsOf(counts, hours), steps, attention, recent, runs, failed };
    return view("home", { page: { title: "Home" }, name: ctx.actor.name.split(" ")[0], ...data });
  }),
];

/** The latest runs, and those of the last day that failed; null where there are none. */
async function latestRuns(ctx: Context) {
  const since = new Date(ctx.clock().getTime() - HOURS * 3600_000).toISOString();
  const [latest, failed] = await Promise.all([
    listRunLines(ctx, { limit: 5 }),
    listRunLines(ctx, { limit: 5, state: "failed", since }),
  ]);
  const real = failed.items.filter(({ simulated }) => !simulated);
  return [
    latest.items.length === 0 ? null : shortRunList(latest.items, "Latest runs", "all", { title: "No runs yet" }),
    real.length === 0 ? null : shortRunList(real, "Failed runs of the last day", "all", { title: "None failed" }),
  ];
}

type Counts = Awaited<ReturnType<typeof countAccounts>>;

function statsOf(counts: Counts, hours: { calls: number; failed: number }[]) {
  const sum = (key: "calls" | "failed") => hours.reduce((total, hour) => total + hour[key], 0);
  const [calls, failed] = [sum("calls"), sum("failed")];
  const share = calls === 0 ? "" : `${((failed / calls) * 100).toFixed(1)} % of all`;
  return [
    { label: "Calls in 24 hours", value: calls, trend: hours.map((hour) => hour.calls), href: "/audit?action=execute" },
    {
      label: "Without an answer",
      value: failed,
      trend: hours.map((hour) => hour.failed),
      ...(failed > 0 && { detail: share, kind: "bad" }),
    },
    { label: "Active accounts", value: counts.active, href: "/accounts?state=active" },
    {
      label: "Need reconnect",
      value: counts.needs_reconnect,
      href: "/accounts?state=needs_reconnect",
      ...(counts.paused > 0 && { detail: `${counts.paused} more paused` }),
    },
  ];
}

/** Accounts that do not work now, those first whose owner is asking; each with what can be done and by whom. */
async function needsSomebody(ctx: Context) {
  const [broken, paused] = await Promise.all([
    listAccounts(ctx, { state: "needs_reconnect", limit: 10 }),
    listAccounts(ctx, { state: "paused", limit: 5 }),
  ]);
  const accounts = [...broken.items, ...paused.items];
  const names = await ownerNames(
    ctx,
    accounts.map((account) => account.owner),
  );
  const rows = await Promise.all(accounts.map(async (account) => row(account, (await rightsOn(ctx, account)).manage)));
  return rows.sort((a, b) => Number(b.mine) - Number(a.mine));

  function row(account: AccountLine, mine: boolean) {
    const act = account.state === "paused" ? "Open" : "Reconnect";
    return {
      name: account.name,
      href: accountPath(account),
      service: tileOf(account.service),
      state: account.state,
      reason: account.stateReason,
      mine,
      act: mine ? act : null,
      owner: mine ? null : (names.get(ownerKey(account.owner)) ?? null),
    };
  }
}

/** The way to the first signed request, with what is done; for those who may not add services it is shorter. */
async function firstSteps(ctx: Context, accounts: number) {
  const [services, bots] = await Promise.all([listServices(ctx, { limit: 1 }), listBots(ctx, { limit: 5 })]);
  const tokens = await Promise.all(bots.items.map(({ id }) => listTokens(ctx, { type: "bot", id }, { limit: 1 })));
  const bot = bots.items[0];
  const service = step(services.items.length > 0, "Add a service", "Pick a provider from the library, or build one.", [
    "Open the library",
    "/services/new",
  ]);
  if (!isAdmin(ctx.actor)) Object.assign(service, { detail: "An admin does this.", action: undefined });
  const steps = [
    service,
    step(accounts > 0, "Link an account", "Consent there or enter a key. Nobody sees it again.", [
      "Link an account",
      "/accounts/new",
    ]),
    step(
      tokens.some((page) => page.items.length > 0),
      "Make a bot with a token",
      "So that a program can act for itself.",
      bot ? [`Open ${bot.name}`, `/bots/${bot.slug}`] : ["Make a bot", "/bots/new"],
    ),
    step(false, "Send the first request", "From here, or from your program.", ["Open the console", "/requests"]),
  ];
  const next = steps.find((one) => one.action);
  if (next?.action) next.action.kind = "primary";
  return steps;
}

interface Step {
  label: string;
  detail: string;
  state: string;
  action?: { label: string; href: string; kind?: string } | undefined;
}

function step(done: boolean, label: string, detail: string, [word, href]: [string, string]): Step {
  return { label, detail, state: done ? "done" : "todo", ...(done ? {} : { action: { label: word, href } }) };
}
