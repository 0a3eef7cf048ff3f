import { describe, expect, test } from "vitest";
import { hashPassword, needsUpgrade, passwordProblem, verifyPassword } from "../../src/people/password.ts";

describe("a password hash", () => {
  test("is a PHC string with its own salt, opened by the same password only", async () => {
    const [first, second] = await Promise.all([
      hashPassword("nile barge at sunset"),
      hashPassword("nile barge at sunset"),
    ]);
    expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(second).not.toBe(first);
    expect(await verifyPassword("nile barge at sunset", first)).toBe(true);
    expect(await verifyPassword("nile barge at sunset ", first)).toBe(false);
    expect(needsUpgrade(first)).toBe(false);
  });

  test("takes letters typed on another keyboard for the same letters", async () => {
    const composed = "caf\u00e9 au lait, s'il vous plait";
    expect(await verifyPassword(composed.normalize("NFD"), await hashPassword(composed))).toBe(true);
  });

  test("agrees with the reference implementation and is known to be of another cost", async () => {
    // argon2 1.3 command line: echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1
    const reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    expect(await verifyPassword("password", reference)).toBe(true);
    expect(needsUpgrade(reference)).toBe(true);
  });

  test("that is missing is never right, whatever is typed", async () => {
    expect(await verifyPassword("", null)).toBe(false);
    expect(await verifyPassword("nile barge at sunset", null)).toBe(false);
  });
});

describe("a new password", () => {
  const problem = (plain: string) => passwordProblem(plain, ["ada.lovelace@example.com", "Ada Lovelace"]);

  test.each([
    ["nile barge at sunset"],
    ["correct horse battery staple"],
    ["Xk9#mQ2$vL7!"],
    ["пароль из многих слов"],
    ["🦉🦉🦆🐢🦉🦆🐢🐢🦉🦆🐢🦜"],
    ["a".repeat(3) + "b ".repeat(50)],
  ])("may be %s", (plain) => expect(problem(plain)).toBeUndefined());

  test.each([
    ["short", "12 characters"],
    ["🦉".repeat(11), "12 characters"],
    ["x y".repeat(67), "200 characters"],
    ["password1234", "first that are tried"],
    ["P4ssw0rd2026!", "first that are tried"],
    ["qwertyuiopasdf", "first that are tried"],
    ["123456789012", "first that are tried"],
    ["aaaaaaaaaaaaaaaa", "first that are tried"],
    ["abcabcabcabcabc", "first that are tried"],
    ["abcdefghijklmnop", "first that are tried"],
    ["Signet-2026!!!", "Signet"],
    ["ada.lovelace1815", "Your name"],
    ["Ada Lovelace!", "Your name"],
    ["ada.lovelace@example.com", "Your name"],
  ])("may not be %s", (plain, words) => expect(problem(plain)).toContain(words));
});
