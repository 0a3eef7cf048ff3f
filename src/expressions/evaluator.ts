import { invalid, SignetError, type Issue } from "../errors.ts";
import { answersTo, valueOf } from "./answers.ts";
import { Ended } from "./hand.ts";
import { ISSUES, RESULTS_BYTES } from "./limits.ts";
import { putTogether } from "./place.ts";
import { Pool } from "./pool.ts";
import { piecesOf, placeholdersIn, type Job, type Piece, type Place } from "./program.ts";
import { located, Refusal } from "./refusal.ts";
import type { Scope } from "./scope.ts";
import { filled, textsIn, type TreePath } from "./texts.ts";
import { Meter } from "./values.ts";

export type { Job, Place } from "./program.ts";

/** Evaluates expressions and templates: mere paths at once, all others in workers that can be ended. */
export class Evaluator {
  readonly #pool = new Pool();

  /**
   * The value of each job, in their order, as plain JSON whose objects have no prototype. Throws
   * SignetError("invalid") with an issue for each job that is wrong, whose path is the job's index as text; and
   * "unavailable" when no worker is to be had or the evaluator was closed.
   */
  async evaluate(jobs: Job[], scope: Scope): Promise<unknown[]> {
    return await this.#evaluate(jobs, scope, String);
  }

  /**
   * A JSON tree with every template in it rendered: as the value itself where nothing stands beside the placeholder.
   * Keys are not rendered; `places` says where a text will stand, "value" without it. Throws as `evaluate`; an issue's
   * path is the dotted path in the tree.
   */
  async render(tree: unknown, scope: Scope, places?: (path: TreePath) => Place): Promise<unknown> {
    const texts = textsIn(tree);
    const jobs = texts.map(({ path, text }): Job => ({ text, as: "template", place: places?.(path) ?? "value" }));
    const values = await this.#evaluate(jobs, scope, (index) => texts[index]!.path.join("."));
    return filled(tree, values);
  }

  /** Ends the workers; who waits gets SignetError("unavailable"). */
  async close(): Promise<void> {
    await this.#pool.close();
  }

  async #evaluate(jobs: Job[], scope: Scope, pathOf: (index: number) => string): Promise<unknown[]> {
    const read = each(jobs, pathOf, (job) => piecesOf(job));
    const answers = await answersTo(read.flatMap(placeholdersIn), scope, this.#pool).catch((error: unknown) => {
      throw error instanceof Ended ? invalid(pathOf(whichHas(read, error.expression)), error.message) : error;
    });
    const total = new Meter(RESULTS_BYTES);
    return each(jobs, pathOf, (job, index) => {
      const values = placeholdersIn(read[index]!).map((placeholder) =>
        job.place === "maybe"
          ? orNull(() => valueOf(placeholder, scope, answers, total))
          : valueOf(placeholder, scope, answers, total),
      );
      return putTogether(job, read[index]!, values);
    });
  }
}

/** What `work` makes of each job; throws SignetError("invalid") with what it refuses of them. */
function each<Result>(
  jobs: Job[],
  pathOf: (index: number) => string,
  work: (job: Job, index: number) => Result,
): Result[] {
  const issues: Issue[] = [];
  const results: Result[] = [];
  for (const [index, job] of jobs.entries()) {
    try {
      results.push(work(job, index));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      issues.push({ path: pathOf(index), message: located(error.message, job.text, error.at) });
      // Each costs time, and nobody reads more.
      if (issues.length === ISSUES) break;
    }
  }
  if (issues.length === 0) return results;
  const [first] = issues;
  const more = issues.length > 1 ? ` (${issues.length} texts have something wrong; this is the first.)` : "";
  throw new SignetError("invalid", first!.message + more, { issues });
}

/** Null for what is not there; whatever else is wrong stays so. */
function orNull(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal && error.missing) return null;
    throw error;
  }
}

function whichHas(read: readonly Piece[][], expression: string): number {
  return read.findIndex((pieces) => placeholdersIn(pieces).some((one) => one.expression === expression));
}
