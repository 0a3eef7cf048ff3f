import type { Actor } from "../access/actor.ts";
import { SignetError } from "../errors.ts";
import type { Memory } from "../storage/memory.ts";

/** Requests of one actor under way in one process; more wait outside, so that one bot can not starve the others. */
const LIMIT = 256;

const counters = new WeakMap<Memory, InFlight>();

/** Counts what each actor has under way in this process (statement E-11). */
export class InFlight {
  readonly #counts = new Map<string, number>();

  static of(world: { memory: Memory }): InFlight {
    const known = counters.get(world.memory) ?? new InFlight();
    counters.set(world.memory, known);
    return known;
  }

  /** Runs `work` as one of the actor's requests. Throws `rate_limited` when there are too many. */
  async during<T>(actor: Actor, work: () => Promise<T>): Promise<T> {
    const leave = this.enter(actor);
    try {
      return await work();
    } finally {
      leave();
    }
  }

  /** Counts one more until the returned function is called. */
  enter(actor: Actor): () => void {
    const key = actor.id ?? actor.type;
    const count = this.#counts.get(key) ?? 0;
    if (count >= LIMIT) {
      throw new SignetError("rate_limited", `At most ${LIMIT} requests may be under way at once. Try again shortly.`, {
        retryAfter: 1,
      });
    }
    this.#counts.set(key, count + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const now = this.#counts.get(key)! - 1;
      if (now === 0) this.#counts.delete(key);
      else this.#counts.set(key, now);
    };
  }
}
