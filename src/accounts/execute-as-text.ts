import type { Context } from "../context.ts";
import { executeWithText } from "./execute.ts";
import type { ExecuteInput } from "./request-input.ts";

/**
 * As execute(), as the JSON text of its answer. A body that is JSON stands in it as the provider wrote it, so that no
 * number loses digits that JavaScript can not hold.
 */
export async function executeAsText(ctx: Context, given: ExecuteInput): Promise<string> {
  const done = await executeWithText(ctx, given, "api");
  if (!("executed" in done)) return JSON.stringify(done);
  if (done.json === null) return JSON.stringify(done.executed);
  const { status, headers, content_type, body: _, ...others } = done.executed;
  const before = JSON.stringify({ status, headers, content_type }).slice(0, -1);
  return `${before},"body":${done.json},${JSON.stringify(others).slice(1)}`;
}
