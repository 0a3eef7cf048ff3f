import { z } from "zod";
import type { Action } from "../audit/event.ts";
import { mappingInput, type Mapping } from "./given.ts";

/** What can happen to an account that a behavior may want to know of. */
export const ACCOUNT_EVENTS = [
  "account.needs_reconnect",
  "account.connected",
  "account.disconnected",
  "account.paused",
  "account.resumed",
  "account.refreshed",
] as const satisfies Action[];
export type AccountEvent = (typeof ACCOUNT_EVENTS)[number];

/** Each in words, for lists and forms. */
export const EVENT_WORDS: Record<AccountEvent, string> = {
  "account.needs_reconnect": "An account needs to be reconnected",
  "account.connected": "An account is connected",
  "account.disconnected": "An account is disconnected",
  "account.paused": "An account is paused",
  "account.resumed": "An account is resumed",
  "account.refreshed": "An account's token could not be refreshed",
};

const events = z.array(z.enum(ACCOUNT_EVENTS)).min(1, "Choose at least one event.").max(ACCOUNT_EVENTS.length);

export const addEventTriggerInput = z.strictObject({
  events,
  /** Only of this account, by id or slug; else of all that the bot may use. */
  account: z.string().trim().min(1).max(100).optional(),
  /** Which input gets what; without it, inputs called event, account and reason get these. */
  inputs: mappingInput.default(null),
});
export type AddEventTrigger = z.input<typeof addEventTriggerInput>;

/** A behavior that is started by what happens to accounts. */
export interface EventTrigger {
  id: string;
  behaviorId: string;
  events: AccountEvent[];
  /** Null for all accounts that its bot may use. */
  accountId: string | null;
  inputs: Mapping;
  state: "active" | "paused";
  pausedReason: string | null;
  /** What the audit held before is not its business. */
  afterSeq: number;
  lastAt: Date | null;
  lastRunId: string | null;
  createdBy: string;
  createdAt: Date;
}
