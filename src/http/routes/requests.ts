import { usableAccounts, type AccountLine } from "../../accounts/browse.ts";
import { executeWithText } from "../../accounts/execute.ts";
import { listAudit } from "../../audit/browse.ts";
import type { Row } from "../../audit/chain.ts";
import type { Context } from "../../context.ts";
import { accountOptions, requestTabs, searches } from "../account-options.ts";
import { redirect, view } from "../answer.ts";
import { REQUEST_COLUMNS, requestRow } from "../audit-view.ts";
import { shownOutcome, type Outcome } from "../console-answer.ts";
import { BODY_KINDS, EMPTY, fieldOf, inputOf, typedFrom, typedIn, typedRequest, type Typed } from "../console-form.ts";
import { maskedCommand } from "../curl-mask.ts";
import { readCurl, writeCurl } from "../curl.ts";
import { asSignetError, attempt, type Problems } from "../failure.ts";
import { refused, text } from "../form.ts";
import { linkWith } from "../list-links.ts";
import { get, post } from "../route.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
/** More than this is no answer to look at. */
const MAX_SHOWN = 1024 * 1024;

/** What the page shows besides the empty form. */
interface Shown {
  typed?: Typed;
  outcome?: Outcome;
  problems?: Problems;
  curl?: { typed: string; problems: Problems } | { notes: string[] };
}

export default [
  get("/requests", async (ctx, { query }) => {
    const { account = "", method = "GET", url = "" } = query;
    const known = (await usableAccounts(ctx)).find(({ id, slug }) => id === account || slug === account);
    if (known && searches(known)) return redirect(linkWith("/requests/directory", { account: known.id }));
    return consolePage(ctx, { typed: { ...EMPTY, account, method: method.toUpperCase(), url } });
  }),

  post("/requests", async (ctx, { form }) => {
    const typed = typedIn(form);
    const simulate = text(form, "act") === "preview";
    try {
      const input = { ...inputOf(typed), simulate, max_response_bytes: MAX_SHOWN };
      const result = await executeWithText(ctx, input, "console");
      const outcome: Outcome =
        "simulated" in result ? { type: "preview", preview: result } : { type: "answer", answer: result };
      return await consolePage(ctx, { typed, outcome });
    } catch (cause) {
      const error = asSignetError(cause);
      if (!error) throw cause;
      // What is wrong with the form is said there; what Signet or the network refused is an outcome like any other.
      const issues =
        error.code === "not_found"
          ? [{ path: "account", message: "Choose an account that you may use." }]
          : error.issues;
      if (error.code !== "invalid" && error.code !== "not_found")
        return consolePage(ctx, { typed, outcome: { type: "refusal", error } });
      const named = Object.fromEntries(issues.map(({ path, message }) => [fieldOf(path), message]));
      return consolePage(ctx, { typed, problems: { summary: error.message, fields: named } });
    }
  }),

  post("/requests/import", async (ctx, { form }) => {
    const command = text(form, "curl");
    const result = await attempt(async () => readCurl(command));
    if (!result.ok) {
      return consolePage(ctx, { curl: { typed: maskedCommand(command), problems: result.problems } });
    }
    const { request, notes } = result.value;
    const typed = typedFrom(request, await usableAccounts(ctx), ctx.publicUrl);
    return consolePage(ctx, { typed, curl: { notes } });
  }),
];

async function consolePage(ctx: Context, shown: Shown) {
  const all = await usableAccounts(ctx);
  const accounts = all.filter((account) => !searches(account));
  const typed = { ...(shown.typed ?? EMPTY) };
  const chosen = accounts.find(({ id, slug }) => id === typed.account || slug === typed.account);
  typed.account = chosen?.id ?? (accounts.length === 1 && typed.account === "" ? accounts[0]!.id : typed.account);
  const recent = await listAudit(ctx, { actor: ctx.actor.id ?? "", action: "execute", limit: 15 }, { intents: false });
  const { outcome, problems, curl } = shown;
  const data = {
    page: { title: "Requests" },
    tabs: requestTabs(all, "/requests"),
    typed,
    accounts: accountOptions(accounts),
    base: chosen?.baseUrl ?? chosen?.service.baseUrl ?? null,
    methods: [...new Set([...METHODS, typed.method])].map((value) => ({ value, label: value })),
    kinds: Object.entries(BODY_KINDS).map(([value, label]) => ({ value, label })),
    outcome: outcome ? shownOutcome(outcome, ctx.requestId) : null,
    command: outcome && chosen ? writeCurl(ctx.publicUrl, chosen.slug, typedRequest(typed)) : null,
    problems: problems ? refused(problems) : null,
    curl: curl && "typed" in curl ? { typed: curl.typed, problems: refused(curl.problems) } : null,
    notes: curl && "notes" in curl ? curl.notes : null,
    recent: history(recent.items, all),
  };
  return view("requests", data, { status: problems || (curl && "typed" in curl) ? 400 : 200 });
}

function history(rows: Row[], accounts: AccountLine[]) {
  return {
    label: "Recent requests",
    noun: ["request", "requests"],
    dense: true,
    columns: REQUEST_COLUMNS.filter(({ key }) => key !== "who"),
    rows: rows.map((row) => {
      const { method, host, path } = row.facts;
      const account = accounts.find(({ id }) => id === row.account_id);
      const base = account?.baseUrl ?? account?.service.baseUrl ?? null;
      const here = base !== null && URL.canParse(base) && new URL(base).host === host;
      const url = host ? `${here ? new URL(base!).protocol : "https:"}//${String(host)}${String(path ?? "/")}` : "";
      const again =
        account && searches(account)
          ? linkWith("/requests/directory", { account: account.id, base: String(path ?? "").slice(1) })
          : linkWith("/requests", { account: row.account_id, method: String(method), url });
      return {
        ...requestRow(row),
        menu: account ? [{ label: "Fill in again", href: again, icon: "repeat" }] : [],
      };
    }),
    filtered: false,
    empty: {
      icon: "terminal",
      title: "No requests yet",
      text: "What you send from here, or with your tokens, appears here.",
    },
  };
}
