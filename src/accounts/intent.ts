import type { Context } from "../context.ts";
import type { Event, Intended } from "../audit/event.ts";
import { isSignetError, type Code } from "../errors.ts";
import type { Ask } from "../signer/kind.ts";

/**
 * What a provider is about to be asked, written down before the first request leaves (statement A-1). Where it turns out
 * that there is nothing to ask, nothing is written. Who begins one closes it; a process that is killed first leaves it to
 * the sweep, which closes it as unknown.
 */
export class Intent {
  readonly #ctx: Context;
  readonly #event: Intended;
  #written: Promise<unknown> | undefined;

  constructor(ctx: Context, event: Intended) {
    this.#ctx = ctx;
    this.#event = event;
  }

  /** True once it was written down, and has to be closed. */
  get open(): boolean {
    return this.#written !== undefined;
  }

  /** The same Ask, which throws `audit_unavailable`, and asks nobody, when the intent can not be written. */
  before(ask: Ask): Ask {
    return async (request) => {
      await (this.#written ??= this.#write("pending").catch((error: unknown) => {
        this.#written = undefined;
        throw error;
      }));
      return ask(request);
    };
  }

  /** The provider has answered, and there is no change whose transaction could say so. */
  async answered(): Promise<void> {
    if (this.open) await this.#write("ok");
    this.#written = undefined;
  }

  /** It came to nothing, and no transaction says so. */
  async failed(error: unknown): Promise<void> {
    if (this.open) await this.#write("failed", codeOf(error));
    this.#written = undefined;
  }

  /** A row that closes it was recorded by a transaction, and that has committed. */
  settled(): void {
    if (this.open) this.#ctx.audit.settled(this.#ctx, this.#event);
    this.#written = undefined;
  }

  #write(outcome: Event["outcome"], code?: Code): Promise<unknown> {
    const facts = { ...this.#event.facts, ...(code === undefined ? {} : { code }) };
    return this.#ctx.audit.append(this.#ctx, { ...this.#event, outcome, facts } as Event);
  }
}

/** The code of a failure, as the audit holds it. */
export function codeOf(error: unknown): Code {
  return isSignetError(error) ? error.code : "unavailable";
}
