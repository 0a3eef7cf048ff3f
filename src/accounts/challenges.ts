import type { Asked, Challenge } from "../signer/kind.ts";

/** More origins and nonces than one account meets; a bound, not a goal. */
const MAX_ORIGINS = 16;
const MAX_NONCES = 64;

/**
 * What providers ask one account to answer, by origin, with how often each nonce was answered. Lives in memory, with
 * what else is remembered of the account, and ends with it.
 */
export class Challenges {
  readonly #byOrigin = new Map<string, Asked>();
  readonly #counts = new Map<string, number>();

  /** The challenge known of `origin`, as it would be answered next. */
  peek(origin: string): Challenge | undefined {
    const asked = this.#byOrigin.get(origin);
    return asked && { asked, count: (this.#counts.get(asked.nonce) ?? 0) + 1 };
  }

  /** As peek(), to be answered now. */
  take(origin: string): Challenge | undefined {
    const asked = this.#byOrigin.get(origin);
    return asked && this.answer(asked);
  }

  /** No nonce is answered twice with the same count. */
  answer(asked: Asked): Challenge {
    const count = (this.#counts.get(asked.nonce) ?? 0) + 1;
    set(this.#counts, asked.nonce, count, MAX_NONCES);
    return { asked, count };
  }

  keep(origin: string, asked: Asked): void {
    set(this.#byOrigin, origin, asked, MAX_ORIGINS);
  }

  /** Forgets `asked`, unless something newer is known of `origin`. */
  drop(origin: string, asked: Asked): void {
    if (this.#byOrigin.get(origin)?.nonce === asked.nonce) this.#byOrigin.delete(origin);
  }
}

/** The newest stand last, so that the oldest leave first. */
function set<T>(map: Map<string, T>, key: string, value: T, limit: number): void {
  map.delete(key);
  if (map.size >= limit) map.delete(map.keys().next().value!);
  map.set(key, value);
}
