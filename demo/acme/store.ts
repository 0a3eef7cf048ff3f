import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Adapter } from "oidc-provider";

interface Entry {
  payload: Record<string, unknown>;
  /** Milliseconds; null = never ends. */
  ends: number | null;
}

/**
 * Where the authorization server keeps sessions, grants and tokens: one JSON file, so that what Signet was given goes
 * on working after a restart. Every change is on disk before it is answered.
 */
export class Store {
  readonly #file: string;
  readonly #entries: Map<string, Entry>;

  constructor(file: string) {
    this.#file = file;
    this.#entries = new Map(Object.entries(read(file)));
  }

  get(key: string): Record<string, unknown> | undefined {
    const entry = this.#entries.get(key);
    return entry && living(entry) ? entry.payload : undefined;
  }

  set(key: string, payload: Record<string, unknown>, seconds: number | undefined): void {
    this.#entries.set(key, { payload, ends: seconds === undefined ? null : Date.now() + seconds * 1000 });
    this.#write();
  }

  /** Removes every entry that `gone` says yes to. */
  remove(gone: (key: string, payload: Record<string, unknown>) => boolean): void {
    for (const [key, { payload }] of this.#entries) if (gone(key, payload)) this.#entries.delete(key);
    this.#write();
  }

  /** Changes an entry where it is. */
  change(key: string, change: Record<string, unknown>): void {
    const entry = this.#entries.get(key);
    if (entry) Object.assign(entry.payload, change);
    this.#write();
  }

  /** The first living entry of a model that has this value. */
  first(model: string, name: string, value: string): Record<string, unknown> | undefined {
    for (const [key, entry] of this.#entries)
      if (key.startsWith(`${model}:`) && entry.payload[name] === value && living(entry)) return entry.payload;
    return undefined;
  }

  #write(): void {
    for (const [key, entry] of this.#entries) if (!living(entry)) this.#entries.delete(key);
    const draft = `${this.#file}.draft`;
    writeFileSync(draft, JSON.stringify(Object.fromEntries(this.#entries)), { mode: 0o600 });
    renameSync(draft, this.#file);
  }
}

/** The store as oidc-provider wants it: one adapter for each of its models. */
export function adapters(store: Store): (model: string) => Adapter {
  return (model) => ({
    upsert: async (id, payload, expiresIn) => store.set(`${model}:${id}`, payload, expiresIn),
    find: async (id) => store.get(`${model}:${id}`),
    findByUid: async (uid) => store.first(model, "uid", uid),
    findByUserCode: async (userCode) => store.first(model, "userCode", userCode),
    consume: async (id) => store.change(`${model}:${id}`, { consumed: Math.floor(Date.now() / 1000) }),
    destroy: async (id) => store.remove((key) => key === `${model}:${id}`),
    revokeByGrantId: async (grantId) =>
      store.remove((key, payload) => key.startsWith(`${model}:`) && payload.grantId === grantId),
  });
}

function living({ ends }: Entry): boolean {
  return ends === null || ends > Date.now();
}

/** A file that is missing or damaged is an empty one: whatever was linked is linked anew. */
function read(file: string): Record<string, Entry> {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Record<string, Entry>;
  } catch {
    return {};
  }
}
