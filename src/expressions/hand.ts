import { Worker } from "node:worker_threads";
import { WALL_MILLISECONDS, WORKER_MEMORY } from "./limits.ts";
import type { Outcome, Question } from "./worker.ts";

/** A question on its way, with whom to tell. */
export interface Task {
  question: Question;
  resolve(outcomes: Outcome[]): void;
  reject(error: unknown): void;
}

/** An expression that had to be stopped from outside. */
export class Ended extends Error {
  readonly expression: string;

  constructor(sentence: string, expression: string) {
    super(sentence);
    this.name = "Ended";
    this.expression = expression;
  }
}

/**
 * One worker, which has one task at a time and is of no use after it had to be ended. `onFree` is called when it can
 * take a task, and `onGone` once, when it never will again.
 */
export class Hand {
  readonly #worker: Worker;
  readonly #progress = new Int32Array(new SharedArrayBuffer(4));
  readonly #onFree: () => void;
  readonly #onGone: (wasReady: boolean) => void;
  #ready = false;
  #gone = false;
  #task: Task | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(on: { free: () => void; gone: (wasReady: boolean) => void }) {
    this.#onFree = on.free;
    this.#onGone = on.gone;
    this.#worker = new Worker(new URL("./worker.ts", import.meta.url), {
      workerData: this.#progress,
      resourceLimits: WORKER_MEMORY,
      // Expressions see no environment, and the worker none of the process's own flags.
      env: {},
      execArgv: [],
    });
    this.#worker.on("message", (message: "ready" | Outcome[]) => this.#hear(message));
    this.#worker.on("error", (error: NodeJS.ErrnoException) => this.#fail(error));
    this.#worker.on("exit", () => this.#fail(new Error("A worker for expressions ended by itself.")));
  }

  get isFree(): boolean {
    return this.#ready && !this.#gone && !this.#task;
  }

  /** Whether it is not there yet; the process lives until it is, as someone waits for it. */
  get isStarting(): boolean {
    return !this.#ready && !this.#gone;
  }

  /** Gives it a task; the time runs from here. */
  take(task: Task): void {
    this.#task = task;
    this.#progress[0] = 0;
    this.#timer = setTimeout(() => this.#late(), WALL_MILLISECONDS);
    // As long as someone waits for the answer, the process lives.
    this.#worker.ref();
    this.#worker.postMessage(task.question);
  }

  /** Ends it at once, whatever it does. */
  async end(reason: unknown): Promise<void> {
    this.#leave(reason);
    await this.#worker.terminate();
  }

  #hear(message: "ready" | Outcome[]): void {
    if (this.#gone) return;
    this.#ready = true;
    const task = this.#putDown();
    if (message !== "ready") task?.resolve(message);
    this.#onFree();
  }

  /** An answer that came while the main thread was busy is heard before this one decides. */
  #late(): void {
    const task = this.#task;
    setImmediate(() => {
      if (!task || this.#task !== task) return;
      void this.end(this.#ended("took longer than a second"));
    });
  }

  #fail(error: NodeJS.ErrnoException): void {
    const isMemory = error.code === "ERR_WORKER_OUT_OF_MEMORY";
    this.#leave(isMemory ? this.#ended("needs too much memory") : error);
  }

  #ended(why: string): Ended {
    const expression = this.#task?.question.expressions[this.#progress[0]!] ?? "";
    const short = expression.trim().replace(/\s+/g, " ");
    return new Ended(`“${short.length > 60 ? `${short.slice(0, 60)}…` : short}” ${why} and was stopped.`, expression);
  }

  #leave(reason: unknown): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#putDown()?.reject(reason);
    this.#onGone(this.#ready);
  }

  #putDown(): Task | undefined {
    const task = this.#task;
    clearTimeout(this.#timer);
    this.#task = undefined;
    this.#worker.unref();
    return task;
  }
}
