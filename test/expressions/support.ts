import { afterAll } from "vitest";
import type { SignetError } from "../../src/errors.ts";
import { Evaluator, type Place } from "../../src/expressions/evaluator.ts";
import type { Scope } from "../../src/expressions/scope.ts";

/** A scope of which a test names what it is about. */
export function scopeOf(some: Partial<Scope> = {}): Scope {
  return { inputs: {}, config: {}, vars: {}, steps: {}, trigger: null, now: "2026-03-01T09:30:00Z", ...some };
}

/** An evaluator for one file of tests, with short ways to ask it. */
export function evaluatorForTests() {
  const evaluator = new Evaluator();
  afterAll(() => evaluator.close());
  const one = async (job: { text: string; as: "expression" | "template"; place?: Place }, scope: Partial<Scope>) =>
    (await evaluator.evaluate([job], scopeOf(scope)))[0];
  return {
    evaluator,
    /** The value of an expression. */
    valueOf: (text: string, scope: Partial<Scope> = {}) => one({ text, as: "expression" }, scope),
    /** What a template becomes. */
    textOf: (text: string, scope: Partial<Scope> = {}, place: Place = "value") =>
      one({ text, as: "template", place }, scope),
  };
}

/** The sentence with which something is refused as invalid; fails when it is not. */
export async function refusalOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    (value) => Promise.reject(new Error(`came to ${JSON.stringify(value)}`)),
    (thrown: SignetError) => thrown,
  );
  if (error.code !== "invalid") throw error;
  return error.message;
}
