import type { Run, RunError, TraceLine, Trigger } from "../runs/run.ts";

// What pages say of runs, in words.

export const TRIGGER_WORDS: Record<Trigger, string> = {
  hand: "By hand",
  api: "By the API",
  schedule: "By a schedule",
  webhook: "By a webhook",
  event: "By an event",
  behavior: "By another behavior",
};

/** What to do about a failure, one sentence for each code. */
const NEXT: Partial<Record<RunError["code"], string>> = {
  invalid: "Correct the step, or what it was given, then run it again.",
  forbidden: "See on the bot's page whether it is on, and which accounts it may use.",
  rule_denied: "A share or a limit of the bot does not allow this; whoever set it can widen it.",
  host_not_allowed:
    "The credential may only go to its service's hosts; correct the address, or add the host to the service.",
  address_denied: "This address is not public; an operator can allow it with OUTBOUND_ALLOW.",
  not_found: "What the step names is gone, or the bot may not see it; share the account with the bot, or name another.",
  conflict: "Look at what stands in the way, then go on from the failure.",
  needs_reconnect: "Reconnect the account, then go on from the failure.",
  paused: "Resume the account, then go on from the failure.",
  approval_required: "Somebody has to approve this request; then go on from the failure.",
  rate_limited: "Go on from the failure a little later, or raise the bot's limit.",
  upstream_unreachable: "The provider could not be reached; go on from the failure when it can.",
  upstream_invalid: "See below what the provider answered, correct the step, and go on from the failure.",
  upstream_timeout: "The provider took too long; go on from the failure, or give the step more time.",
  response_too_large: "Ask the provider for less at once, or let the step take more bytes.",
  stopped_by_behavior: "The behavior itself ended the run with this message.",
  unavailable: "Go on from the failure; if it happens again, the log of the server tells more.",
  audit_unavailable: "The audit could not be written; go on from the failure when the database is back.",
};

/** The step in which a run failed, as people find it: "“Find the contact”, step 3.1". */
export function placeOf(error: RunError, lines: Pick<TraceLine, "key" | "title">[]): string | null {
  if (error.step === null) return null;
  const line = lines.find(({ key }) => key === error.step);
  const title = line === undefined ? "" : `“${line.title}”, `;
  return `${title}step ${shownKey(error.step)}`;
}

export function nextStep(error: RunError, simulated: boolean): string {
  if (simulated) return "If it lacks what a provider would have answered, give the steps before it an answer.";
  return NEXT[error.code] ?? "Correct it and run it again.";
}

/** Keys count from nought, people from one: "2[3].1!0" is "3.4.2!1". */
export function shownKey(key: string): string {
  return key
    .replace(/\d+/g, (number) => String(Number(number) + 1))
    .replaceAll("[", ".")
    .replaceAll("]", "");
}

/** How a run came about, in one line. */
export function broughtAbout({ trigger, startedBy }: Pick<Run, "trigger" | "startedBy">): string {
  return trigger === "hand" ? `Started by ${startedBy.name}` : `${TRIGGER_WORDS[trigger]} of ${startedBy.name}`;
}

/** A run's state as state-pill takes it; one that waits says so. */
export function statePill(run: Pick<Run, "state"> & { dueAt?: Date }, now: Date) {
  const waits = run.state === "queued" && run.dueAt !== undefined && run.dueAt > now;
  return waits ? { state: "queued", label: "Waiting", icon: "hourglass" } : run.state;
}

export function startedBy({ startedBy: { type, id, name } }: Pick<Run, "startedBy">) {
  const known = type === "worker" || type === "bot" ? type : "organization";
  const href =
    id === null ? undefined : type === "worker" ? `/people/${id}` : type === "bot" ? `/bots/${id}` : undefined;
  return { type: known, id: id ?? name, name, href };
}
