import type { Context } from "../context.ts";
import { listAudit } from "../audit/browse.ts";

type Row = Awaited<ReturnType<typeof listAudit>>["items"][number];

export interface RecentRequest {
  method: string;
  where: string;
  status: number | null;
  state: string | { state: string; label: string };
  who: string;
  at: Date;
}

const SHOWN = 8;

/** What stands before the name where the request was not simply sent. */
const ACTS: Record<string, string> = { "execute.test": "Test by ", "execute.presigned": "Address signed by " };

/** The latest requests with an account, as far as the actor may read the audit. */
export async function recentRequests(ctx: Context, accountId: string): Promise<RecentRequest[]> {
  const { items } = await listAudit(ctx, { account: accountId, action: "execute", limit: SHOWN }, { intents: false });
  return items.map(({ action, outcome, facts, actor_name, at }) => ({
    method: String(facts.method ?? ""),
    where: `${String(facts.host ?? "")}${String(facts.path ?? "")}`,
    status: typeof facts.status === "number" ? facts.status : null,
    state: outcome === "ok" ? "succeeded" : outcome === "unknown" ? { state: "failed", label: "Unknown" } : outcome,
    who: `${ACTS[action] ?? ""}${actor_name}`,
    at,
  }));
}

interface Happening {
  text: string;
  icon: string;
  kind?: "good" | "warn" | "bad" | "info";
  detail?: string | undefined;
}

/** What happened to an account itself, newest first, in sentences for the part timeline. */
export async function accountTimeline(ctx: Context, accountId: string) {
  const { items } = await listAudit(ctx, { account: accountId, action: "account", limit: 12 }, { intents: false });
  return items.map((row) => ({ ...happening(row), at: row.at, who: row.actor_name }));
}

function happening({ action, outcome, facts }: Row): Happening {
  const fact = (name: string) => (facts[name] === null || facts[name] === undefined ? undefined : String(facts[name]));
  const known: Record<string, () => Happening> = {
    "account.connected": () => ({
      text: fact("identity") ? `Linked as ${fact("identity")}` : "Connected",
      icon: "link",
      kind: "good",
    }),
    "account.reconnected": () => ({
      text: fact("identity") ? `Reconnected as ${fact("identity")}` : "Reconnected",
      icon: "repeat",
      kind: "good",
      detail:
        fact("previous_identity") !== fact("identity") && fact("previous_identity")
          ? `until then ${fact("previous_identity")}`
          : undefined,
    }),
    "account.renamed": () =>
      fact("previous_name") === fact("account")
        ? { text: "Changed", icon: "pencil" }
        : { text: `Renamed to ${fact("account")}`, icon: "pencil", detail: `until then ${fact("previous_name")}` },
    "account.paused": () => ({ text: "Paused", icon: "pause", kind: "warn" }),
    "account.resumed": () => ({ text: "Resumed", icon: "play", kind: "good" }),
    "account.shared": () => ({ text: `Shared with ${shareName(fact("with"))}`, icon: "share-2" }),
    "account.unshared": () => ({
      text: `A share with a ${fact("with") ?? "grantee"} ended`.replace("with a everyone", "with everyone"),
      icon: "x",
    }),
    "account.granted": () =>
      outcome === "ok"
        ? { text: "Access granted for what was entered", icon: "key-round", kind: "good" }
        : { text: "No access for what was entered", icon: "key-round", kind: "warn", detail: fact("code") },
    "account.refreshed": () =>
      outcome === "ok"
        ? { text: "Refreshed", icon: "refresh-cw", kind: "good" }
        : outcome === "unknown"
          ? { text: "Refresh broke off", icon: "refresh-cw", kind: "warn", detail: "whether it worked is not known" }
          : { text: "Refresh failed", icon: "refresh-cw", kind: "warn", detail: fact("code") },
    "account.disconnected": () => ({
      text: outcome === "unknown" ? "Disconnecting broke off" : "Could not be disconnected",
      icon: "unplug",
      kind: "warn",
      detail: "its grant may be revoked at the provider",
    }),
    "account.needs_reconnect": () => ({ text: "Needs reconnect", icon: "unplug", kind: "bad", detail: fact("reason") }),
    "account.hosts_accepted": () => ({
      text: "New hosts accepted",
      icon: "check",
      detail: facts.hosts ? [facts.hosts].flat().join(", ") : undefined,
    }),
  };
  return known[action]?.() ?? { text: action, icon: "circle" };
}

/** "worker: Cleo" as it is in the audit, as people say it. */
function shareName(text = "somebody"): string {
  return text
    .replace(/^(worker|bot): /, "")
    .replace(/^team: /, "team ")
    .replace(/^everyone: everyone$/, "everyone");
}
