/** What a token may be used for; a signed-in session may do all three. */
export const SCOPES = ["execute", "manage", "read"] as const;
export type Scope = (typeof SCOPES)[number];

/** Who an account or bot belongs to. */
export type Owner = { type: "organization"; id: null } | { type: "team" | "worker"; id: string };

export interface WorkerActor {
  type: "worker";
  id: string;
  name: string;
  email: string;
  role: "admin" | "worker";
  teams: { id: string; manager: boolean }[];
  scopes: readonly Scope[];
}

export interface BotActor {
  type: "bot";
  id: string;
  name: string;
  slug: string;
  owner: Owner;
  scopes: readonly Scope[];
  /** The only accounts (ids or slugs) and hosts for it; missing where there is no such limit. */
  limits?: { accounts: string[] | undefined; hosts: string[] | undefined };
}

/** Signet itself: boot, sweeps, the operator's tasks. */
export interface SystemActor {
  type: "system";
  id: null;
  name: string;
  scopes: readonly Scope[];
}

/** Nobody has said who they are. */
export interface AnonymousActor {
  type: "anonymous";
  id: null;
  name: string;
  scopes: readonly Scope[];
}

export type Actor = WorkerActor | BotActor | SystemActor | AnonymousActor;

export const SYSTEM: SystemActor = { type: "system", id: null, name: "Signet", scopes: SCOPES };
export const ANONYMOUS: AnonymousActor = { type: "anonymous", id: null, name: "somebody", scopes: [] };

export function isAdmin(actor: Actor): boolean {
  return actor.type === "system" || (actor.type === "worker" && actor.role === "admin");
}

/** True when both name the same owner. */
export function sameOwner(a: Owner, b: Owner): boolean {
  return a.type === b.type && a.id === b.id;
}
