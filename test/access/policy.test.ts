import { describe, expect, test } from "vitest";
import { ANONYMOUS, SCOPES, SYSTEM, type Actor, type Owner, type WorkerActor } from "../../src/access/actor.ts";
import { mayManage, mayOwnFor, maySee, mayStop, mayUse, type Share } from "../../src/access/policy.ts";

const NOW = new Date("2026-11-05T12:00:00Z");
const WISH = { method: "GET", host: "api.crm.example", path: "/contacts" };

const ORGANIZATION: Owner = { type: "organization", id: null };
const SALES: Owner = { type: "team", id: "sales" };
const LEGAL: Owner = { type: "team", id: "legal" };
const ALICE: Owner = { type: "worker", id: "alice" };
const BOB: Owner = { type: "worker", id: "bob" };

function worker(id: string, more: Partial<WorkerActor> = {}): WorkerActor {
  return {
    type: "worker",
    id,
    name: id,
    email: `${id}@example.com`,
    role: "worker",
    teams: [],
    scopes: SCOPES,
    ...more,
  };
}

function bot(id: string, owner: Owner): Actor {
  return { type: "bot", id, name: id, slug: id, owner, scopes: SCOPES };
}

/** The cast. Alice owns the worker's account; Sales owns the team's. */
const CAST = {
  Alice: worker("alice"),
  "Sam of Sales": worker("sam", { teams: [{ id: "sales", manager: false }] }),
  "Mia, manager of Sales": worker("mia", { teams: [{ id: "sales", manager: true }] }),
  "Leo, manager of Legal": worker("leo", { teams: [{ id: "legal", manager: true }] }),
  "Sue, whom it is shared with": worker("sue"),
  "Bob, another worker": worker("bob"),
  "Ada, an admin": worker("ada", { role: "admin" }),
  "Amy, admin and of Sales": worker("amy", { role: "admin", teams: [{ id: "sales", manager: false }] }),
  "the organization's bot": bot("orgbot", ORGANIZATION),
  "the bot of Sales": bot("salesbot", SALES),
  "the bot of Legal": bot("legalbot", LEGAL),
  "Alice's bot": bot("alicebot", ALICE),
  "Bob's bot": bot("bobbot", BOB),
  "Sue's bot": bot("suebot", { type: "worker", id: "sue" }),
  "the bot it is shared with": bot("sharedbot", BOB),
  "a worker's bot whose worker is called as the team": bot("trickbot", { type: "worker", id: "sales" }),
  "Signet itself": SYSTEM,
  somebody: ANONYMOUS,
} satisfies Record<string, Actor>;

const SHARES: Share[] = [
  { id: "share-sue", with: { type: "worker", id: "sue" }, rules: null, until: null },
  { id: "share-bot", with: { type: "bot", id: "sharedbot" }, rules: null, until: null },
];

/** s = sees, u = uses, m = manages, x = may stop. One row per person of the cast, one column per owner. */
const MATRIX: Record<keyof typeof CAST, [organization: string, team: string, worker: string]> = {
  Alice: ["s", "", "sumx"],
  "Sam of Sales": ["s", "su", ""],
  "Mia, manager of Sales": ["s", "sumx", ""],
  "Leo, manager of Legal": ["s", "", ""],
  "Sue, whom it is shared with": ["su", "su", "su"],
  "Bob, another worker": ["s", "", ""],
  "Ada, an admin": ["smx", "sx", "sx"],
  "Amy, admin and of Sales": ["smx", "sux", "sx"],
  "the organization's bot": ["su", "", ""],
  "the bot of Sales": ["", "su", ""],
  "the bot of Legal": ["", "", ""],
  "Alice's bot": ["", "", "su"],
  "Bob's bot": ["", "", ""],
  "Sue's bot": ["", "", ""],
  "the bot it is shared with": ["su", "su", "su"],
  "a worker's bot whose worker is called as the team": ["", "", ""],
  "Signet itself": ["smx", "smx", "smx"],
  somebody: ["", "", ""],
};

function rights(actor: Actor, owner: Owner, shares: Share[]): string {
  const verdict = mayUse(actor, owner, shares, WISH, NOW);
  if (!verdict.allowed) expect(verdict.code).toBe("forbidden");
  return [
    maySee(actor, owner, shares, NOW) ? "s" : "",
    verdict.allowed ? "u" : "",
    mayManage(actor, owner) ? "m" : "",
    mayStop(actor, owner) ? "x" : "",
  ].join("");
}

