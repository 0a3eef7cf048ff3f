import type { Row } from "./chain.ts";

/** What an outcome must share with an intent to close it. */
export type IntentKey = Pick<Row, "request_id" | "action" | "account_id">;

interface Open extends IntentKey {
  seq: number;
}

/** The intents of one process that no outcome has closed. */
export class OpenIntents {
  /** By request, because nearly every request has one at a time. */
  readonly #byRequest = new Map<string, Open[]>();

  /** The same intent said again, as before another hop, counts from its newest row. */
  add({ request_id, action, account_id }: IntentKey, seq: number): void {
    const open = this.#byRequest.get(request_id);
    const known = open?.find((intent) => intent.action === action && intent.account_id === account_id);
    if (known) known.seq = seq;
    else if (open) open.push({ request_id, action, account_id, seq });
    else this.#byRequest.set(request_id, [{ request_id, action, account_id, seq }]);
  }

  /** Does nothing when there is none. */
  close({ request_id, action, account_id }: IntentKey): void {
    const open = this.#byRequest.get(request_id);
    if (open === undefined) return;
    const others = open.filter((intent) => intent.action !== action || intent.account_id !== account_id);
    if (others.length === 0) this.#byRequest.delete(request_id);
    else this.#byRequest.set(request_id, others);
  }

  /** The lowest sequence number of all, or `head` when that is lower. */
  lowest(head: number): number {
    let lowest = head;
    for (const open of this.#byRequest.values()) for (const { seq } of open) lowest = Math.min(lowest, seq);
    return lowest;
  }
}
