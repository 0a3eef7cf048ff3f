import { describe, expect, test } from "vitest";
import { Memory } from "../../src/storage/memory.ts";

function openMemory(): Memory {
  const memory = new Memory();
  memory.open();
  return memory;
}

/** A reader that counts, so that a test sees whether a value was remembered. */
function reader(tags: string[]) {
  const counter = { reads: 0, read: async () => ({ value: ++counter.reads, tags }) };
  return counter;
}

describe("a shelf", () => {
  test("reads once and remembers", async () => {
    const shelf = openMemory().shelf<number>("accounts");
    const crm = reader(["account:1"]);
    expect(await shelf.load("crm", crm.read)).toBe(1);
    expect(await shelf.load("crm", crm.read)).toBe(1);
    expect(shelf.get("crm")).toBe(1);
    expect(crm.reads).toBe(1);
  });

  test("does not remember that there was nothing", async () => {
    const shelf = openMemory().shelf<number>("accounts");
    expect(await shelf.load("crm", async () => undefined)).toBeUndefined();
    expect(await shelf.load("crm", reader([]).read)).toBe(1);
  });

  test("remembers nothing of a read that failed", async () => {
    const shelf = openMemory().shelf<number>("accounts");
    await expect(shelf.load("crm", () => Promise.reject(new Error("down")))).rejects.toThrow("down");
    expect(await shelf.load("crm", reader([]).read)).toBe(1);
  });

  test("is one per name, and another one per memory", async () => {
    const memory = openMemory();
    await memory.shelf<number>("accounts").load("crm", reader([]).read);
    expect(memory.shelf<number>("accounts").get("crm")).toBe(1);
    expect(memory.shelf<number>("tokens").get("crm")).toBeUndefined();
    expect(openMemory().shelf<number>("accounts").get("crm")).toBeUndefined();
  });

  test("lets its oldest entry go when it is full", async () => {
    const shelf = openMemory().shelf<number>("accounts");
    for (let at = 0; at <= 20_000; at++)
      await shelf.load(`key ${at}`, async () => ({ value: at, tags: ["account:1"] }));
    expect(shelf.get("key 0")).toBeUndefined();
    expect(shelf.get("key 1")).toBe(1);
    expect(shelf.get("key 20000")).toBe(20_000);
  });
});

describe("a notice", () => {
  test("drops every entry with that tag, on every shelf, and no other", async () => {
    const memory = openMemory();
    const [accounts, tokens] = [memory.shelf<number>("accounts"), memory.shelf<number>("tokens")];
    await accounts.load("crm", reader(["account:1", "service:9"]).read);
    await accounts.load("mail", reader(["account:2", "service:9"]).read);
    await tokens.load("ann", reader(["account:1"]).read);
    memory.drop("account", "1");
    expect(accounts.get("crm")).toBeUndefined();
    expect(tokens.get("ann")).toBeUndefined();
    expect(accounts.get("mail")).toBe(1);
    memory.drop("service", "9");
    expect(accounts.get("mail")).toBeUndefined();
  });

  test("does not drop by the key alone: account 1 is not service 1", async () => {
    const memory = openMemory();
    const shelf = memory.shelf<number>("accounts");
    await shelf.load("crm", reader(["account:1"]).read);
    memory.drop("service", "1");
    expect(shelf.get("crm")).toBe(1);
  });

  test("finds an entry that was dropped and read again", async () => {
    const memory = openMemory();
    const shelf = memory.shelf<number>("accounts");
    const crm = reader(["account:1", "service:9"]);
    for (const topic of ["account", "service", "account"] as const) {
      await shelf.load("crm", crm.read);
      memory.drop(topic, topic === "account" ? "1" : "9");
      expect(shelf.get("crm")).toBeUndefined();
    }
    expect(crm.reads).toBe(3);
  });

  test("that arrives during a read keeps what was read from being remembered", async () => {
    const memory = openMemory();
    const shelf = memory.shelf<string>("accounts");
    const value = await shelf.load("crm", async () => {
      memory.drop("account", "1");
      return { value: "before the change", tags: ["account:1"] };
    });
    expect(value).toBe("before the change");
    expect(shelf.get("crm")).toBeUndefined();
  });

  test("about something else during a read does so too, because tags are known only afterwards", async () => {
    const memory = openMemory();
    const shelf = memory.shelf<string>("accounts");
    await shelf.load("crm", async () => {
      memory.drop("people", "7");
      return { value: "x", tags: ["account:1"] };
    });
    expect(shelf.get("crm")).toBeUndefined();
  });
});

describe("a memory that is closed", () => {
  test("is closed until it is opened", async () => {
    const memory = new Memory();
    const shelf = memory.shelf<number>("accounts");
    expect(memory.isOpen).toBe(false);
    expect(await shelf.load("crm", reader([]).read)).toBe(1);
    expect(shelf.get("crm")).toBeUndefined();
  });

  test("forgets everything at once, and keeps nothing while it is closed", async () => {
    const memory = openMemory();
    const shelf = memory.shelf<number>("accounts");
    const crm = reader([]);
    await shelf.load("crm", crm.read);
    memory.close();
    expect(shelf.get("crm")).toBeUndefined();
    await shelf.load("crm", crm.read);
    await shelf.load("crm", crm.read);
    expect(crm.reads).toBe(3);
  });

  test("does not keep what was being read when it closed, though it is open again", async () => {
    const memory = openMemory();
    const shelf = memory.shelf<string>("accounts");
    await shelf.load("crm", async () => {
      memory.close();
      memory.open();
      return { value: "before the gap", tags: [] };
    });
    expect(shelf.get("crm")).toBeUndefined();
  });

  test("remembers again once it is open", async () => {
    const memory = openMemory();
    const shelf = memory.shelf<number>("accounts");
    memory.close();
    memory.open();
    await shelf.load("crm", reader([]).read);
    expect(shelf.get("crm")).toBe(1);
  });
});
