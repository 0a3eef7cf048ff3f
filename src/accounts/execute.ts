import type { Context } from "../context.ts";
import { isSignetError, SignetError, type Code } from "../errors.ts";
import type { Challenge } from "../signer/kind.ts";
import type { OutgoingRequest } from "../signer/request.ts";
import { parseBody, readBody } from "./answer.ts";
import { Collector, type Collected } from "./collect.ts";
import { InFlight } from "./in-flight.ts";
import { executeEvent, judge, plan, renewed, type Plan, type Via } from "./plan.ts";
import { preview, type Preview } from "./preview.ts";
import { freshCredential } from "./refresh.ts";
import { remedyFor, type Remedy } from "./remedy.ts";
import {
  addQuery,
  encodeBody,
  executeInput,
  headerPairs,
  parseMethod,
  type ExecuteInput,
  type ParsedInput,
} from "./request-input.ts";
import { retryAfter } from "./retry-after.ts";
import { send, usable } from "./send.ts";
import { touch } from "./usage.ts";

/** The answer of a provider, as API, console and behaviors get it. */
export interface Executed {
  status: number;
  headers: Record<string, string | string[]>;
  content_type: string | null;
  body: unknown;
  body_base64: string | null;
  truncated: boolean;
  url: string;
  duration_ms: number;
  attempts: number;
  account: { id: string; slug: string; name: string };
  request_id: string;
}

/** An answer, and the JSON text that its body was; null when it was none. */
export interface Answered {
  executed: Executed;
  json: string | null;
}

const MAX_REDIRECTS = 10;
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);
const WORTH_A_RETRY = new Set([429, 502, 503, 504]);

/**
 * Sends one request with an account and returns the whole answer; 4xx and 5xx are answers. The order is fixed:
 * judge, record the intent, open, sign, send, clean, answer while the outcome is recorded (statement E-1). Throws SignetError
 * with one of the closed codes when Signet refuses or the provider can not be reached.
 */
export async function execute(ctx: Context, given: ExecuteInput, via: Via = "api"): Promise<Executed | Preview> {
  const done = await executeWithText(ctx, given, via);
  return "executed" in done ? done.executed : done;
}

/** As execute(), with the text beside the values. */
export async function executeWithText(ctx: Context, given: ExecuteInput, via: Via): Promise<Answered | Preview> {
  const input = executeInput.parse(given);
  const method = parseMethod(input.method);
  const planned = await plan(ctx, { account: input.account, method, url: input.url, via }, (url) => {
    addQuery(url, input.query);
    const headers = headerPairs(input.headers);
    const { body, contentType } = encodeBody(input, headers);
    const typed = contentType === null || headers.some(([name]) => name.toLowerCase() === "content-type");
    return { headers: typed ? headers : [...headers, ["content-type", contentType!]], body };
  });
  if (input.simulate) return preview(ctx, planned);
  return recorded(ctx, planned, input, via);
}

async function recorded(ctx: Context, planned: Plan, input: ParsedInput, via: Via): Promise<Answered> {
  const started = performance.now();
  const run = new Run(ctx, planned, input, via);
  const leave = InFlight.of(ctx).enter(ctx.actor);
  let begun = false;
  try {
    await run.recordIntent(planned.request, 0);
    begun = true;
    const answer = await run.follow();
    const duration = Math.round(performance.now() - started);
    const shown = run.show(answer, duration);
    run.recordOutcome({
      status: answer.status,
      duration,
      bytes: answer.body.length,
      truncated: answer.truncated,
    });
    touch(ctx, planned.ready.account.id);
    return shown;
  } catch (error) {
    const code: Code = isSignetError(error) ? error.code : "unavailable";
    // An intent that could not be written needs no outcome.
    if (begun) run.recordOutcome({ code, duration: Math.round(performance.now() - started) });
    throw error;
  } finally {
    leave();
  }
}

/** One execute from its intent to its answer: attempts, redirects and at most one remedy for a refused credential. */
class Run {
  readonly #ctx: Context;
  #plan: Plan;
  readonly #input: ParsedInput;
  readonly #via: Via;
  readonly #deadline: number;
  #attempts = 0;
  #remedied = false;

  constructor(ctx: Context, planned: Plan, input: ParsedInput, via: Via) {
    this.#ctx = ctx;
    this.#plan = planned;
    this.#input = input;
    this.#via = via;
    this.#deadline = performance.now() + input.timeout_ms;
  }

