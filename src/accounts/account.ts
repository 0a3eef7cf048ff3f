import { z } from "zod";
import type { Owner } from "../access/actor.ts";
import { SignetError } from "../errors.ts";
import type { Service } from "../services/service.ts";
import { fillAddress } from "../signer/blanks.ts";
import type { Fact } from "../signer/kind.ts";
import { kindOf } from "../signer/kinds.ts";

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
  /** What was learned when it was linked; stands for {names} in base URL, paths and headers. Never secret. */
  metadata: Record<string, string>;
  /** When the access token ends; it is refreshed before, where it can be. */
  expiresAt: Date | null;
  /** The day on which the credential ends, as a person or the provider said, as YYYY-MM-DD. */
  expiresOn: string | null;
  /** All that may be seen of the credential. */
  facts: Fact[];
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

/**
 * Where an account's API lives: where its provider said, or at the service's base URL with what was learned of the
 * account in place. Null while something is unknown. Blanks that belong to the credential stay until a request is
 * signed.
 */
export function baseUrlFor(
  service: Pick<Service, "kind" | "settings" | "baseUrl">,
  account: { baseUrl?: string | null | undefined; metadata?: Record<string, string> | undefined },
): string | null {
  if (account.baseUrl) return account.baseUrl;
  if (service.baseUrl === null) return null;
  const own = kindOf(service.kind).slots(service.settings).path;
  return fillAddress(service.baseUrl, account.metadata ?? {}, own) ?? null;
}

/** The day of a moment, as it is kept: YYYY-MM-DD. */
export function day(moment: Date): string {
  return moment.toISOString().slice(0, 10);
}
