import { z } from "zod";
import { isAdmin, type WorkerActor } from "../access/actor.ts";
import type { Context } from "../context.ts";
import { SignetError } from "../errors.ts";

/** A person who signs in. Someone invited has no password yet, but may own, be shared with and be in teams. */
export interface Worker {
  id: string;
  email: string;
  name: string;
  role: "admin" | "worker";
  state: WorkerState;
  createdAt: Date;
  lastSeenAt: Date | null;
}

export const WORKER_STATES = ["invited", "active", "deactivated"] as const;
export type WorkerState = (typeof WORKER_STATES)[number];

/** Control characters forge lines, and direction marks make a name read as another one. */
const PLAIN = /^[^\p{Cc}\u202a-\u202e\u2066-\u2069]*$/u;

/** A name of a person, team or token. */
export const nameSchema = z
  .string()
  .trim()
  .min(1, "Enter a name.")
  .max(100, "Use at most 100 characters.")
  .regex(PLAIN, "Use letters, digits, spaces and punctuation only.");

/** Kept in lower case, so that one mailbox is one worker. */
export const emailSchema = z
  .string()
  .trim()
  .toLowerCase()
  .max(254, "Use at most 254 characters.")
  .pipe(z.email("Enter an email address such as ben@example.com."));

export const roleSchema = z.enum(["admin", "worker"]);
export const idSchema = z.uuid("This is not an id.").toLowerCase();

/** Only a bound on what is read; what makes a good password is said by `passwordProblem`. */
export const passwordSchema = z.string().min(1, "Enter a password.").max(1000, "Use at most 200 characters.");

/** Throws `forbidden` unless the actor is an admin or Signet itself. */
export function requireAdmin(ctx: Context): void {
  if (!isAdmin(ctx.actor)) throw new SignetError("forbidden", "Only admins may do this.");
}

/** Throws `forbidden` for bots and strangers: who works here is for those who work here. */
export function requireWorker(ctx: Context): void {
  if (ctx.actor.type === "worker" || ctx.actor.type === "system") return;
  throw new SignetError("forbidden", "Workers and teams are shown to workers only.");
}

/** The worker who acts. Throws `forbidden` when it is a bot or nobody. */
export function actingWorker(ctx: Context): WorkerActor {
  if (ctx.actor.type !== "worker") throw new SignetError("forbidden", "Only a worker can do this.");
  return ctx.actor;
}
