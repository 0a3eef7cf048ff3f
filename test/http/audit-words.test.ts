import { expect, test } from "vitest";
import { EVENTS } from "../../src/audit/event.ts";
import { AUDIT_GROUPS, AUDIT_WORDS, auditWords } from "../../src/http/audit-words.ts";

test("every action has words of its own, and a group to be found in", () => {
  expect(Object.keys(AUDIT_WORDS).sort()).toEqual(Object.keys(EVENTS).sort());
  const words = Object.values(AUDIT_WORDS);
  expect(new Set(words).size).toBe(words.length);
  for (const action of Object.keys(EVENTS)) expect(AUDIT_GROUPS).toHaveProperty(action.split(".")[0]!);
});

test("a row says what it was about", () => {
  const facts = { method: "GET", host: "api.example.com", path: "/items", account: "CRM", status: 200 };
  expect(auditWords({ action: "execute", facts })).toEqual({
    text: "Sent a request",
    detail: "GET api.example.com/items",
  });
  const refused = { email: "ben@example.com", reason: "password" };
  expect(auditWords({ action: "session.refused", facts: refused }).detail).toBe("ben@example.com · wrong password");
  const changed = { worker: "ben@example.com", changes: ["role: worker → admin"] };
  expect(auditWords({ action: "worker.changed", facts: changed }).detail).toBe(
    "ben@example.com · role: worker → admin",
  );
  expect(auditWords({ action: "something.new", facts: {} }).text).toBe("something.new");
});
