import type { Event } from "../audit/event.ts";
import type { Context } from "../context.ts";
import { isSignetError } from "../errors.ts";

type Asking = Extract<Event, { action: "service.discovered" | "service.registered" }>;

/**
 * Asks a provider something that no account is used for: the intent is recorded before, the outcome after (statement
 * Throws `audit_unavailable`, and asks nobody, when the intent can not be recorded.
 */
export async function recorded<T>(
  ctx: Context,
  event: Omit<Asking, "outcome">,
  work: () => Promise<T>,
  won: (result: T) => Asking["facts"] = () => ({}),
): Promise<T> {
  const note = (outcome: Event["outcome"], facts?: object) =>
    ctx.audit.append(ctx, { ...event, outcome, facts: { ...event.facts, ...facts } } as Asking);
  await note("pending");
  const result = await work().catch(async (error: unknown) => {
    const code = isSignetError(error) ? error.code : "unavailable";
    await note(code === "address_denied" ? "denied" : "failed", { code });
    throw error;
  });
  await note("ok", won(result));
  return result;
}
