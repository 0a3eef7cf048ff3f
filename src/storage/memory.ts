import type { Topic } from "./notices.ts";
import type { Soon } from "./soon.ts";

/** Entries kept per shelf before the oldest leave; a bound, not a goal. */
const MAX_ENTRIES = 20_000;

/** What was read, to be remembered. */
interface Found<T> {
  value: T;
  /** Dropped when any of these changes, each "topic:key". */
  tags: string[];
}

/** Values remembered under a key, each dropped when a notice names one of its tags. */
export class Shelf<T> {
  readonly #entries = new Map<string, Found<T>>();
  readonly #byTag = new Map<string, Set<string>>();
  readonly #memory: Memory;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  get(key: string): T | undefined {
    return this.#entries.get(key)?.value;
  }

  /**
   * Loads and remembers `key`. What is loaded while a notice arrives, or while notices can not arrive, is used
   * but not kept, so memory never outlives the truth by more than the load itself.
   */
  load(key: string, read: () => Promise<Found<T> | undefined>): Soon<T | undefined> {
    const known = this.#entries.get(key);
    return known ? known.value : this.#read(key, read);
  }

  async #read(key: string, read: () => Promise<Found<T> | undefined>): Promise<T | undefined> {
    const before = this.#memory.version;
    const found = await read();
    if (found && this.#memory.isOpen && this.#memory.version === before) this.#keep(key, found);
    return found?.value;
  }

  drop(tag: string): void {
    for (const key of this.#byTag.get(tag) ?? []) this.#forget(key);
    this.#byTag.delete(tag);
  }

  clear(): void {
    this.#entries.clear();
    this.#byTag.clear();
  }

  #keep(key: string, entry: Found<T>): void {
    if (this.#entries.size >= MAX_ENTRIES) this.#forget(this.#entries.keys().next().value!);
    this.#entries.set(key, entry);
    for (const tag of entry.tags) {
      const keys = this.#byTag.get(tag) ?? new Set();
      this.#byTag.set(tag, keys.add(key));
    }
  }

  #forget(key: string): void {
    const entry = this.#entries.get(key);
    this.#entries.delete(key);
    for (const tag of entry?.tags ?? []) {
      const keys = this.#byTag.get(tag);
      keys?.delete(key);
      if (keys?.size === 0) this.#byTag.delete(tag);
    }
  }
}

/** Everything this process remembers between requests; empty and forgetful until a listener opens it. */
export class Memory {
  readonly #shelves = new Map<string, Shelf<never>>();
  #open = false;
  readonly #listeners = new Map<Topic, Set<(key: string) => void>>();
  /** Grows with every drop; lets a load notice that it raced with a change. */
  version = 0;

  get isOpen(): boolean {
    return this.#open;
  }

  shelf<T>(name: string): Shelf<T> {
    const shelf = this.#shelves.get(name) ?? new Shelf<never>(this);
    this.#shelves.set(name, shelf);
    return shelf as unknown as Shelf<T>;
  }

  open(): void {
    this.#open = true;
  }

  close(): void {
    this.#open = false;
    this.version++;
    for (const shelf of this.#shelves.values()) shelf.clear();
  }

  /** Tells `listener` of every notice about the topic until the returned function is called. Notices can be missed. */
  listen(topic: Topic, listener: (key: string) => void): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  drop(topic: Topic, key: string): void {
    this.version++;
    for (const shelf of this.#shelves.values()) shelf.drop(`${topic}:${key}`);
    for (const listener of this.#listeners.get(topic) ?? []) listener(key);
  }
}
