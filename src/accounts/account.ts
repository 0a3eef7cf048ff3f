import { z } from "zod";
import type { Owner } from "../access/actor.ts";
import { SignetError } from "../errors.ts";

export type AccountState = "active" | "paused" | "needs_reconnect";

/** The credentials of one identity at one service; the secret itself is in the vault. */
export interface Account {
  id: string;
  slug: string;
  name: string;
  serviceId: string;
  owner: Owner;
  state: AccountState;
  /** A sentence for people, when the state is not "active". */
  stateReason: string | null;
  secretId: string;
  identity: { id: string | null; label: string | null };
  scopesRequested: string[];
  scopesGranted: string[];
  baseUrl: string | null;
  /** When the access token ends; it is refreshed before, where it can be. */
  expiresAt: Date | null;
  /** The day a person said the credential ends, as YYYY-MM-DD. */
  expiresOn: string | null;
  refreshable: boolean;
  lastUsedAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
}

export const nameInput = z
  .string()
  .trim()
  .min(1, "Enter a name.")
  .max(100, "Use at most 100 characters.")
  .regex(/^\P{Cc}*$/u, "A name is one line without control characters.");

export const slugInput = z
  .string()
  .trim()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "Use lower-case letters, digits and dashes, at most 63.")
  .refine((slug) => !/^[0-9a-f]{8}-[0-9a-f]{4}-/.test(slug), "This looks like an id; choose another.");

export const ownerInput = z.union([
  z.strictObject({ type: z.literal("organization"), id: z.null().optional() }),
  z.strictObject({ type: z.enum(["team", "worker"]), id: z.uuid("Name the team or worker by id.") }),
]);

/** The owner meant by an input; whoever acts, when it says nothing. */
export function ownerOf(input: z.output<typeof ownerInput> | undefined, actorId: string): Owner {
  if (input === undefined) return { type: "worker", id: actorId };
  return input.type === "organization" ? { type: "organization", id: null } : { type: input.type, id: input.id };
}

/** An account that is not active sends nothing. Throws `paused` or `needs_reconnect` with the reason. */
export function requireActive(account: Pick<Account, "name" | "state" | "stateReason">): void {
  if (account.state === "paused") throw new SignetError("paused", `${account.name} is paused. Resume it to continue.`);
  if (account.state === "needs_reconnect") {
    throw new SignetError("needs_reconnect", account.stateReason ?? `${account.name} must be reconnected.`);
  }
}

/** A short name for addresses, from a name people typed: "Support inbox" becomes "support-inbox". */
export function slugify(name: string): string {
  const slug = name
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 50)
    .replace(/-+$/, "");
  return slug === "" || slug.length < 2 ? `account${slug === "" ? "" : `-${slug}`}` : slug;
}

/** A service's base URL with what one account learned of itself in place; null while something is unknown. */
export function fillBaseUrl(baseUrl: string | null, metadata: Record<string, string> | undefined): string | null {
  if (baseUrl === null) return null;
  const filled = baseUrl.replace(/\{([a-z0-9_]+)\}/g, (text, name: string) => {
    const value = metadata?.[name];
    return value === undefined ? text : encodeURIComponent(value);
  });
  return filled.includes("{") ? null : filled;
}
