import { z } from "zod";
import type { Owner } from "../access/actor.ts";
import { slugInput } from "../accounts/account.ts";
import type { Program } from "./program.ts";

/** A bot's named program. */
export interface Behavior extends Program {
  id: string;
  /** Stays the same through exports and imports. */
  uid: string;
  bot: { id: string; slug: string; name: string; owner: Owner; enabled: boolean };
  slug: string;
  title: string;
  /** Any worker and any bot may run it; otherwise only its own bot, and people who manage the bot. */
  public: boolean;
  enabled: boolean;
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

export const behaviorSlug = slugInput;

export const behaviorTitle = z
  .string()
  .trim()
  .min(1, "Enter a title.")
  .max(200, "Use at most 200 characters.")
  .regex(/^\P{Cc}*$/u, "A title is one line without control characters.");

/** How people and steps name a behavior: "crm/find-contact". */
export function fullName({ bot, slug }: Pick<Behavior, "bot" | "slug">): string {
  return `${bot.slug}/${slug}`;
}
