import { z } from "zod";
import type { Context } from "../context.ts";
import { reader } from "./browse.ts";

export const markReadInput = z.strictObject({
  /** The newest notice that was seen; what came after it stays unread. Everything when nothing is said. */
  up_to: z.uuid("This is not a notice.").optional(),
});

/** Marks the actor's notices as read; nobody else is told. Returns how many. Throws `forbidden` for bots. */
export async function markRead(ctx: Context, given: z.input<typeof markReadInput> = {}): Promise<number> {
  const { up_to } = markReadInput.parse(given);
  const query = ctx
    .db("notices")
    .where({ worker_id: reader(ctx) })
    .whereNull("read_at");
  if (up_to !== undefined) query.where("id", "<=", up_to);
  return query.update({ read_at: ctx.clock() });
}
