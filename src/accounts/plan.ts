import { mayUse, type Verdict } from "../access/policy.ts";
import type { Event, Outcome } from "../audit/event.ts";
import type { Context } from "../context.ts";
import { invalid, isSignetError, SignetError, type Code } from "../errors.ts";
import { hostAllowed } from "../services/hosts.ts";
import { fillPath } from "../signer/blanks.ts";
import { searchWithout, type Header, type OutgoingRequest } from "../signer/request.ts";
import { baseUrlOf, readyAccount, type Ready } from "./ready.ts";
import { requireActive } from "./account.ts";
import { folded, passingHeaders } from "./passing-headers.ts";
import { parseTarget } from "./request-input.ts";

/** A request that was judged and may be sent: unsigned, its account's secret unopened. */
export interface Plan {
  ready: Ready;
  request: OutgoingRequest;
  verdict: Verdict & { allowed: true };
}

// Answers must be readable to be cleaned of secrets, so no compression is offered; the caller's wish for one does not pass.
const DEFAULT_HEADERS: Header[] = [
  ["accept", "*/*"],
  ["user-agent", "Signet"],
  ["accept-encoding", "identity"],
];

export type Via = "api" | "proxy" | "console" | "behavior";

/**
 * Judges a request from first to last without touching the secret: visible, active, address well formed, use
 * allowed, host allowed, address not private (statement E-1). A refusal is recorded before it is thrown.
 */
export async function plan(
  ctx: Context,
  wish: { account: string; method: string; url: string; via: Via },
  shape: (url: URL, ready: Ready) => { headers: Header[]; body: Buffer | null },
): Promise<Plan> {
  const found = readyAccount(ctx, wish.account);
  const ready = found instanceof Promise ? await found : found;
  let url: URL | undefined;
  try {
    if (ready.kind.directory)
      throw invalid(
        "account",
        `${ready.account.name} is an account of a directory, which takes no HTTP requests; search it.`,
      );
    url = fillPath(
      parseTarget(wish.url, () => baseUrlOf(ready)),
      ready.account.metadata,
    );
    const verdict = judge(ctx, ready, wish.method, url);
    requireActive(ready.account);
    const { headers, body } = shape(url, ready);
    return { ready, request: unsigned(ready, wish.method, url, headers, body), verdict };
  } catch (error) {
    if (isSignetError(error)) await recordDenial(ctx, ready, wish, url, error.code);
    throw error;
  }
}

/** The plan with a renewed credential; where the renewal moved the account's base URL, the request moves along. */
export function renewed(ctx: Context, planned: Plan, ready: Ready): Plan {
  if (ready === planned.ready) return planned;
  const [before, after] = [planned.ready.baseUrl, ready.baseUrl];
  const { request } = planned;
  if (before === after || before === null || after === null || !request.url.href.startsWith(before))
    return { ...planned, ready };
  const url = new URL(after + request.url.href.slice(before.length));
  return { ready, request: { ...request, url }, verdict: judge(ctx, ready, request.method, url) };
}

/** What is only known once something was sent. */
interface Seen {
  attempts?: number | undefined;
  bytes?: number | undefined;
  code?: Code | undefined;
  duration_ms?: number | undefined;
  hop?: number | undefined;
  status?: number | undefined;
  truncated?: boolean | undefined;
}

/** What the audit says of a planned request, before and after it is sent. Its names stand in the audit's order. */
export function executeEvent(
  outcome: Outcome,
  { ready, request, verdict }: Plan,
  via: Via,
  { attempts, bytes, code, duration_ms, hop, status, truncated }: Seen = {},
): Event {
  const { account } = ready;
  const { host, pathname: path } = request.url;
  const rule = ruleOf(verdict);
  const { method } = request;
  return {
    action: "execute",
    outcome,
    account: account.id,
    facts: {
      account: account.name,
      attempts,
      bytes,
      code,
      duration_ms,
      hop,
      host,
      method,
      path,
      rule,
      status,
      truncated,
      via,
    },
  };
}

/** Why it is allowed, as the audit holds it. */
export function ruleOf({ because, share }: Plan["verdict"]): string {
  return share === null ? because : `${because}:${share}`;
}

/** May the actor, and may the credential, go there? Also asked anew for each redirect. Throws what refuses it. */
export function judge(ctx: Context, ready: Ready, method: string, url: URL): Verdict & { allowed: true } {
  const verdict = mayUse(
    ctx.actor,
    ready.account.owner,
    ready.shares,
    { method, host: url.host, path: url.pathname, account: ready.account },
    ctx.clock(),
  );
  if (!verdict.allowed) throw new SignetError(verdict.code, verdict.reason);
  requireHost(ctx, ready, url);
  return verdict;
}

/** The credential's own rule, whoever asks. Throws `host_not_allowed` or `address_denied`. */
export function requireHost(ctx: Context, ready: Pick<Ready, "hosts" | "baseUrl" | "service">, url: URL): void {
  const base = ready.baseUrl ?? ready.service.baseUrl;
  if (!hostAllowed(ready.hosts, url, base)) {
    const plain = url.protocol === "http:" && !base?.startsWith("http:");
    const reason = plain
      ? `Requests to ${ready.service.name} must use https.`
      : `${url.host} is not among the hosts of ${ready.service.name}.`;
    throw new SignetError("host_not_allowed", reason);
  }
  ctx.transport.judge(url);
}

function unsigned(ready: Ready, method: string, url: URL, given: Header[], body: Buffer | null): OutgoingRequest {
  const { slots } = ready;
  if (slots.query.length > 0) url.search = searchWithout(url, slots.query);
  const headers = passingHeaders(given, slots.headers);
  for (const name in ready.headers) if (!has(headers, folded(name))) headers.push([name, ready.headers[name]!]);
  for (const header of DEFAULT_HEADERS) if (!has(headers, header[0])) headers.push(header);
  return { method, url, headers, body };
}

function has(headers: Header[], name: string): boolean {
  for (const header of headers) if (folded(header[0]) === name) return true;
  return false;
}

async function recordDenial(
  ctx: Context,
  ready: Ready,
  wish: { method: string; via: Via },
  url: URL | undefined,
  code: Code,
) {
  const facts = {
    account: ready.account.name,
    method: wish.method,
    host: url?.host ?? null,
    path: url?.pathname ?? null,
    code,
    via: wish.via,
  };
  await ctx.audit.append(ctx, { action: "execute", outcome: "denied", account: ready.account.id, facts });
}
