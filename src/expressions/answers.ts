import { DATA_LENGTH } from "./limits.ts";
import type { Pool } from "./pool.ts";
import { shifted, type Placeholder } from "./program.ts";
import { Refusal } from "./refusal.ts";
import { partOf, type Scope } from "./scope.ts";
import { resultOf, type Meter } from "./values.ts";
import type { Outcome } from "./worker.ts";

/** What became of expressions, by their text. */
export type Answers = ReadonlyMap<string, Outcome>;

/**
 * What a worker says of the expressions that need one, each asked once and all in one round trip. Throws an Ended for
 * one that had to be stopped, and what the pool throws.
 */
export async function answersTo(placeholders: Placeholder[], scope: Scope, pool: Pool): Promise<Answers> {
  const needed = placeholders.filter(({ path }) => !path);
  const expressions = [...new Set(needed.map(({ expression }) => expression))];
  if (expressions.length === 0) return new Map();
  const data = dataFor(needed, scope);
  if (data === undefined) return new Map(expressions.map((expression) => [expression, TOO_MUCH]));
  const outcomes = await pool.ask({ expressions, data });
  return new Map(expressions.map((expression, index) => [expression, outcomes[index]!]));
}

const TOO_MUCH: Outcome = { refused: "The expressions read more than 4 MiB of data together; take less of it." };

/** The part of the scope that they read, unless it is too much. */
function dataFor(placeholders: Placeholder[], scope: Scope): string | undefined {
  try {
    const ways = placeholders.flatMap((placeholder) => placeholder.ways);
    const data = partOf(scope, ways);
    return data.length > DATA_LENGTH ? undefined : data;
  } catch (error) {
    // What the engine says of nesting beyond all measure, and of texts beyond its longest.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The value of a placeholder, as plain JSON. Throws a Refusal with its place in the whole text. */
export function valueOf({ expression, at, path }: Placeholder, scope: Scope, answers: Answers, total: Meter): unknown {
  if (path) return resultOf(path(scope), total);
  const answer = answers.get(expression)!;
  if ("json" in answer) return resultOf(JSON.parse(answer.json), total);
  return shifted(at, () => {
    throw new Refusal(answer.refused, { at: answer.at, missing: answer.missing ?? false });
  });
}
