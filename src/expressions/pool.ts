import { SignetError } from "../errors.ts";
import { Hand, type Task } from "./hand.ts";
import { WORKERS } from "./limits.ts";
import type { Outcome, Question } from "./worker.ts";

/** Starts of workers in a row that may go wrong before those who wait are told. */
const FALSE_STARTS = 3;

/**
 * Workers that are started when they are needed and replaced when they had to be ended. What waits for one is never
 * lost with another: a worker has one task at a time.
 */
export class Pool {
  #hands = new Set<Hand>();
  #waiting: Task[] = [];
  #falseStarts = 0;
  #closed = false;

  /**
   * Throws an Ended when the task took too long or too much memory, and SignetError("unavailable") when there is no
   * worker to be had.
   */
  async ask(question: Question): Promise<Outcome[]> {
    if (this.#closed) throw closed();
    return await new Promise((resolve, reject) => {
      this.#waiting.push({ question, resolve, reject });
      this.#deal();
    });
  }

  /** Ends all workers; who waits gets SignetError("unavailable"). */
  async close(): Promise<void> {
    this.#closed = true;
    for (const task of this.#waiting.splice(0)) task.reject(closed());
    await Promise.all([...this.#hands].map((hand) => hand.end(closed())));
  }

  #deal(): void {
    for (const hand of this.#hands) {
      if (!hand.isFree) continue;
      const task = this.#waiting.shift();
      if (!task) return;
      hand.take(task);
    }
    const starting = [...this.#hands].filter((hand) => hand.isStarting).length;
    if (this.#waiting.length > starting && this.#hands.size < WORKERS) this.#start();
  }

  #start(): void {
    const hand = new Hand({
      free: () => {
        this.#falseStarts = 0;
        this.#deal();
      },
      gone: (wasReady) => this.#lose(hand, wasReady),
    });
    this.#hands.add(hand);
  }

  #lose(hand: Hand, wasReady: boolean): void {
    this.#hands.delete(hand);
    if (this.#closed) return;
    if (!wasReady && ++this.#falseStarts >= FALSE_STARTS) {
      this.#falseStarts = 0;
      for (const task of this.#waiting.splice(0)) task.reject(noWorker());
    }
    this.#deal();
  }
}

function closed(): SignetError {
  return new SignetError("unavailable", "Expressions are not evaluated any more: Signet is stopping.");
}

function noWorker(): SignetError {
  return new SignetError("unavailable", "Expressions can not be evaluated now: no worker starts.", { retryAfter: 5 });
}
