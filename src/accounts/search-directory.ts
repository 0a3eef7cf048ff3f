import { z } from "zod";
import { mayUse } from "../access/policy.ts";
import type { Event, Outcome } from "../audit/event.ts";
import type { Context } from "../context.ts";
import { invalid, isSignetError, SignetError, type Code } from "../errors.ts";
import { encodeFilter, FilterProblem } from "../outbound/ldap/filter.ts";
import type { Directory } from "../signer/kind.ts";
import { requireActive } from "./account.ts";
import { directoryHost, directoryOf, requireDirectory, targetOf } from "./directory.ts";
import { InFlight } from "./in-flight.ts";
import { codeOf } from "./intent.ts";
import { ruleOf, type Plan, type Via } from "./plan.ts";
import { openReady, readyAccount, type Ready } from "./ready.ts";
import { shownEntry, type ShownEntry } from "./shown-entry.ts";
import { touch } from "./usage.ts";

const ATTRIBUTE = /^([*+]|1\.1|@?[a-z][a-z0-9-]*(;[a-z0-9=*-]+)*|\d+(\.\d+)+(;[a-z0-9=*-]+)*)$/i;

export const searchInput = z.strictObject({
  account: z.string().min(1, "Name the account by id or slug.").max(100),
  /** Where to begin; the service's base DN when nothing is said. */
  base: z
    .string()
    .max(2000)
    .regex(/^[^\u0000-\u001f\u007f]*$/, "A name holds no line breaks or control characters.")
    .optional(),
  scope: z.enum(["base", "one", "sub"]).default("sub"),
  filter: z.string().min(1, "Enter a filter, such as (cn=Ada).").max(8192).default("(objectClass=*)"),
  attributes: z
    .array(z.string().max(200).regex(ATTRIBUTE, "This is not the name of an attribute."))
    .max(100)
    .optional(),
  size_limit: z.number().int().min(1).max(10_000).default(500),
  page_size: z.number().int().min(1).max(1_000).default(200),
  time_limit_ms: z.number().int().min(1).max(120_000).default(30_000),
});
export type SearchInput = z.input<typeof searchInput>;

/** What a directory answered, as API, console and behaviors get it. */
export interface Searched {
  entries: ShownEntry[];
  /** There are more entries than could be had. */
  truncated: boolean;
  duration_ms: number;
  request_id: string;
}

/** A search that was judged and may be made: its account's secret unopened. */
interface Planned {
  ready: Ready;
  directory: Directory;
  base: string;
  filter: Buffer;
  verdict: Plan["verdict"];
}

/**
 * Searches a directory with an account. The order is that of execute: judge, record the intent, open, search, clean,
 * record the outcome, answer (statement E-1). To the rules of shares it is the method SEARCH on the directory's host,
 * with the base as the only segment of the path. Throws SignetError with one of the closed codes.
 */
export async function searchDirectory(ctx: Context, given: SearchInput, via: Via = "api"): Promise<Searched> {
  const input = searchInput.parse(given);
  const planned = await plan(ctx, input, via);
  return InFlight.of(ctx).during(ctx.actor, () => recorded(ctx, planned, input, via));
}

async function plan(ctx: Context, input: z.output<typeof searchInput>, via: Via): Promise<Planned> {
  const ready = await readyAccount(ctx, input.account);
  const directory = directoryOf(ready);
  if (directory === undefined)
    throw invalid("account", `${ready.account.name} is not an account of a directory; send requests with it.`);
  const base = input.base ?? directory.base;
  try {
    const filter = readFilter(input.filter);
    if (input.base === undefined && base === "" && input.scope !== "base")
      throw invalid("base", "Name the entry to begin at; this service has no base DN.");
    const verdict = judge(ctx, ready, directory, base);
    requireActive(ready.account);
    return { ready, directory, base, filter, verdict };
  } catch (error) {
    if (isSignetError(error))
      await ctx.audit.append(ctx, event("denied", ready, directory, base, via, { code: error.code }));
    throw error;
  }
}

function judge(ctx: Context, ready: Ready, directory: Directory, base: string): Plan["verdict"] {
  const wish = {
    method: "SEARCH",
    host: directoryHost(directory),
    path: `/${encodeURIComponent(base)}`,
    account: ready.account,
  };
  const verdict = mayUse(ctx.actor, ready.account.owner, ready.shares, wish, ctx.clock());
  if (!verdict.allowed) throw new SignetError(verdict.code, verdict.reason);
  requireDirectory(ctx, ready, directory);
  return verdict;
}

async function recorded(
  ctx: Context,
  { ready, directory, base, filter, verdict }: Planned,
  input: z.output<typeof searchInput>,
  via: Via,
): Promise<Searched> {
  const started = performance.now();
  const seen = () => ({ rule: ruleOf(verdict), duration_ms: Math.round(performance.now() - started) });
  await ctx.audit.append(ctx, event("pending", ready, directory, base, via, { rule: ruleOf(verdict) }));
  try {
    const opened = await openReady(ctx, ready);
    const found = await ctx.directories.search(targetOf(ready, opened, input.time_limit_ms), {
      base,
      scope: input.scope,
      filter,
      attributes: input.attributes ?? directory.attributes,
      sizeLimit: input.size_limit,
      pageSize: input.page_size,
    });
    const entries = found.entries.map((entry) => shownEntry(entry, opened.redactor));
    const { truncated } = found;
    const facts = { ...seen(), ...(truncated && { truncated }) };
    ctx.audit.conclude(ctx, event("ok", ready, directory, base, via, facts));
    touch(ctx, ready.account.id);
    return { entries, truncated, duration_ms: facts.duration_ms, request_id: ctx.requestId };
  } catch (error) {
    ctx.audit.conclude(ctx, event("failed", ready, directory, base, via, { ...seen(), code: codeOf(error) }));
    throw error;
  }
}

/** The filter is not among the facts: as with the query of a request, it may hold what somebody looks for. */
function event(
  outcome: Outcome,
  { account }: Ready,
  directory: Directory,
  base: string,
  via: Via,
  seen: { code?: Code; duration_ms?: number; rule?: string; truncated?: boolean },
): Event {
  const where = { host: directoryHost(directory), method: "SEARCH", path: `/${base}` };
  return { action: "execute", outcome, account: account.id, facts: { account: account.name, ...where, ...seen, via } };
}

function readFilter(text: string): Buffer {
  try {
    return encodeFilter(text);
  } catch (error) {
    if (error instanceof FilterProblem) throw invalid("filter", error.message);
    throw error;
  }
}
