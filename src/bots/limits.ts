import { z } from "zod";

/** What a bot's runs may use up, and what its steps may do; whatever is left out is not limited beyond the defaults. */
export const botLimits = z.strictObject({
  /** Ids or slugs of the only accounts that it may use. */
  accounts: z.array(z.string().min(1).max(100)).max(200).optional(),
  /** The only hosts that it may send to: exact names or *.example.com. */
  hosts: z
    .array(z.string().regex(/^(\*\.)?[a-z0-9.-]+(:\d+)?$/i, "Write hosts such as api.example.com or *.example.com."))
    .max(200)
    .optional(),
  /** The only kinds of steps that it may take. */
  steps: z.array(z.string().min(1).max(60)).max(50).optional(),
  max_steps: z.number().int().min(1).max(100_000).optional(),
  max_calls: z.number().int().min(1).max(10_000).optional(),
  max_seconds: z.number().int().min(1).max(3_600).optional(),
  max_runs: z.number().int().min(1).max(100).optional(),
});
export type BotLimits = z.output<typeof botLimits>;

/** Per run, unless the bot says otherwise; per bot and moment, for runs. */
export const DEFAULT_LIMITS = { max_steps: 1_000, max_calls: 200, max_seconds: 60, max_runs: 10 };