  async follow(): Promise<Collected> {
    let answer = await this.#persist();
    for (let hop = 1; this.#input.follow_redirects; hop++) {
      const next = redirected(this.#plan.request, answer);
      if (!next) break;
      if (hop > MAX_REDIRECTS)
        throw new SignetError("upstream_invalid", "The provider redirected more than ten times.");
      judge(this.#ctx, this.#plan.ready, next.method, next.url);
      await this.recordIntent(next, hop);
      this.#plan = { ...this.#plan, request: next };
      // Each address may have a question of its own; a credential is renewed once for all of them.
      this.#remedied &&= this.#plan.ready.kind.challenged === undefined;
      answer = await this.#persist();
    }
    return answer;
  }

  /** Sends, and again where that is safe and asked for, or once more where a refusal has a remedy. */
  async #persist(): Promise<Collected> {
    const { method, headers } = this.#plan.request;
    const safe = IDEMPOTENT.has(method) || headers.some(([name]) => name.toLowerCase() === "idempotency-key");
    let challenge: Challenge | undefined;
    for (let retry = 0; ; retry++) {
      const last = !safe || retry >= this.#input.retries;
      try {
        const answer = await this.#attempt(challenge);
        challenge = undefined;
        const remedy = this.#remedyFor(answer);
        if (remedy) {
          const remedied = await remedy();
          this.#plan = renewed(this.#ctx, this.#plan, remedied.ready);
          challenge = remedied.challenge;
          retry--;
          continue;
        }
        if (last || !WORTH_A_RETRY.has(answer.status) || !(await this.#pause(retry, answer))) return answer;
      } catch (error) {
        const passing =
          isSignetError(error) && (error.code === "upstream_unreachable" || error.code === "upstream_timeout");
        if (last || !passing || !(await this.#pause(retry))) throw error;
      }
    }
  }

  #remedyFor(answer: Collected): Remedy | undefined {
    const remedy = this.#remedied
      ? undefined
      : remedyFor(this.#ctx, this.#plan.ready, answer, () => parseBody(answer).body);
    this.#remedied ||= remedy !== undefined;
    return remedy;
  }

  async #attempt(challenge: Challenge | undefined): Promise<Collected> {
    this.#attempts++;
    const fresh = freshCredential(this.#ctx, this.#plan.ready);
    this.#plan = renewed(this.#ctx, this.#plan, fresh instanceof Promise ? await fresh : fresh);
    const collector = new Collector(this.#input.max_response_bytes);
    const timeoutMs = Math.max(1, this.#deadline - performance.now());
    void send(this.#ctx, usable(this.#plan.ready), this.#plan.request, { timeoutMs, challenge }, collector);
    return collector.answer;
  }

  /** Waits before a retry; false when the time limit leaves no room for it. */
  async #pause(retry: number, answer?: Collected): Promise<boolean> {
    const told = answer && retryAfter(answer.status, answer.headers, this.#ctx.clock());
    const wait = told ?? 250 * 2 ** retry;
    if (performance.now() + wait >= this.#deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, wait));
    return true;
  }

  recordIntent(request: OutgoingRequest, hop: number): Promise<number> {
    const seen = { hop: hop === 0 ? undefined : hop };
    return this.#ctx.audit.append(this.#ctx, executeEvent("pending", { ...this.#plan, request }, this.#via, seen));
  }

  recordOutcome(seen: { status?: number; code?: Code; duration: number; bytes?: number; truncated?: boolean }): void {
    const facts = {
      attempts: this.#attempts,
      bytes: seen.bytes,
      code: seen.code,
      duration_ms: seen.duration,
      status: seen.status,
      truncated: seen.truncated || undefined,
    };
    const outcome = seen.code === undefined ? "ok" : "failed";
    this.#ctx.audit.conclude(this.#ctx, executeEvent(outcome, this.#plan, this.#via, facts));
  }

  show(answer: Collected, duration: number): Answered {
    const { account } = this.#plan.ready;
    const { shown, json } = readBody(answer);
    const executed: Executed = {
      status: answer.status,
      headers: answer.headers as Executed["headers"],
      ...shown,
      truncated: answer.truncated,
      url: this.#plan.request.url.href,
      duration_ms: duration,
      attempts: this.#attempts,
      account: { id: account.id, slug: account.slug, name: account.name },
      request_id: this.#ctx.requestId,
    };
    return { executed, json };
  }
}

/** The request a redirect asks for (RFC 9110 section 15.4), or undefined when the answer is none. */
function redirected(request: OutgoingRequest, answer: Collected): OutgoingRequest | undefined {
  if (![301, 302, 303, 307, 308].includes(answer.status)) return undefined;
  const location = answer.headers.location;
  if (typeof location !== "string" || !URL.canParse(location, request.url)) return undefined;
  const url = new URL(location, request.url);
  if (url.username !== "" || url.password !== "" || !/^https?:$/.test(url.protocol)) return undefined;
  url.hash = "";
  const turnsToGet =
    (answer.status === 303 && request.method !== "HEAD") || (answer.status < 303 && request.method === "POST");
  if (!turnsToGet) return { ...request, url };
  const headers = request.headers.filter(([name]) => !/^content-/i.test(name));
  return { method: "GET", url, headers, body: null };
}
