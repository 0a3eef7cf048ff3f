import { afterEach, describe, expect, test } from "vitest";
import { checkExpression, checkTemplate, namesIn } from "../../src/expressions/check.ts";
import { evaluatorForTests, refusalOf, scopeOf } from "./support.ts";

// What someone writes, or sends, who wants more than an answer. Each is refused, and the next one is served.

const { evaluator, valueOf, textOf } = evaluatorForTests();
const million = "x".repeat(1_000_000);
const scope = { inputs: { million, digits: "1".repeat(1_000_000), half: "\ud800", list: [1] } };

afterEach(async () => {
  expect(await valueOf("1 + 1")).toBe(2);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

describe("a way to the engine", () => {
  test.each([
    "inputs.constructor",
    "inputs.constructor.constructor('return process')()",
    'inputs["constructor"]["constructor"]',
    "inputs.__proto__",
    'inputs["__proto__"]',
    "inputs.__proto__.__proto__",
    "inputs.prototype",
    "inputs.toString",
    "inputs.hasOwnProperty",
    "inputs.__defineGetter__",
    "inputs.valueOf()",
    "inputs.toString()",
    "inputs.list.constructor",
    "inputs.list.length",
    "inputs.list.__proto__",
    "inputs.list[-1]",
    'inputs.list["constructor"]',
    "inputs.million.constructor",
    "inputs.million.length",
    "now.constructor",
    "now.__proto__",
    "now.__proto__.__proto__",
    "now.getTime()",
    'duration("1s").__proto__',
    'duration("1s").constructor',
    'b"a".buffer',
    'b"a".__proto__',
    "cel.__proto__",
    "cel.__proto__.__proto__",
    "cel.constructor",
    "optional.__proto__.__proto__",
    "optional.of(1).__proto__",
    "optional.of(inputs).constructor.value()",
    "google.protobuf.__proto__",
    "int.__proto__",
    "type(1).name",
    "{}.__proto__",
    "{}.constructor",
    "[].constructor",
    '"".constructor',
    "1.constructor",
    "true.constructor",
    "null.constructor",
    "__proto__",
    "constructor",
    "toString",
    "globalThis",
    "process",
    "process.env",
    "require('fs')",
    "import('fs')",
    "eval('1')",
    "Function('1')()",
    "this",
    "this.constructor",
    "new Date()",
    "function () {}",
    "() => 1",
    "(x => x)(1)",
    "`a`",
    "`${inputs}`",
    "${inputs}",
    "inputs.a = 1",
    "inputs.a++",
    "delete inputs.a",
    "inputs; inputs",
    "1, 2",
    "[...inputs.list]",
    "{...inputs}",
    "a?.b",
    "inputs ?? 1",
    "/a/.test('a')",
    "async () => await 1",
    "inputs.matches('(a+)+$')",
    "b'{}'.json()",
    "uuid()",
  ])("is not %s", async (text) => {
    expect(await refusalOf(valueOf(text, scope))).toBeTruthy();
    // A mere path is followed without a worker; so is nothing here.
    expect(await refusalOf(valueOf(`cel.bind(it, ${text}, it)`, scope))).toBeTruthy();
    expect(typeof checkExpression(text)).toMatch(/string|undefined/);
    expect(namesIn(text, "expression").every((name) => /^(inputs|now)/.test(name))).toBe(true);
  });

  test.each(["now.__proto__", "now.constructor", "inputs.__proto__", "inputs.list.length", "inputs.million.length"])(
    "is nothing that has or default finds: %s",
    async (text) => {
      expect(await valueOf(`has(${text})`, scope)).toBe(false);
      expect(await valueOf(`default(${text}, "nothing")`, scope)).toBe("nothing");
    },
  );
});

describe("data with names that mean something to JavaScript", () => {
  const names = [
    "__proto__",
    "constructor",
    "prototype",
    "toString",
    "valueOf",
    "toJSON",
    "hasOwnProperty",
    "then",
    "length",
  ];
  const json = `{ ${names.map((name) => `"${name}": { "polluted": "${name}" }`).join(", ")} }`;
  const inputs = JSON.parse(json) as Record<string, unknown>;

  test("is data", async () => {
    for (const name of names) {
      expect(await valueOf(`inputs.${name}.polluted`, { inputs })).toBe(name);
      expect(await valueOf(`inputs.${name}.polluted + ""`, { inputs })).toBe(name);
      expect(await valueOf(`has(inputs.${name}.polluted)`, { inputs })).toBe(true);
    }
    expect(await valueOf("keys(inputs)", { inputs })).toEqual(names);
    expect(await valueOf("size(inputs)", { inputs })).toBe(names.length);
  });

  test("comes out as it went in, by every way", async () => {
    const compact = JSON.stringify(inputs);
    for (const text of [
      "inputs",
      "merge(inputs, {})",
      "parse_json(to_json(inputs))",
      "from_entries(entries(inputs))",
    ]) {
      const value = (await valueOf(text, { inputs })) as object;
      expect(JSON.stringify(value)).toBe(compact);
      expect(Object.getPrototypeOf(value)).toBeNull();
    }
    expect(await textOf("a{{ inputs }}", { inputs })).toBe(`a${compact}`);
  });

  test("can be made of an expression", async () => {
    const value = await valueOf('{"__proto__": {"polluted": 1}, "constructor": 2, "toString": 3}');
    expect(JSON.stringify(value)).toBe('{"__proto__":{"polluted":1},"constructor":2,"toString":3}');
    expect(
      await valueOf('merge(inputs, parse_json("{\\"__proto__\\": {\\"polluted\\": 1}}")).polluted', {
        inputs: { polluted: 0 },
      }),
    ).toBe(0);
  });
});

describe("a text that goes on and on", () => {
  const names = [..."abcdefghijklm"];
  /** Binds a, then b to twice a, and so on: thirteen names make 4096 times the first. */
  const doubled = (first: string, twice: (name: string) => string) =>
    names
      .slice(1)
      .reduceRight((inner, name, index) => `cel.bind(${name}, ${twice(names[index]!)}, ${inner})`, "m")
      .replace(/^/, `cel.bind(a, ${first}, `) + ")";

  test.each([
    ["text, doubled", doubled("inputs.million.substring(0, 10000)", (name) => `${name} + ${name}`)],
    ["lists, doubled", doubled("range(1000)", (name) => `${name} + ${name}`)],
    ["bytes, doubled", doubled("bytes(inputs.million.substring(0, 10000))", (name) => `${name} + ${name}`)],
    ["lists in lists, to write out", doubled("inputs.million.substring(0, 1000)", (name) => `[${name}, ${name}]`)],
    [
      "lists in lists, as text",
      `to_json(${doubled("inputs.million.substring(0, 1000)", (name) => `[${name}, ${name}]`)})`,
    ],
    [
      "lists in lists, as keys",
      `distinct([${doubled("inputs.million.substring(0, 1000)", (name) => `[${name}, ${name}]`)}])`,
    ],
    ["lists joined", 'range(1000).map(i, inputs.million).join("")'],
    ["texts in a list", "range(1000).map(i, inputs.million)"],
    ["texts in a list, changed", "range(100000).map(i, lower(inputs.million)).size()"],
    ["bytes in a list", "range(100000).map(i, bytes(inputs.million)).size()"],
    ["JSON", "to_json(range(1000).map(i, inputs.million))"],
    ["a replacement", 'replace(inputs.million, "x", inputs.million)'],
    ["padding", 'pad_start("x", 1000000000, "ab")'],
    ["padding beyond all numbers", '"x".pad_end(9000000000000000000, "ab")'],
    ["a range", "range(1000000000)"],
    ["a range backwards", "range(9000000000000000000, 9223372036854775807)"],
    ["an encoding", "url_encode(replace(inputs.million, 'x', 'ÿ'))"],
    ["Base64", "base64_encode(inputs.million)"],
    ["a query", 'query_string({"a": range(100).map(i, inputs.million)})'],
    ["a list of characters", 'inputs.million.split("")'],
    ["comprehensions in comprehensions", "range(1000).map(a, range(1000).map(b, range(1000).map(c, c)))"],
    ["comprehensions that keep nothing", "range(100000).all(a, range(100000).all(b, range(100000).all(c, true)))"],
    ["a sort in a sort", "range(10000).sort_by(a, range(10000).sort_by(b, -b)[0])"],
    ["groups in groups", "range(10000).group_by(a, range(10000).group_by(b, b).size())"],
    ["memory", "range(100000).map(a, range(1000).map(b, string(a * b)))"],
    ["a number as a text", "int(inputs.digits)"],
    ["a duration", "duration(inputs.digits)"],
    ["a date", "parse_date(inputs.digits)"],
    ["a pattern of dates", "format_date(now, inputs.million)"],
    ["a time zone", "now.getHours(inputs.million)"],
  ])("is ended: %s", async (_, text) => {
    expect(await refusalOf(valueOf(text, scope))).toBeTruthy();
  });

  test("is matched in time that nobody can stretch", async () => {
    for (const pattern of [
      "*x*x*x*x*x*x*x*x*x*x*y",
      `*${"x".repeat(90)}y*`,
      "*".repeat(99) + "y",
      "?*".repeat(49) + "y",
    ]) {
      expect(
        await valueOf("like(inputs.text, inputs.pattern)", { inputs: { text: "x".repeat(200_000), pattern } }),
      ).toBe(false);
    }
  });
});

describe("a text that the parser has to survive", () => {
  test.each([
    "(".repeat(8000),
    "[".repeat(8000),
    "{".repeat(8000),
    `${"(".repeat(4000)}1${")".repeat(4000)}`,
    `${"[".repeat(4000)}${"]".repeat(4000)}`,
    `${"!".repeat(8000)}true`,
    `${"-".repeat(8000)}1`,
    `inputs${".a".repeat(4000)}`,
    `inputs${"[0]".repeat(2500)}`,
    `1${"+1".repeat(4000)}`,
    `${"true ? 1 : ".repeat(700)}1`,
    `size(${"size(".repeat(1000)}`,
    `[${"1,".repeat(4000)}]`,
    `{${'"a":1,'.repeat(1300)}}`,
    `slice(${"1,".repeat(4000)}1)`,
    "1".repeat(8000),
    `1e${"9".repeat(8000)}`,
    `0x${"f".repeat(8000)}u`,
    `"${"\\".repeat(8001)}"`,
    `"${"\\u00".repeat(2000)}"`,
    '"',
    "'''",
    'b"',
    "\0",
    '"\0" + ',
    "\ud800",
    "inputs.\ud800",
    "",
    " ".repeat(8000),
    "//".repeat(4000),
    "x".repeat(100_000),
  ])("is refused by the check and by the evaluation (%#)", async (text) => {
    expect(checkExpression(text)).toBeTruthy();
    expect(await refusalOf(valueOf(text, scope))).toBeTruthy();
  });

  test("may hold NUL and half characters where texts may", async () => {
    expect(await valueOf('"a\0b" + inputs.half', scope)).toBe("a\0b\ud800");
    expect(await valueOf("{inputs.half: 1}", scope)).toEqual({ "\ud800": 1 });
    expect(await textOf("\ud800{{ inputs.half }}\0", scope)).toBe("\ud800\ud800\0");
  });
});

describe("a template that goes on and on", () => {
  test("may have as many placeholders as fit", async () => {
    const text = "{{1}}".repeat(13_000);
    expect(checkTemplate(text)).toBeUndefined();
    expect(await textOf(text)).toBe("1".repeat(13_000));
    const different = Array.from({ length: 6_000 }, (_, index) => `{{${index}}}`).join("");
    expect(await textOf(different)).toHaveLength(22_890);
  });

  test("is refused beyond that", async () => {
    expect(await refusalOf(textOf("{{ 1 }}".repeat(10_000)))).toContain("a template has 65536 at most");
    expect(await refusalOf(textOf("{{ inputs.million }}".repeat(3_000), scope))).toBeTruthy();
    expect(await refusalOf(textOf("/{{ inputs.million }}".repeat(3_000), scope, "url"))).toBeTruthy();
    expect(await refusalOf(textOf("{{ ".repeat(20_000)))).toContain("not closed");
    expect(await refusalOf(textOf('{{ "'.repeat(10_000)))).toBeTruthy();
    expect(await refusalOf(textOf("{{ {".repeat(10_000)))).toContain("not closed");
  });

  test("is refused as a tree of many that are large together", async () => {
    const tree = Array.from({ length: 10_000 }, () => "{{ inputs.million }}");
    await expect(evaluator.render(tree, scopeOf(scope))).rejects.toMatchObject({ code: "invalid" });
    const worked = Array.from({ length: 10_000 }, (_, index) => `{{ inputs.million + "${index}" }}`);
    await expect(evaluator.render(worked, scopeOf(scope))).rejects.toMatchObject({ code: "invalid" });
  });
});

describe("data that goes on and on", () => {
  const nested = (levels: number) => JSON.parse("[".repeat(levels) + "]".repeat(levels)) as unknown;

  test("is refused when it is nested beyond measure, and served to a hundred levels", async () => {
    expect(await valueOf("vars.deep", { vars: { deep: nested(100) } })).toEqual(nested(100));
    expect(await valueOf("size(vars.deep)", { vars: { deep: nested(100) } })).toBe(1);
    for (const levels of [200, 5_000]) {
      for (const text of ["vars.deep", "size(vars.deep)", "to_json(vars.deep)"]) {
        expect(await refusalOf(valueOf(text, { vars: { deep: nested(levels) } })), `${text} ${levels}`).toBeTruthy();
      }
    }
  });

  test("is refused when it is more than a worker should hold", async () => {
    const inputs = { five: "x".repeat(5_000_000), one: "x".repeat(1_048_574), more: "x".repeat(1_048_575) };
    expect(await refusalOf(valueOf("size(inputs.five)", { inputs }))).toContain("more than 4 MiB");
    expect(await valueOf("inputs.one", { inputs })).toBe(inputs.one);
    expect(await refusalOf(valueOf("inputs.more", { inputs }))).toContain("larger than 1 MiB");
    expect(await refusalOf(valueOf("inputs.more + ''", { inputs }))).toContain("larger than 1 MiB");
  });

  test("of a million small things takes only its worker's memory", async () => {
    const vars = { list: Array.from({ length: 500_000 }, () => ({ a: 1 })) };
    expect(await refusalOf(valueOf("size(vars.list)", { vars }))).toBeTruthy();
  });
});
