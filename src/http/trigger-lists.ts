import type { Schedule } from "../schedules/schedule.ts";
import { EVENT_WORDS, type EventTrigger } from "../triggers/event-trigger.ts";
import { schemeChoices } from "../triggers/schemes.ts";
import type { Webhook } from "../triggers/webhook.ts";
import { whenWords } from "./schedule-words.ts";

// What starts a behavior, as worklists.

const LAST = { key: "last", label: "Last run", kind: "part", align: "end", narrow: false };
const STATE = { key: "state", label: "State", kind: "part" };

export function scheduleList(here: string, schedules: Schedule[], may: boolean) {
  return {
    label: "Schedules",
    noun: ["schedule", "schedules"],
    dense: true,
    filtered: false,
    columns: [
      { key: "when", label: "When" },
      { key: "next", label: "Next", kind: "time" },
      { key: "by", label: "Scheduled by", kind: "person", narrow: false },
      LAST,
      STATE,
    ],
    rows: schedules.map((schedule) => scheduleRow(here, schedule)),
    empty: {
      icon: "calendar-clock",
      title: "No schedule",
      text: "It can run at a moment, or again and again by a pattern of the clock.",
      action: may ? { label: "Schedule it", href: `${here}/schedule`, icon: "plus" } : null,
    },
  };
}

function scheduleRow(here: string, schedule: Schedule) {
  const { id, state, pausedReason, scheduler, nextAt, missed } = schedule;
  const at = `${here}/schedules/${id}`;
  const words = whenWords(schedule);
  const text =
    missed > 0
      ? `${words.detail} · ${missed >= 1000 ? "over " : ""}${missed} missed before the last run`
      : words.detail;
  return {
    cells: {
      when: { text: words.text, detail: text },
      next: state === "active" ? { at: nextAt } : { at: null, otherwise: "–" },
      by: { type: scheduler.type, name: scheduler.name, id: scheduler.id },
      last: lastRun(schedule),
      state: stateCell(state, pausedReason),
    },
    menu: [turn(at, state), { rule: true }, { label: "Delete", href: `${at}/delete`, icon: "trash-2", kind: "danger" }],
    menuLabel: `More for the schedule ${words.text}`,
  };
}

export function webhookList(here: string, webhooks: Webhook[]) {
  return {
    label: "Webhooks",
    noun: ["webhook", "webhooks"],
    dense: true,
    filtered: false,
    columns: [{ key: "name", label: "Webhook" }, { key: "signed", label: "Signed", narrow: false }, LAST, STATE],
    rows: webhooks.map((webhook) => webhookRow(here, webhook)),
    empty: {
      icon: "webhook",
      title: "No webhook",
      text: "With one, another service can start it by sending a request to an address of its own.",
      action: { label: "Add a webhook", href: `${here}/webhook`, icon: "plus" },
    },
  };
}

function webhookRow(here: string, webhook: Webhook) {
  const at = `${here}/webhooks/${webhook.id}`;
  const scheme = schemeChoices().find(({ value }) => value === webhook.scheme);
  const { refusedAt, refusedReason, lastAt } = webhook;
  const refused =
    refusedAt !== null && (lastAt === null || refusedAt > lastAt) ? `Last refused: ${refusedReason}` : null;
  return {
    href: at,
    cells: {
      name: { text: webhook.name, detail: `/hooks/… ends in ${webhook.lastFour}` },
      signed: webhook.scheme === "none" ? "Not at all" : (scheme?.label ?? webhook.scheme),
      last: lastRun(webhook),
      state: stateCell(webhook.state, refused),
    },
    menu: [
      { label: "Edit", href: at, icon: "pencil" },
      { label: "New address", href: `${at}/address`, icon: "refresh-cw" },
      turn(at, webhook.state),
      { rule: true },
      { label: "Delete", href: `${at}/delete`, icon: "trash-2", kind: "danger" },
    ],
    menuLabel: `More for ${webhook.name}`,
  };
}

export function eventList(here: string, triggers: EventTrigger[], accounts: Map<string, string>) {
  return {
    label: "Account events",
    noun: ["trigger", "triggers"],
    dense: true,
    filtered: false,
    columns: [{ key: "events", label: "When" }, { key: "account", label: "Account", narrow: false }, LAST, STATE],
    rows: triggers.map((trigger) => eventRow(here, trigger, accounts)),
    empty: {
      icon: "zap",
      title: "No account event",
      text: "It can run when something happens to an account, such as that it needs to be reconnected.",
      action: { label: "Add an event", href: `${here}/event`, icon: "plus" },
    },
  };
}

function eventRow(here: string, trigger: EventTrigger, accounts: Map<string, string>) {
  const at = `${here}/events/${trigger.id}`;
  const [first, ...more] = trigger.events.map((event) => EVENT_WORDS[event]);
  const account = trigger.accountId === null ? "Any that its bot may use" : accounts.get(trigger.accountId);
  return {
    cells: {
      events: { text: first!, detail: more.length > 0 ? `or: ${more.join(" · ")}` : null },
      account: account ?? "One that is gone",
      last: lastRun(trigger),
      state: stateCell(trigger.state, trigger.pausedReason),
    },
    menu: [
      turn(at, trigger.state),
      { rule: true },
      { label: "Delete", href: `${at}/delete`, icon: "trash-2", kind: "danger" },
    ],
    menuLabel: `More for “${first}”`,
  };
}

function turn(at: string, state: "active" | "paused") {
  return state === "active"
    ? { label: "Pause", action: `${at}/pause`, icon: "pause" }
    : { label: "Resume", action: `${at}/resume`, icon: "play" };
}

function stateCell(state: "active" | "paused", reason: string | null) {
  return { part: "/parts/trigger-state", data: { state, reason } };
}

function lastRun({ lastAt, lastRunId }: { lastAt: Date | null; lastRunId: string | null }) {
  return { part: "/parts/trigger-last", data: { at: lastAt, href: lastRunId === null ? null : `/runs/${lastRunId}` } };
}
