import { describe, expect, test } from "vitest";
import { checkExpression } from "../../src/expressions/check.ts";
import { FUNCTIONS } from "../../src/expressions/functions.ts";
import { textOf as fileText } from "../house/source.ts";
import { evaluatorForTests, refusalOf } from "./support.ts";

const { valueOf } = evaluatorForTests();

describe("the function", () => {
  test.each([...FUNCTIONS])("$signature gives what its example says", async ({ example, result }) => {
    expect(checkExpression(example)).toBeUndefined();
    expect(await valueOf(example)).toEqual(result);
  });

  test.each([...FUNCTIONS])("$signature is explained in one sentence", ({ help, signature, example, name }) => {
    expect(help).toMatch(/^["A-Z].*[^.]\.$/);
    expect(signature).toContain(`${name}(`);
    expect(example).toContain(`${name}(`);
  });

  test.each<[string, unknown]>([
    ['" A ".trim().lower()', "a"],
    ['"a-b".split("-")', ["a", "b"]],
    ['[1, "a"].join("-")', "1-a"],
    ['["a", "b"].join()', "ab"],
    ["[3, 1].sort().first()", 1],
    ["inputs.list.sum()", 6],
    ['"x".pad_start(3, "")', "x"],
    ['truncate("abc", 3)', "abc"],
    ['truncate("💥💥💥", 2)', "💥…"],
    ['truncate("abc", 0)', ""],
    ['like("", "*")', true],
    ['like("", "?")', false],
    ['like("a💥b", "a?b")', true],
    ['like("a*b", "a*b")', true],
    ['like("abcabd", "*abd")', true],
    ['like("abc", "a*d")', false],
    ['like("abc", "")', false],
    ["parse_json('[1, 2.5, null]')", [1, 2.5, null]],
    ['parse_json("{\\"__proto__\\": {\\"a\\": 1}}").__proto__.a', 1],
    ['base64_encode("ü")', "w7w="],
    ['base64_encode(b"\\xff\\x00")', "/wA="],
    ['base64_decode("w7w")', "ü"],
    ['sha256("")', "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    [
      'hmac("sha256", "key", "The quick brown fox jumps over the lazy dog")',
      "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8",
    ],
    [
      'hmac_base64("sha256", b"key", b"The quick brown fox jumps over the lazy dog")',
      "97yD9DBThCSxMpjmqm+xQ+9NWaFJRhdZl0edvC0aPNg=",
    ],
    ["first([])", null],
    ["last([])", null],
    ["max([])", null],
    ["sum([])", 0],
    ["sum([0.1, 1])", 1.1],
    ["max([1, 2.5])", 2.5],
    ['max([timestamp("2026-01-01T00:00:00Z"), now])', "2026-03-01T09:30:00.000Z"],
    ["distinct([1, 1.0, [1], [1], {'a': 1}, {'a': 1}, \"1\"])", [1, [1], { a: 1 }, "1"]],
    ["flatten([[1, [2]], []])", [1, [2]]],
    ["round(-2.5)", -2],
    ["round(1.005, 2)", 1.01],
    ["round(1e300, 2)", 1e300],
    ["round(5, 2)", 5],
    ['merge(inputs, {"list": []})', { list: [] }],
    ["entries(inputs)", [{ key: "list", value: [1, 2, 3] }]],
    ['from_entries([{"key": "a", "value": null}])', { a: null }],
    ["range(0)", []],
    ['query_string({"a b": "ä&"})', "a%20b=%C3%A4%26"],
    ["[2, 1].sort_by(x, x)", [1, 2]],
    ['[{"k": 1, "v": "b"}, {"k": 1, "v": "a"}].sort_by(x, x.k).map(x, x.v)', ["b", "a"]],
    ["[1, 2, 3].group_by(x, x > 1)", { true: [2, 3], false: [1] }],
    ["[[3], [1, 2]].map(l, l.sort_by(x, -x))", [[3], [2, 1]]],
  ])("%s is %j", async (text, value) => {
    expect(await valueOf(text, { inputs: { list: [1, 2, 3] } })).toEqual(value);
  });

  test.each([
    ["parse_json('{')", "“{” is not JSON."],
    ["base64_decode('a b')", "“a b” is not Base64."],
    ["base64_decode('/w==')", "What it stands for is not text."],
    ["hex_decode('abc')", "“abc” is not hexadecimal."],
    ["url_decode('%')", "“%” is not percent-encoded text."],
    ["url_encode(inputs.half)", "The text holds half a character, which no address can hold."],
    ['hmac("md4", "a", "b")', "There is no HMAC by “md4” here; there are sha256, sha512, sha1, md5."],
    ['sort([1, "a"])', "What is ordered is all numbers, all texts or all timestamps, not a mixture."],
    ["sort([null])", "Only numbers, texts and timestamps have an order."],
    ['sum(["1"])', "Only numbers can be added; write int(…) or double(…) around texts."],
    ["range(3, 1)", "A range goes up; its end is not before its start."],
    ["range(100001)", "A list grew beyond 100000 items."],
    ['pad_start("a", -1, " ")', "A number of characters is 0 or more."],
    ["round('1')", "Only numbers can be rounded; write int(…) or double(…) around a text."],
    ["from_entries([1])", "An entry is a map with a “key”, which is a text, and a “value”."],
    ["[1].group_by(x, [x])", "Items are grouped by a text, a whole number, or true and false."],
    ["inputs.half.sort_by(x, x)", "inputs.half is not a list."],
    [`like("a", "${"a".repeat(101)}")`, "A pattern has 100 characters at most."],
    ["{[1]: 2}", "The keys of a map are texts; “[1]” is none."],
  ])("%s is refused with a sentence", async (text, sentence) => {
    const refused = await refusalOf(valueOf(text, { inputs: { half: "\ud800" } }));
    expect(refused.replace(/^At character \d+: /, "")).toBe(sentence);
  });

  test("uuid does not exist, nor anything else that differs from run to run", async () => {
    for (const text of ["uuid()", "random()", "now()", "today()"]) {
      expect(checkExpression(text)).toContain("There is no function");
    }
  });
});

describe("docs/expressions.md", () => {
  const cell = (text: string) => `\`${text.replaceAll("|", "\\|")}\``;
  const rows = FUNCTIONS.map(
    ({ signature, help, example, result }) =>
      `| ${cell(signature)} | ${help.replaceAll("|", "\\|")} | ${cell(example)} | ${cell(JSON.stringify(result))} |`,
  );
  const text = fileText("docs/expressions.md");

  test("has the table of all functions, in their order", () => {
    const table = text.split("\n").filter((line) => line.startsWith("| `") && line.split(" | ").length === 4);
    expect(table).toEqual(rows);
  });

  test("has examples that give what they say", async () => {
    const scope = JSON.parse(/```json\n(.*?)```/s.exec(text)![1]!) as object;
    const examples = [...text.matchAll(/^\d\. `(.+)` is `(.+)`/gm)];
    expect(examples).toHaveLength(5);
    for (const [, expression, result] of examples) {
      expect(await valueOf(expression!, scope), expression).toEqual(JSON.parse(result!));
    }
  });
});
