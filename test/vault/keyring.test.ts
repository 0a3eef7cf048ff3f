import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { generateKey, KeyError, parseKeyring, sameCheckValue } from "../../src/vault/keyring.ts";

const encoded = randomBytes(32).toString("base64");

function refusal(text: string): string {
  try {
    parseKeyring(text);
  } catch (error) {
    expect(error).toBeInstanceOf(KeyError);
    return (error as Error).message;
  }
  throw new Error("The keyring was accepted.");
}

describe("a keyring", () => {
  test("is read from pairs between commas or lines; the first key seals and all are known", () => {
    const ring = parseKeyring(`${generateKey("new")},${generateKey("old")}\r\n${generateKey("oldest")}\n`);
    expect(ring.first.id).toBe("new");
    expect([...ring.byId.keys()]).toEqual(["new", "old", "oldest"]);
  });

  test("reads back what generateKey writes, for any id", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,31}$/), (id) => {
        expect(parseKeyring(generateKey(id)).first.id).toBe(id);
      }),
    );
  });

  test("makes a new key each time", () => {
    const keys = new Set(Array.from({ length: 500 }, () => generateKey("k")));
    expect(keys.size).toBe(500);
  });

  test.each(["", " ", "\n\n", ",,"])("is refused when it is empty: %j", (text) => {
    expect(refusal(text)).toContain("no key");
  });

  test("is refused when two keys have the same id", () => {
    expect(refusal(`${generateKey("k1")},${generateKey("k1")}`)).toBe("Two keys have the same id.");
  });
});

describe("a key is refused, by its id and without its bytes, when its base64 is", () => {
  const bytes = Buffer.from(encoded, "base64");
  const cases: [string, string][] = [
    ["missing", ""],
    ["one byte too short", bytes.subarray(1).toString("base64")],
    ["one byte too long", Buffer.concat([bytes, Buffer.alloc(1)]).toString("base64")],
    ["without its padding", encoded.replace("=", "")],
    ["padded twice", `${encoded}=`],
    ["followed by a stray character", `${encoded}!`],
    ["split by a space", `${encoded.slice(0, 20)} ${encoded.slice(20)}`],
    ["in hex", bytes.toString("hex")],
    ["in base64url", Buffer.alloc(32, 0xfb).toString("base64url")],
    ["holding a character that base64 lacks", `!${encoded.slice(1)}`],
    ["not canonical in its last character", `${"A".repeat(42)}B=`],
  ];
  test.each(cases)("%s", (_what, text) => {
    const message = refusal(`spare:${text}`);
    expect(message).toBe('Key "spare" is not 32 bytes in base64.');
  });
});

test("a pair whose id is missing, odd or too long is refused without repeating any of it", () => {
  const odd = [
    encoded,
    `:${encoded}`,
    `a b:${encoded}`,
    `-a:${encoded}`,
    `${"x".repeat(33)}:${encoded}`,
    `é:${encoded}`,
  ];
  for (const text of [...odd, `a:${encoded}:b`, `${encoded}:k1`]) {
    expect(refusal(text)).not.toContain(encoded.slice(0, 8));
  }
});

describe("the check value of a key", () => {
  test("is the same each time, and another one for another key or another id", () => {
    const check = (text: string) => parseKeyring(text).first.checkValue;
    expect(sameCheckValue(check(`a:${encoded}`), check(`a:${encoded}`))).toBe(true);
    expect(sameCheckValue(check(`a:${encoded}`), check(`b:${encoded}`))).toBe(false);
    expect(sameCheckValue(check(`a:${encoded}`), check(generateKey("a")))).toBe(false);
  });

  test("compares unequal with one of another length instead of failing", () => {
    const { checkValue } = parseKeyring(`a:${encoded}`).first;
    expect(sameCheckValue(checkValue, checkValue.subarray(1))).toBe(false);
    expect(sameCheckValue(checkValue, Buffer.alloc(0))).toBe(false);
  });

  test("tells nothing of the key", () => {
    const { checkValue } = parseKeyring(`a:${encoded}`).first;
    expect(checkValue.equals(Buffer.from(encoded, "base64"))).toBe(false);
  });
});

test("a keyring that is printed shows no key", () => {
  const printed = inspect(parseKeyring(`a:${encoded}`), { depth: 9, showHidden: true });
  const hex = Buffer.from(encoded, "base64").toString("hex");
  expect(printed).not.toContain(encoded);
  expect(printed.replaceAll(" ", "")).not.toContain(hex.slice(0, 16));
  expect(JSON.stringify(parseKeyring(`a:${encoded}`))).not.toContain(encoded);
});
