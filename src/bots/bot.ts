import { z } from "zod";
import type { Owner } from "../access/actor.ts";
import type { BotLimits } from "./limits.ts";

/** An actor that is not a person. It uses its owner's accounts and what is shared with it, and nothing more. */
export interface Bot {
  id: string;
  /** Stays the same through exports and imports. */
  uid: string;
  slug: string;
  name: string;
  owner: Owner;
  /** Readable by what the bot runs; holds no secret. */
  config: Record<string, unknown>;
  limits: BotLimits;
  /** Key of the catalog entry whose logo it wears. */
  picture: string | null;
  enabled: boolean;
  createdAt: Date;
  updatedAt: Date;
}

export const botName = z.string().trim().min(1, "Enter a name.").max(100, "Use at most 100 characters.");

/** A key of the catalog. */
export const botPicture = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "Choose a service's logo.");

export const botConfig = z
  .record(z.string(), z.unknown())
  .refine((config) => JSON.stringify(config).length <= 65_536, "A configuration is at most 64 KiB.");
