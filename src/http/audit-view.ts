import type { Row } from "../audit/chain.ts";
import { auditWords, outcomePill } from "./audit-words.ts";

export const AUDIT_COLUMNS = [
  { key: "what", label: "What" },
  { key: "who", label: "Who", kind: "person" },
  { key: "account", label: "Account", narrow: false },
  { key: "outcome", label: "Outcome", kind: "part" },
  { key: "at", label: "When", kind: "time", align: "end" },
];

/** A row of the audit as the worklist draws it. */
export function auditRow(row: Row) {
  const { text, detail } = auditWords(row);
  return {
    href: `/audit/${row.seq}`,
    cells: {
      what: { text, detail },
      at: { at: row.at },
      who: whoOf(row),
      account: typeof row.facts.account === "string" ? row.facts.account : null,
      outcome: outcomeOf(row),
    },
  };
}

export const REQUEST_COLUMNS = [
  { key: "what", label: "Request" },
  { key: "who", label: "Who", kind: "person", narrow: false },
  { key: "account", label: "Sent with", narrow: false },
  { key: "outcome", label: "Outcome", kind: "part" },
  { key: "at", label: "When", kind: "time", align: "end" },
];

/** A row about a request, where a list shows nothing else. */
export function requestRow(row: Row) {
  const { cells, href } = auditRow(row);
  const { method, host, path } = row.facts;
  const what = { text: `${String(method)} ${String(host ?? "")}`, detail: String(path ?? "") };
  return { href, cells: { ...cells, what } };
}

/** Who did it, as the part person takes it. */
export function whoOf(row: Row) {
  const type = row.actor_type === "bot" ? "bot" : row.actor_type === "worker" ? "worker" : "organization";
  return { name: row.actor_name, id: row.actor_id ?? row.actor_type, type };
}

/** The status of an answer, or the outcome in a word. */
export function outcomeOf(row: Row) {
  const { status } = row.facts;
  return typeof status === "number" && row.outcome === "ok"
    ? { part: "/parts/http-status", data: { status } }
    : { part: "/parts/state-pill", data: { state: outcomePill(row) } };
}
