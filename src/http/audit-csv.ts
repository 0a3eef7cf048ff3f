import type { Row } from "../audit/chain.ts";
import type { Fact } from "../audit/event.ts";
import { csvLine } from "./csv.ts";

/** Facts with a column of their own; all of them stand in the last one as well. */
const FACTS = ["account", "service", "method", "host", "path", "status", "code"] as const;
const COLUMNS = ["seq", "at", "actor_type", "actor_id", "actor", "action", "outcome", "account_id"] as const;

/** The audit as comma-separated values: a line of names, then one line for each row. */
export async function* auditCsv(batches: AsyncIterable<Row[]>): AsyncGenerator<string> {
  yield csvLine([...COLUMNS, ...FACTS, "request_id", "facts"]);
  for await (const rows of batches) yield rows.map(line).join("");
}

function line(row: Row): string {
  const { seq, at, actor_type, actor_id, actor_name, action, outcome, account_id, request_id, facts } = row;
  const known = FACTS.map((name) => plain(facts[name]));
  const who = [actor_type, actor_id, actor_name, action, outcome, account_id];
  return csvLine([seq, at.toISOString(), ...who, ...known, request_id, JSON.stringify(facts)]);
}

function plain(fact: Fact | undefined): string | null {
  return fact === undefined || fact === null ? null : String(fact);
}
