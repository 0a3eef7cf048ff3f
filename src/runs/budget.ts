import { DEFAULT_LIMITS, type BotLimits } from "../bots/limits.ts";
import { SignetError } from "../errors.ts";

/** Bytes of JSON that the results of one run may come to. */
const MAX_RESULTS = 16_777_216;

/** What one run, with all behaviors it calls, may still use up (statement B-1). */
export class Budget {
  readonly #limits: typeof DEFAULT_LIMITS;
  readonly #started = performance.now();
  readonly #spentBefore: number;
  #steps = 0;
  #calls = 0;
  #bytes = 0;

  /** @param spentBefore milliseconds of earlier turns of the same run. */
  constructor(limits: BotLimits, spentBefore: number) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    this.#spentBefore = spentBefore;
  }

  get spentMs(): number {
    return Math.round(this.#spentBefore + performance.now() - this.#started);
  }

  /** Milliseconds that are left. */
  get leftMs(): number {
    return Math.max(0, this.#limits.max_seconds * 1000 - this.spentMs);
  }

  /** Counts a step. Throws `rate_limited`. */
  step(): void {
    const { max_steps, max_seconds } = this.#limits;
    if (++this.#steps > max_steps) throw exceeded(`took more than ${max_steps} steps`);
    if (this.leftMs === 0) throw exceeded(`took longer than ${max_seconds} seconds`);
  }

  /** Counts something that is done outside. Throws `rate_limited`. */
  call(): void {
    if (++this.#calls > this.#limits.max_calls) throw exceeded(`made more than ${this.#limits.max_calls} calls`);
  }

  /** Counts a result. Throws `rate_limited`. */
  result(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > MAX_RESULTS) throw exceeded("collected more than 16 MiB of results");
  }
}

/** Ends the run: no on_error branch catches it. */
export class BudgetExceeded extends SignetError {}

function exceeded(what: string): SignetError {
  return new BudgetExceeded("rate_limited", `The run ${what}, which is as much as its bot may.`);
}
