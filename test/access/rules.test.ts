import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SCOPES, type Actor } from "../../src/access/actor.ts";
import { mayUse, pathFits, type Share, type ShareRule, type Wish } from "../../src/access/policy.ts";

const NOW = new Date("2026-11-05T12:00:00Z");
const BOB: Actor = {
  type: "worker",
  id: "bob",
  name: "Bob",
  email: "bob@example.com",
  role: "worker",
  teams: [],
  scopes: SCOPES,
};

function verdict(rules: ShareRule[] | null, wish: Partial<Wish>) {
  const share: Share = { id: "s1", with: { type: "worker", id: "bob" }, rules, until: null };
  const whole = { method: "GET", host: "api.crm.example", path: "/contacts", ...wish };
  return mayUse(BOB, { type: "worker", id: "alice" }, [share], whole, NOW);
}

const allows = (rules: ShareRule[] | null, wish: Partial<Wish> = {}) => verdict(rules, wish).allowed;

describe("a share with rules", () => {
  test("allows what one of them covers", () => {
    const rules = [{ methods: ["POST"] }, { methods: ["GET"], paths: ["/contacts"] }];
    expect(allows(rules)).toBe(true);
    expect(allows(rules, { method: "POST", path: "/anything" })).toBe(true);
    expect(allows(rules, { method: "DELETE" })).toBe(false);
  });

  test("needs every list of one rule to fit; two rules do not add up", () => {
    const rules = [
      { methods: ["GET"], paths: ["/orders"] },
      { methods: ["POST"], paths: ["/contacts"] },
    ];
    expect(allows(rules)).toBe(false);
    expect(allows([{ methods: ["GET"], paths: ["/contacts"], hosts: ["files.crm.example"] }])).toBe(false);
  });

  test("allows everything when it has no rules, and nothing when its list of rules is empty", () => {
    expect(allows(null)).toBe(true);
    expect(allows([])).toBe(false);
  });

  test("allows everything by an empty rule, and nothing by an empty list in a rule", () => {
    expect(allows([{}])).toBe(true);
    expect(allows([{ methods: [] }])).toBe(false);
    expect(allows([{ paths: [] }])).toBe(false);
    expect(allows([{ hosts: [] }])).toBe(false);
  });

  test("takes methods and hosts in any case, exactly", () => {
    expect(allows([{ methods: ["get"], hosts: ["API.crm.example"] }])).toBe(true);
    expect(allows([{ hosts: ["crm.example"] }])).toBe(false);
    expect(allows([{ hosts: ["*.crm.example"] }])).toBe(false);
    expect(allows([{ methods: ["*"] }])).toBe(false);
  });

  test("refuses with a sentence that names the request, as a rule's doing", () => {
    expect(verdict([{ methods: ["GET"] }], { method: "DELETE", path: "/contacts/7" })).toEqual({
      allowed: false,
      code: "rule_denied",
      reason: "The share does not cover DELETE api.crm.example/contacts/7.",
    });
  });

  test("does not stand in the way of a second share that covers the request, which is named", () => {
    const base = { with: { type: "worker" as const, id: "bob" }, until: null };
    const shares: Share[] = [
      { ...base, id: "posts", rules: [{ methods: ["POST"] }] },
      { ...base, id: "gets", rules: [{ methods: ["GET"] }] },
    ];
    const wish = { method: "GET", host: "h", path: "/" };
    expect(mayUse(BOB, { type: "worker", id: "alice" }, shares, wish, NOW)).toMatchObject({ share: "gets" });
  });
});

