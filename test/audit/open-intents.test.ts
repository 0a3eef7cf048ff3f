import { describe, expect, test } from "vitest";
import { OpenIntents } from "../../src/audit/open-intents.ts";

const intent = (request_id: string, action = "execute", account_id: string | null = "a") => ({
  request_id,
  action,
  account_id,
});

describe("intents that no outcome has closed", () => {
  test("hold back what is lowest until they are closed", () => {
    const open = new OpenIntents();
    expect(open.lowest(9)).toBe(9);
    open.add(intent("one"), 3);
    open.add(intent("two"), 5);
    expect(open.lowest(9)).toBe(3);
    open.close(intent("one"));
    expect(open.lowest(9)).toBe(5);
    open.close(intent("two"));
    expect(open.lowest(9)).toBe(9);
  });

  test("of one request are told apart by action and account", () => {
    const open = new OpenIntents();
    open.add(intent("one"), 3);
    open.add(intent("one", "account.refreshed"), 4);
    open.add(intent("one", "execute", "b"), 5);
    open.close(intent("one", "execute", null));
    expect(open.lowest(9)).toBe(3);
    open.close(intent("one"));
    expect(open.lowest(9)).toBe(4);
    open.close(intent("one", "account.refreshed"));
    expect(open.lowest(9)).toBe(5);
    open.close(intent("one", "execute", "b"));
    expect(open.lowest(9)).toBe(9);
  });

  test("that are said again before another hop count once, from the newest", () => {
    const open = new OpenIntents();
    open.add(intent("one"), 3);
    open.add(intent("one"), 6);
    expect(open.lowest(9)).toBe(6);
    open.close(intent("one"));
    expect(open.lowest(9)).toBe(9);
    open.close(intent("unheard of"));
  });
});
