import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RedactedStream, Redactor } from "../../src/outbound/redact.ts";

const SECRET = "sk_live/4eC39+HqLyj=WDar";

/** A credential as people have them: 8 characters or more of visible ASCII. */
const secrets = fc.stringMatching(/^[\x21-\x7e]{8,60}$/);
const bytes = fc.uint8Array({ maxLength: 120 }).map((array) => Buffer.from(array));
const gaps = fc.integer({ min: 0, max: 2 });

/** Ways in which a provider sends back what it got, as text of one byte per character. */
const FORMS: Record<string, (secret: string) => string> = {
  "as it is": (secret) => secret,
  "in base64": (secret) => Buffer.from(secret).toString("base64"),
  "in base64 one byte in": (secret) => Buffer.from(`x${secret}y`).toString("base64"),
  "in base64 two bytes in": (secret) => Buffer.from(`xy${secret}z`).toString("base64"),
  "in base64 three bytes in": (secret) => Buffer.from(`xyz${secret}`).toString("base64"),
  "in base64url": (secret) => Buffer.from(secret).toString("base64url"),
  "in base64url one byte in": (secret) => Buffer.from(`:${secret}:`).toString("base64url"),
  "in hex": (secret) => Buffer.from(secret).toString("hex"),
  "in capital hex": (secret) => Buffer.from(secret).toString("hex").toUpperCase(),
  "percent-encoded where needed": (secret) => encodeURIComponent(secret),
  "percent-encoded in small letters": (secret) =>
    encodeURIComponent(secret).replace(/%../g, (all) => all.toLowerCase()),
  "percent-encoded throughout": (secret) => Buffer.from(secret).toString("hex").replace(/../g, "%$&"),
  "percent-encoded throughout in capitals": (secret) =>
    Buffer.from(secret).toString("hex").toUpperCase().replace(/../g, "%$&"),
  "as a form": (secret) => new URLSearchParams({ secret }).toString().slice(7),
  "in a JSON string": (secret) => JSON.stringify(secret).slice(1, -1),
  "in a JSON string with its slashes escaped": (secret) => JSON.stringify(secret).slice(1, -1).replaceAll("/", "\\/"),
};

/** What of a form is the secret's alone: base64 shares its first and last characters with its neighbours. */
function core(form: string, secret: string): string {
  const text = FORMS[form]!(secret);
  return form.includes("base64") ? text.replace(/=+$/, "").slice(form.includes("in base64 three") ? 4 : 3, -3) : text;
}

function streamed(redactor: Redactor, whole: Buffer, cuts: number[]): Buffer {
  const stream = new RedactedStream(redactor);
  const borders = [0, ...cuts.map((cut) => cut % (whole.length + 1)).sort((a, b) => a - b), whole.length];
  const out = borders.slice(1).map((border, index) => stream.push(whole.subarray(borders[index], border)));
  return Buffer.concat([...out, stream.end()]);
}

describe.each(Object.keys(FORMS))("a secret that comes back %s", (form) => {
  test("is covered, wherever it stands and wherever the chunks are cut", () => {
    const cuts = fc.array(fc.nat(), { maxLength: 12 });
    fc.assert(
      fc.property(secrets, bytes, bytes, cuts, (secret, before, after, cut) => {
        const sent = Buffer.concat([before, Buffer.from(FORMS[form]!(secret), "latin1"), after]);
        const got = streamed(new Redactor([secret]), sent, cut);
        expect(got.length).toBe(sent.length);
        expect(got.toString("latin1")).not.toContain(core(form, secret));
      }),
    );
  });

  test("is covered when every byte is a chunk of its own", () => {
    const sent = Buffer.from(`{"seen":"${FORMS[form]!(SECRET)}","ok":true}`, "latin1");
    const got = streamed(
      new Redactor([SECRET]),
      sent,
      Array.from(sent, (_byte, at) => at),
    ).toString("latin1");
    expect(got).not.toContain(core(form, SECRET));
    expect(got).toMatch(/^\{"seen":".*\*{6,}.*","ok":true\}$/);
  });
});