describe("who may do what", () => {
  const rows = Object.entries(MATRIX).flatMap(([name, [organization, team, person]]) => [
    { name, what: "the organization's account", owner: ORGANIZATION, expected: organization },
    { name, what: "an account of Sales", owner: SALES, expected: team },
    { name, what: "Alice's account", owner: ALICE, expected: person },
  ]);
  test.each(rows)("$name with $what: $expected", ({ name, owner, expected }) => {
    expect(rights(CAST[name as keyof typeof CAST], owner, SHARES)).toBe(expected);
  });

  test("whoever uses also sees, and whoever manages may stop", () => {
    for (const { name, owner } of rows) {
      const found = rights(CAST[name as keyof typeof CAST], owner, SHARES);
      if (found.includes("u")) expect(found).toContain("s");
      if (found.includes("m")) expect(found).toContain("x");
    }
  });

  test("without a share, those who had only a share see and use nothing of a team or a worker", () => {
    for (const owner of [SALES, ALICE]) {
      expect(rights(CAST["Sue, whom it is shared with"], owner, [])).toBe("");
      expect(rights(CAST["the bot it is shared with"], owner, [])).toBe("");
    }
    expect(rights(CAST["Sue, whom it is shared with"], ORGANIZATION, [])).toBe("s");
    expect(rights(CAST["the bot it is shared with"], ORGANIZATION, [])).toBe("");
  });

  test("an owner may be chosen for a new account exactly where its accounts may be managed", () => {
    for (const { name, owner } of rows) {
      const actor = CAST[name as keyof typeof CAST];
      expect(mayOwnFor(actor, owner)).toBe(mayManage(actor, owner));
    }
  });
});

describe("why a use is allowed", () => {
  const because = (actor: Actor, owner: Owner) => mayUse(actor, owner, SHARES, WISH, NOW);

  test("is told, with the share that decided", () => {
    expect(because(CAST["Alice"], ALICE)).toEqual({ allowed: true, because: "owner", share: null });
    expect(because(CAST["Sam of Sales"], SALES)).toEqual({ allowed: true, because: "team", share: null });
    expect(because(CAST["the bot of Sales"], SALES)).toEqual({ allowed: true, because: "team", share: null });
    expect(because(CAST["the organization's bot"], ORGANIZATION)).toMatchObject({ because: "owner" });
    expect(because(CAST["Sue, whom it is shared with"], ALICE)).toMatchObject({ share: "share-sue" });
    expect(because(CAST["the bot it is shared with"], ALICE)).toMatchObject({ share: "share-bot" });
  });

  test("is ownership first: a limited share takes nothing from the owner", () => {
    const shares: Share[] = [{ id: "s", with: { type: "worker", id: "alice" }, rules: [], until: null }];
    expect(mayUse(CAST["Alice"], ALICE, shares, WISH, NOW).allowed).toBe(true);
  });
});

describe("a share", () => {
  const share = (type: Share["with"]["type"], id: string | null): Share[] => [
    { id: "s", with: { type, id }, rules: null, until: null },
  ];

  test("with a team reaches each of its workers, and none of its bots", () => {
    const shares = share("team", "sales");
    expect(rights(CAST["Sam of Sales"], ALICE, shares)).toBe("su");
    expect(rights(CAST["Amy, admin and of Sales"], ALICE, shares)).toBe("sux");
    expect(rights(CAST["Leo, manager of Legal"], ALICE, shares)).toBe("");
    expect(rights(CAST["the bot of Sales"], ALICE, shares)).toBe("");
  });

  test("with everyone reaches each worker, no bot and nobody unknown", () => {
    const shares = share("everyone", null);
    for (const name of ["Sam of Sales", "Bob, another worker"] as const)
      expect(rights(CAST[name], ALICE, shares)).toBe("su");
    expect(rights(CAST["Ada, an admin"], ALICE, shares)).toBe("sux");
    for (const name of ["Bob's bot", "the organization's bot", "somebody"] as const) {
      expect(rights(CAST[name], ALICE, shares)).toBe("");
    }
  });

  test("with a worker does not reach a bot or a team that has the same id", () => {
    expect(rights(bot("sue", BOB), ALICE, share("worker", "sue"))).toBe("");
    expect(rights(worker("x", { teams: [{ id: "sue", manager: true }] }), ALICE, share("worker", "sue"))).toBe("");
    expect(rights(worker("sharedbot"), ALICE, share("bot", "sharedbot"))).toBe("");
  });

  test("never lets anybody manage", () => {
    for (const shares of [share("everyone", null), share("worker", "bob"), share("bot", "bobbot")]) {
      expect(rights(CAST["Bob, another worker"], ALICE, shares)).not.toContain("m");
      expect(rights(CAST["Bob's bot"], ALICE, shares)).not.toContain("m");
    }
  });

  test("ends at its moment, not a millisecond later", () => {
    const until = (at: number): Share[] => [{ ...share("worker", "bob")[0]!, until: new Date(NOW.getTime() + at) }];
    const bob = CAST["Bob, another worker"];
    expect(rights(bob, ALICE, until(1))).toBe("su");
    expect(rights(bob, ALICE, until(0))).toBe("");
    expect(rights(bob, ALICE, until(-1))).toBe("");
  });

  test("that has ended does not hide another one that has not", () => {
    const shares: Share[] = [
      { ...share("worker", "bob")[0]!, id: "old", until: new Date(0) },
      { ...share("everyone", null)[0]!, id: "new" },
    ];
    expect(mayUse(CAST["Bob, another worker"], ALICE, shares, WISH, NOW)).toMatchObject({
      allowed: true,
      share: "new",
    });
  });
});