describe("a path pattern", () => {
  const cases: [pattern: string, path: string, fits: boolean][] = [
    ["/contacts", "/contacts", true],
    ["/contacts", "/contacts/", true],
    ["contacts", "/contacts", true],
    ["/contacts", "/contacts/7", false],
    ["/contacts", "/contactsx", false],
    ["/contacts", "/Contacts", false],
    ["/contacts/*", "/contacts/7", true],
    ["/contacts/*", "/contacts", false],
    ["/contacts/*", "/contacts/", false],
    ["/contacts/*", "/contacts/7/notes", false],
    ["/contacts/*/notes", "/contacts/7/notes", true],
    ["/services/data/**", "/services/data/v60/query", true],
    ["/services/data/**", "/services/data", true],
    ["/services/data/**", "/services/database", false],
    ["/services/data/**", "/services", false],
    ["/**", "/", true],
    ["**", "/anything/at/all", true],
    ["/", "/", true],
    ["/", "/a", false],
    ["", "/a", false],
    ["/*/b", "/a/b", true],
    ["/a/**/b", "/a/x/b", false],
    ["/a*", "/ab", false],
    ["/a.c", "/abc", false],
    ["/(a|b)", "/a", false],
  ];
  test.each(cases)("%j with %j: %j", (pattern, path, fits) => {
    expect(pathFits(pattern, path)).toBe(fits);
  });
});

describe("a path that hides what it is", () => {
  test("is compared by what it decodes to", () => {
    expect(pathFits("/admin", "/%61dmin")).toBe(true);
    expect(pathFits("/admin", "/%61%64%6D%69%6e")).toBe(true);
    expect(pathFits("/größe", "/gr%C3%B6%C3%9Fe")).toBe(true);
    expect(pathFits("/public/*", "/admin/%70ublic")).toBe(false);
  });

  const hostile = [
    "/public/../admin",
    "/public/./x",
    "/public/%2e%2e/admin",
    "/public/%2E%2e/admin",
    "/public/.%2e/admin",
    "/public/%2e/x",
    "/public/..",
    "/public/%2e%2e",
    "/public/..%2fadmin",
    "/public/..%2Fadmin",
    "/public%2fadmin",
    "/public/..%5cadmin",
    "/public/..%5Cadmin",
    "/public/..\\admin",
    "/public\\admin",
    "/public/..;/admin",
    "/public/..;jsessionid=1/admin",
    "/public/%2e%2e;/admin",
    "/public/.;/x",
    "/public/..%3b/admin",
    "/public/..%00/admin",
    "/public/a%00",
    "/public/%0a",
    "/public/a%0d%0ax",
    "/public/%252e%252e/admin",
    "/public/%252E%252E/admin",
    "/public/..%252fadmin",
    "/public/..%255cadmin",
    "/public/%25252e%25252e/admin",
    "/public/%c0%ae%c0%ae/admin",
    "/public/%c0%af/admin",
    "/public/%e0%80%af",
    "/public/%ff",
    "/public/%",
    "/public/%zz",
    "/public/%u002e%u002e/admin",
    "/public/%ed%a0%80",
  ];
  test.each(hostile)("fits no rule, not even one that allows every path: %s", (path) => {
    expect(pathFits("/**", path)).toBe(false);
    expect(pathFits("/public/**", path)).toBe(false);
    expect(pathFits("/public/*/*", path)).toBe(false);
  });

  test("still has dots where dots mean nothing", () => {
    for (const path of ["/v1.0/x", "/...", "/.well-known/x", "/a..b", "/file.tar.gz", "/100%25", "/a;v=1"]) {
      expect(pathFits("/**", path), path).toBe(true);
    }
  });
});

test("what fits a pattern with a fixed beginning never leaves it, however it was written", () => {
  const piece = fc.oneof(
    fc.constantFrom("..", ".", "%2e", "%2f", "%5c", "%25", "2e", "2f", "/", "\\", ";", "public", "admin", "%00"),
    fc.string({ maxLength: 4 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const url = new URL(`https://api.crm.example/public/${pieces.join("").replace(/[?#]/g, "")}`);
      if (!pathFits("/public/**", url.pathname)) return;
      // A server that decodes twice still sees a path below /public.
      const twice = url.pathname
        .replace(/%25/g, "%")
        .replace(/%([0-9a-f]{2})/gi, (_all, hex) => String.fromCharCode(parseInt(hex, 16)));
      const segments = twice.split(/[/\\]/).map((segment) => segment.split(";")[0]!);
      expect(segments).not.toContain("..");
      expect(segments.filter(Boolean)[0]).toBe("public");
    }),
    { numRuns: 2000 },
  );
});
