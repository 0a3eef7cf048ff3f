import { z } from "zod";
import type { Owner } from "../access/actor.ts";

/** An actor that is not a person. It uses its owner's accounts and what is shared with it, and nothing more. */
export interface Bot {
  id: string;
  slug: string;
  name: string;
  owner: Owner;
  /** Readable by what the bot runs; holds no secret. */
  config: Record<string, unknown>;
  enabled: boolean;
  createdAt: Date;
  updatedAt: Date;
}

export const botName = z.string().trim().min(1, "Enter a name.").max(100, "Use at most 100 characters.");

export const botConfig = z
  .record(z.string(), z.unknown())
  .refine((config) => JSON.stringify(config).length <= 65_536, "A configuration is at most 64 KiB.");
