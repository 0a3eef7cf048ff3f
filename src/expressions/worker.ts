import { parentPort, workerData } from "node:worker_threads";
import { parse } from "./language.ts";
import { refusalOf } from "./explain.ts";
import { Refusal } from "./refusal.ts";
import { ROOTS } from "./scope.ts";
import { fromJson, Meter, resultOf } from "./values.ts";
import { RESULTS_BYTES } from "./limits.ts";

/** What a worker is asked: expressions, and the part of the scope that they read, as JSON text. */
export interface Question {
  expressions: string[];
  data: string;
}

/** What became of one expression: its value as JSON text, or a sentence. */
export type Outcome = { json: string } | { refused: string; at?: number; missing?: boolean };

/** Which expression is being evaluated, for whoever has to end this worker. */
const progress = workerData as Int32Array;

parentPort!.on("message", ({ expressions, data }: Question) => {
  const total = new Meter(RESULTS_BYTES);
  const scope = outcome(() => scopeOf(data));
  const outcomes = expressions.map((expression, index): Outcome => {
    Atomics.store(progress, 0, index);
    if (!("value" in scope)) return scope;
    const result = outcome(() => JSON.stringify(resultOf(evaluate(expression, scope.value), total)));
    return "value" in result ? { json: result.value } : result;
  });
  parentPort!.postMessage(outcomes);
});

parentPort!.postMessage("ready");

function scopeOf(data: string): ReadonlyMap<string, unknown> {
  const scope = fromJson(JSON.parse(data)) as Map<string, unknown>;
  for (const root of ROOTS) if (!scope.has(root)) scope.set(root, null);
  const now = scope.get("now");
  if (typeof now === "string") scope.set("now", new Date(now));
  return scope;
}

function evaluate(text: string, scope: ReadonlyMap<string, unknown>): unknown {
  const expression = parse(text);
  expression.check();
  return expression.evaluate(scope);
}

function outcome<Value>(work: () => Value): { value: Value } | Exclude<Outcome, { json: string }> {
  try {
    return { value: work() };
  } catch (error) {
    const { message, at, missing } = error instanceof Refusal ? error : refusalOf(error);
    return { refused: message, ...(at !== undefined && { at }), ...(missing && { missing }) };
  }
}
