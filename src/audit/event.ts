/** Every action that is recorded, with the facts it may carry. None of them ever holds a secret. */
export const EVENTS = {
  "setup.offered": [],
  "setup.finished": ["email"],
  "session.started": ["browser"],
  "session.ended": ["sessions"],
  "session.refused": ["email", "reason"],
  "worker.invited": ["email", "role", "teams"],
  "worker.added": ["email", "role"],
  "worker.joined": ["email", "role"],
  "worker.changed": ["worker", "changes"],
  "worker.deactivated": ["worker", "sessions", "tokens"],
  "worker.reactivated": ["worker"],
  "password.changed": ["sessions"],
  "team.created": ["team"],
  "team.changed": ["team", "changes"],
  "team.deleted": ["team"],
  "team.member_set": ["team", "worker", "manager"],
  "team.member_removed": ["team", "worker"],
  "token.issued": ["token", "holder", "scopes", "expires_at"],
  "token.revoked": ["token", "holder"],
  "service.created": ["service", "kind", "hosts", "pkce"],
  "service.discovered": ["host", "code"],
  "service.registered": ["service", "host", "issuer", "client", "secret_ends", "code"],
  "service.changed": ["service", "changes", "hosts"],
  "service.deleted": ["service", "accounts"],
  "account.granted": ["account", "service", "code"],
  "account.connected": ["account", "service", "owner", "identity", "tried"],
  "account.reconnected": ["account", "identity", "previous_identity"],
  "account.renamed": ["account", "previous_name"],
  "account.paused": ["account"],
  "account.resumed": ["account"],
  "account.shared": ["account", "share", "with", "rules", "until"],
  "account.unshared": ["account", "share", "with"],
  "account.refreshed": ["account", "code"],
  "account.needs_reconnect": ["account", "reason"],
  "account.hosts_accepted": ["account", "hosts"],
  "account.disconnected": ["account", "service", "revoked", "code", "slug", "owner", "bots"],
  "link.begun": ["service", "account", "name", "owner", "link"],
  "link.asked": ["service", "link", "code"],
  "link.callback": ["service", "link", "host", "code"],
  "link.refused": ["service", "link", "reason"],
  "bot.created": ["bot", "owner"],
  "bot.changed": ["bot", "changes"],
  "bot.deleted": ["bot"],
  "behavior.created": ["behavior", "public"],
  "behavior.changed": ["behavior", "changes", "version", "public"],
  "behavior.deleted": ["behavior"],
  "schedule.created": ["behavior", "schedule", "when", "duplicates"],
  "schedule.paused": ["behavior", "schedule", "reason"],
  "schedule.resumed": ["behavior", "schedule"],
  "schedule.deleted": ["behavior", "schedule", "schedules"],
  "webhook.created": ["behavior", "webhook", "scheme"],
  "webhook.changed": ["behavior", "webhook", "changes"],
  "webhook.deleted": ["behavior", "webhook"],
  "webhook.refused": ["behavior", "webhook", "reason", "refused"],
  "event_trigger.created": ["behavior", "trigger", "events"],
  "event_trigger.changed": ["behavior", "trigger", "changes"],
  "event_trigger.paused": ["behavior", "trigger", "reason"],
  "event_trigger.deleted": ["behavior", "trigger"],
  "run.started": ["behavior", "run", "trigger", "simulated"],
  "run.finished": ["behavior", "run", "state", "code"],
  "run.stopped": ["behavior", "run"],
  "notice.sent": ["to", "people"],
  "package.imported": ["package", "version", "made", "changed"],
  "package.exported": ["package", "bots", "services"],
  "package.removed": ["package", "version", "bots", "services"],
  execute: [
    "account",
    "method",
    "host",
    "path",
    "status",
    "code",
    "rule",
    "attempts",
    "duration_ms",
    "bytes",
    "truncated",
    "via",
    "hop",
  ],
  "execute.presigned": ["account", "method", "host", "path", "rule", "until", "code"],
  "execute.test": ["account", "service", "method", "host", "path", "status", "code", "duration_ms"],
  "audit.closed": ["requests"],
  "audit.exported": ["filters"],
} as const satisfies Record<string, readonly string[]>;

export type Action = keyof typeof EVENTS;

/** `pending` is an intent: written before something happens outside, closed by a later row of the same request. */
export type Outcome = "ok" | "failed" | "denied" | "pending" | "unknown";

export type Fact = string | number | boolean | null | string[];

export type Event = {
  [A in Action]: {
    action: A;
    outcome: Outcome;
    /** Id of the account that is concerned, if one is. */
    account?: string | null;
    facts?: { [F in (typeof EVENTS)[A][number]]?: Fact };
  };
}[Action];

/** An event that has no outcome yet. */
export type Intended = Event extends infer E ? (E extends Event ? Omit<E, "outcome"> : never) : never;

/** Longest text of one fact; a longer one is cut and ends with "…". */
const FACT_LIMIT = 2000;

// Control characters, those of ISO 8859-1 and the two line ends of Unicode among them.
const PLAIN = /^[\x20-\x7e]*$/;
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

/** On whose behalf an actor acts, when it acts in a run. */
export interface Behalf {
  /** Id of the run. */
  run: string;
  /** The behavior that acts, as "bot/behavior". */
  behavior: string;
  /** Who started what, the outermost first: a worker, bot or trigger, then each behavior down to this one. */
  chain: string[];
  /** Who started the outermost run. */
  starter: { type: string; id: string | null };
}

/** What every event says that happens in a run. */
export function behalfFacts(behalf: Behalf | undefined): Record<string, Fact> | undefined {
  return behalf && { behavior: behalf.behavior, chain: behalf.chain.map(storedText), run: behalf.run };
}

/**
 * The facts as they are stored: control characters gone (no log line can be forged), long texts cut visibly. Facts that
 * are fine already, as those of nearly every request, stay the object they are; JSON leaves out what is undefined.
 */
export function storedFacts(event: Event): Record<string, Fact> {
  const facts = (event.facts ?? {}) as Record<string, Fact>;
  for (const name in facts) if (!isStored(facts[name])) return cleaned(facts);
  return facts;
}

function isStored(fact: Fact | undefined): boolean {
  if (typeof fact === "string") return fact.length <= FACT_LIMIT && PLAIN.test(fact);
  return !Array.isArray(fact) || fact.every(isStored);
}

function cleaned(facts: Record<string, Fact | undefined>): Record<string, Fact> {
  const stored: Record<string, Fact> = {};
  for (const [name, fact] of Object.entries(facts)) {
    if (fact === undefined) continue;
    stored[name] = Array.isArray(fact) ? fact.map(storedText) : typeof fact === "string" ? storedText(fact) : fact;
  }
  return stored;
}

/** One text as it is stored. Halves of a character become U+FFFD, too: Postgres refuses them, and the whole block with them. */
export function storedText(text: string): string {
  if (text.length <= FACT_LIMIT && PLAIN.test(text)) return text;
  const cut = text.length > FACT_LIMIT ? `${text.slice(0, FACT_LIMIT)}…` : text;
  return cut.replace(CONTROL, "\uFFFD").toWellFormed();
}