describe("an answer without a secret", () => {
  test("passes byte for byte, in whatever chunks", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.array(fc.nat(), { maxLength: 10 }), (array, cuts) => {
        const sent = Buffer.from(array);
        expect(streamed(new Redactor([SECRET]), sent, cuts).equals(sent)).toBe(true);
      }),
    );
  });

  test("passes even when it almost holds one", () => {
    for (let length = 1; length < SECRET.length; length++) {
      const sent = Buffer.from(`${SECRET.slice(0, length)} ${SECRET.slice(length)}`);
      expect(streamed(new Redactor([SECRET]), sent, [length, length + 1]).equals(sent)).toBe(true);
    }
  });

  test("is held back by no more than what may be the beginning of a secret", () => {
    const stream = new RedactedStream(new Redactor([SECRET]));
    expect(stream.push(Buffer.from("hello ")).toString()).toBe("hello ");
    expect(stream.push(Buffer.from("wor sk_li")).toString()).toBe("wor ");
    expect(stream.push(Buffer.from("ttle")).toString()).toBe("sk_little");
    expect(stream.push(Buffer.from("sk_live")).toString()).toBe("");
    expect(stream.end().toString()).toBe("sk_live");
  });

  test("passes when there is nothing to cover, or only what is too short to tell from words", () => {
    for (const none of [[], [""], ["short"]]) {
      expect(new Redactor(none).redactText("short and sweet")).toBe("short and sweet");
      expect(streamed(new Redactor(none), Buffer.from("short"), [2]).toString()).toBe("short");
    }
  });
});

describe("several secrets", () => {
  const covered = (list: string[], text: string, cuts: number[]) =>
    streamed(new Redactor(list), Buffer.from(text), cuts).toString();

  test("are all covered when one begins with another, wherever the chunks are cut", () => {
    for (let cut = 0; cut <= 16; cut++) {
      expect(covered(["abcdefgh", "abcdefghijklmnop"], "abcdefghijklmnop", [cut]), `cut at ${cut}`).toBe(
        "*".repeat(16),
      );
    }
  });

  test("are all covered when they overlap, wherever the chunks are cut", () => {
    const text = "-abcdefghijklmnop-";
    for (let cut = 0; cut <= text.length; cut++) {
      expect(covered(["abcdefgh", "efghijklmnop"], text, [cut]), `cut at ${cut}`).toBe(`-${"*".repeat(16)}-`);
    }
  });

  test("are all covered when one lies within another", () => {
    expect(covered(["efghijkl", "abcdefghijklmnop"], "abcdefghijklmnop efghijkl", [6, 12])).toBe(
      `${"*".repeat(16)} ${"*".repeat(8)}`,
    );
  });

  test("leave nothing of themselves, whatever they share and wherever the chunks are cut", () => {
    const few = fc.stringMatching(/^[ab]{8,12}$/);
    fc.assert(
      fc.property(fc.array(few, { minLength: 1, maxLength: 4 }), gaps, fc.array(fc.nat()), (list, gap, cuts) => {
        const text = list.join("-".repeat(gap));
        const got = covered(list, text, cuts);
        expect(got).toBe(covered(list, text, []));
        expect(got.replaceAll("*", "").replaceAll("-", "")).toBe("");
      }),
    );
  });
});

describe("ordinary text", () => {
  test("keeps its other characters, whatever alphabet they are from", () => {
    const redactor = new Redactor(["pässwörd-geheim"]);
    expect(redactor.redactText("日本 pässwörd-geheim ✓")).toBe(`日本 ${"*".repeat(17)} ✓`);
  });

  test("is searched as text, not as a pattern", () => {
    const odd = "$&.*+?()[]{}|\\^-/a";
    expect(new Redactor([odd]).redactText(`<${odd}>`)).toBe(`<${"*".repeat(odd.length)}>`);
    expect(new Redactor(["........"]).redactText("abcdefgh")).toBe("abcdefgh");
  });
});
