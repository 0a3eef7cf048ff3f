import type { Row } from "../audit/chain.ts";
import type { Action, Fact } from "../audit/event.ts";

/** Every action in plain words, as the audit's page says it after the name of whoever did it. */
export const AUDIT_WORDS: Record<Action, string> = {
  "setup.offered": "Printed a set-up link",
  "setup.finished": "Set up this hub",
  "session.started": "Signed in",
  "session.ended": "Signed out",
  "session.refused": "Was refused at sign-in",
  "worker.invited": "Invited",
  "worker.added": "Added a worker",
  "worker.joined": "Joined",
  "worker.changed": "Changed a worker",
  "worker.deactivated": "Deactivated a worker",
  "worker.reactivated": "Reactivated a worker",
  "password.changed": "Changed their password",
  "team.created": "Made a team",
  "team.changed": "Changed a team",
  "team.deleted": "Deleted a team",
  "team.member_set": "Put somebody into a team",
  "team.member_removed": "Took somebody out of a team",
  "token.issued": "Issued a token",
  "token.revoked": "Revoked a token",
  "service.created": "Added a service",
  "service.discovered": "Asked a server how it lets people in",
  "service.registered": "Registered this hub with a provider",
  "service.changed": "Changed a service",
  "service.deleted": "Deleted a service",
  "account.granted": "Asked for an account's first token",
  "account.connected": "Connected an account",
  "account.reconnected": "Reconnected an account",
  "account.renamed": "Renamed an account",
  "account.paused": "Paused an account",
  "account.resumed": "Resumed an account",
  "account.shared": "Shared an account",
  "account.unshared": "Ended a share",
  "account.refreshed": "Refreshed an account's token",
  "account.needs_reconnect": "Found that an account needs to be reconnected",
  "account.hosts_accepted": "Accepted new hosts for an account",
  "account.disconnected": "Disconnected an account",
  "link.begun": "Began to link an account",
  "link.asked": "Asked the provider about a link",
  "link.callback": "Came back from the provider",
  "link.refused": "Could not link an account",
  "bot.created": "Made a bot",
  "bot.changed": "Changed a bot",
  "bot.deleted": "Deleted a bot",
  "behavior.created": "Made a behavior",
  "behavior.changed": "Changed a behavior",
  "behavior.deleted": "Deleted a behavior",
  "schedule.created": "Scheduled a behavior",
  "schedule.paused": "Paused a schedule",
  "schedule.resumed": "Resumed a schedule",
  "schedule.deleted": "Ended a schedule",
  "webhook.created": "Made a webhook",
  "webhook.changed": "Changed a webhook",
  "webhook.deleted": "Deleted a webhook",
  "webhook.refused": "Refused deliveries to a webhook",
  "event_trigger.created": "Let account events start a behavior",
  "event_trigger.changed": "Changed which account events start a behavior",
  "event_trigger.paused": "Paused what account events start",
  "event_trigger.deleted": "Ended what account events start",
  "run.started": "Started a run",
  "run.finished": "Finished a run",
  "run.stopped": "Stopped a run",
  "notice.sent": "Told people something",
  "package.imported": "Imported a package",
  "package.exported": "Exported a package",
  "package.removed": "Removed a package",
  execute: "Sent a request",
  "execute.presigned": "Signed an address",
  "execute.test": "Tested an account",
  "audit.closed": "Closed requests whose outcome is unknown",
  "audit.exported": "Exported the audit",
};

/** What several actions have in common, for the filter: everything that begins like this. */
export const AUDIT_GROUPS: Record<string, string> = {
  execute: "Requests",
  account: "Accounts",
  link: "Linking",
  service: "Services",
  bot: "Bots",
  behavior: "Behaviors",
  run: "Runs",
  schedule: "Schedules",
  webhook: "Webhooks",
  event_trigger: "Account events",
  notice: "Notices",
  package: "Packages",
  token: "Tokens",
  worker: "Workers",
  team: "Teams",
  session: "Sessions",
  password: "Passwords",
  setup: "Set-up",
  audit: "The audit itself",
};

/** Facts that say best what it was about, the first that is there. */
const ABOUT = [
  "to",
  "email",
  "worker",
  "team",
  "token",
  "package",
  "behavior",
  "bot",
  "service",
  "requests",
  "host",
] as const;
const REFUSALS: Record<string, string> = {
  unknown: "no such worker",
  password: "wrong password",
  invited: "has not joined yet",
  deactivated: "is deactivated",
};

/** One row in plain words: what was done, and one line of what it was about. */
export function auditWords(row: Pick<Row, "action" | "facts">): { text: string; detail: string } {
  const text = AUDIT_WORDS[row.action as Action] ?? row.action;
  const { facts } = row;
  if (typeof facts.method === "string" && typeof facts.host === "string") {
    return { text, detail: `${facts.method} ${facts.host}${shown(facts.path)}` };
  }
  const about = ABOUT.map((name) => facts[name]).find((fact) => fact !== undefined && fact !== null);
  const more = [
    facts.filters,
    facts.changes,
    facts.with && `with ${shown(facts.with)}`,
    facts.identity,
    facts.previous_name && `was ${shown(facts.previous_name)}`,
    facts.manager === true && "as manager",
    facts.reason && (REFUSALS[shown(facts.reason)] ?? facts.reason),
    facts.code,
  ];
  return { text, detail: [about, ...more].map(shown).filter(Boolean).join(" · ") };
}

function shown(fact: Fact | undefined): string {
  if (fact === undefined || fact === null || fact === false) return "";
  return Array.isArray(fact) ? fact.join(", ") : String(fact);
}

/** The names of facts as labels. */
export function factLabel(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export const OUTCOME_WORDS = {
  ok: { label: "Done", kind: "good", icon: "circle-check" },
  failed: { label: "Failed", kind: "bad", icon: "circle-x" },
  denied: { label: "Denied", kind: "bad", icon: "ban" },
  unknown: { label: "Unknown", kind: "warn", icon: "triangle-alert" },
  pending: { label: "Intent", kind: "info", icon: "clock" },
} as const;

/** A state as state-pill takes it; an answered request shows its status instead. */
export function outcomePill(row: Pick<Row, "outcome" | "facts">) {
  const known = OUTCOME_WORDS[row.outcome as keyof typeof OUTCOME_WORDS] ?? {
    label: row.outcome,
    kind: "quiet",
    icon: "circle",
  };
  const code = row.facts.code;
  return typeof code === "string" ? { ...known, label: `${known.label}: ${code}` } : known;
}
