import { z } from "zod";
import type { Context } from "../context.ts";
import type { Behavior } from "./behavior.ts";
import { managedBehavior } from "./browse.ts";
import { editBehavior } from "./save.ts";
import { getVersion } from "./versions.ts";

export const restoreInput = z.strictObject({
  /** Which one to take back. */
  version: z.number().int().min(1),
  /** The version that is there now, as whoever asks knows it; another one is a conflict. */
  present: z.number().int().optional(),
});

/**
 * Saves an earlier version again, as a new one: its steps, inputs and output, title and publicity. Throws `not_found`,
 * `forbidden`, `conflict`, and `invalid` when it can no longer be read.
 */
export async function restoreVersion(
  ctx: Context,
  key: string,
  given: z.input<typeof restoreInput>,
): Promise<Behavior> {
  const { version, present } = restoreInput.parse(given);
  const behavior = await managedBehavior(ctx, key);
  const { title, program, ...rest } = await getVersion(ctx, behavior.id, version);
  const change = { title, public: rest.public, ...program, version: present ?? behavior.version };
  return editBehavior(ctx, behavior.id, change as Parameters<typeof editBehavior>[2]);
}
