import { describe, expect, test } from "vitest";
import { checkExpression } from "../../src/expressions/check.ts";
import { evaluatorForTests, refusalOf } from "./support.ts";

const { valueOf, evaluator } = evaluatorForTests();

const found = { status: 404, headers: { "content-type": "text/html" }, body: { items: [{ id: 7 }, { id: 8 }] } };
const scope = {
  inputs: { email: "anna@example.com", count: 3, price: 2.5, none: null },
  steps: { found, "my-step": { body: { total: 2 } } },
  vars: { names: ["Anna", "Ben"], race: { constructor: { name: "Ferrari" } } },
};

describe("an expression", () => {
  test.each<[string, unknown]>([
    ["inputs.count + 1", 4],
    ["inputs.count + inputs.price", 5.5],
    ["inputs.price * inputs.count - 1", 6.5],
    ["inputs.count / inputs.price", 1.2],
    ["1.5 + 1", 2.5],
    ["7 / 2", 3],
    ["inputs.count < inputs.price", false],
    ["inputs.count == 3.0", true],
    ["3 == 3.0", true],
    ["steps.found.status == 404", true],
    ["steps.found.status != 404.5", true],
    ["size(steps.found.body.items) > 1", true],
    ["size(vars.names) == 2.0", true],
    ["inputs.count in [1, 2, 3]", true],
    ['"Anna" in vars.names', true],
    ['"email" in inputs', true],
    ['inputs.email == 1 || inputs.email.startsWith("anna")', true],
    ["inputs.none == null", true],
    ["steps.found.body.items.map(item, item.id)", [7, 8]],
    ["steps.found.body.items.filter(item, item.id > 7)[0].id", 8],
    ["steps.found.body.items.exists(item, item.id == 8)", true],
    ["cel.bind(first, steps.found.body.items[0], first.id * 2)", 14],
    ['steps.found.headers["content-type"]', "text/html"],
    ['steps["my-step"].body.total + 1', 3],
    ['inputs.count > 2 ? "many" : null', "many"],
    ['[1, "a", null, {"b": [true]}]', [1, "a", null, { b: [true] }]],
    ["vars.names + [1]", ["Anna", "Ben", 1]],
    ["vars.race.constructor.name", "Ferrari"],
    ["size(vars.race.constructor)", 1],
    ["has(vars.race.constructor) && !has(vars.race.prototype)", true],
    ["9007199254740991", 9007199254740991],
    ["9007199254740993", "9007199254740993"],
    ["now", "2026-03-01T09:30:00.000Z"],
    ['now + duration("45m") > timestamp("2026-03-01T10:00:00Z")', true],
    ['duration("1m30s")', "90s"],
    ['timestamp("2026-03-01T09:00:00Z") - now', "-1800s"],
    ['duration("-1500ms")', "-1.5s"],
    ['b"abc"', "YWJj"],
    ["type(inputs.count)", "int"],
    ["3u", 3],
    ["optional.none()", null],
    ["null == inputs.none && inputs.email != null && null != vars.names", true],
    ["inputs == null || vars.race == steps || now == trigger", false],
    ['vars.race == {"constructor": {"name": "Ferrari"}}', true],
    ["vars.names == ['Anna', 'Ben'] && [] != vars.names", true],
    ["[inputs.count, 1.0] == [3.0, 1]", true],
    ["steps.found.body.items + vars.names", [{ id: 7 }, { id: 8 }, "Anna", "Ben"]],
    [
      '"It is " + string(now) + ", for " + string(duration("1m")) + " " + string(inputs.count)',
      "It is 2026-03-01T09:30:00.000Z, for 60s 3",
    ],
    ["inputs.map(key, key)", ["email", "count", "price", "none"]],
    ["inputs.price > 2 && inputs.price <= 3", true],
    ["-inputs.price + -inputs.count", -5.5],
    ["inputs.count % 2", 1],
    ["!(inputs.count > 2)", false],
    ['inputs.?missing.hasValue() || inputs.?email.value() == "anna@example.com"', true],
  ])("of %s is %j", async (text, value) => {
    expect(checkExpression(text)).toBeUndefined();
    expect(await valueOf(text, scope)).toEqual(value);
  });

  test("forgives what is missing where it asks first", async () => {
    expect(await valueOf("has(steps.found.body.total)", scope)).toBe(false);
    expect(await valueOf('has(steps["my-step"].body.total)', scope)).toBe(true);
    expect(await valueOf("has(steps.later)", scope)).toBe(false);
    expect(await valueOf("inputs.?phone.orValue('none')", scope)).toBe("none");
    expect(await valueOf("inputs.?phone.number.orValue('none')", scope)).toBe("none");
    expect(await valueOf("inputs.?email.orValue('none')", scope)).toBe("anna@example.com");
    expect(await valueOf("vars.names[?5].orValue('nobody')", scope)).toBe("nobody");
    expect(await valueOf("inputs.?phone", scope)).toBeNull();
    expect(await valueOf("default(steps.later.body.items, [])", scope)).toEqual([]);
    expect(await valueOf("default(inputs.none, 1)", scope)).toBe(1);
    expect(await valueOf("default(inputs.count, 1)", scope)).toBe(3);
  });

  test.each([
    ["steps.found.body.total", "steps.found.body has no “total”."],
    ["size(steps.found.body.total)", "steps.found.body has no “total”."],
    ['steps["my-step"].body.items', 'steps["my-step"].body has no “items”.'],
    ["steps.later.body", "steps has no “later”: a step has a result once it has run."],
    ["vars.names[2]", "vars.names has no item 2; it has 2, counted from 0."],
    ["vars.names[-1] == ''", "vars.names has no item -1; it has 2, counted from 0."],
    ["vars.names.first", "vars.names is a list and has no “first”."],
    ["inputs.none.x", "inputs.none is null and has no “x”."],
    ["inputs.email.x + ''", "inputs.email is text and has no “x”."],
    ["inputs.count.x", "inputs.count is a number and has no “x”."],
    ["steps.found.body.items.map(item, item.name)", "item has no “name”."],
    ["trigger.body", "trigger is null and has no “body”."],
  ])("names the path in %s when something is missing", async (text, sentence) => {
    expect(await refusalOf(valueOf(text, scope))).toBe(sentence);
  });

  test.each([
    ["inputs.count + 'a'", "There is no int + string; string(…), int(…) and double(…) make one kind of another."],
    ["upper(inputs.count)", "“upper” does not take (int); there is upper(string): string."],
    ["1 / 0", "A whole number is divided by zero."],
    ["int('x')", "int(…) takes a number, or a text of digits."],
    ["double(1) / 0.0", "The result is not a number: a division by zero, or beyond all size."],
    ["inputs.email.map(c, c)", "Only lists and maps can be gone through item by item."],
    ["inputs.count ? 1 : 2", "A condition is true or false, not int."],
    ["vars.names.filter(name, name)", "A condition is true or false, not string."],
    ["inputs.count && true", "&& and || join what is true or false, not int."],
    ["steps.found - 1", "There is no map - int; string(…), int(…) and double(…) make one kind of another."],
    ["cel", "The result is not data; name a value or call a function."],
    ["9223372036854775807 + 1", "A whole number is too large; write double(…) around one of its parts."],
    ["now + days(4000000)", "The moment is outside the years 1 to 9999."],
  ])("of %s is refused with a sentence", async (text, sentence) => {
    expect((await refusalOf(valueOf(text, scope))).replace(/^At character \d+: /, "")).toBe(sentence);
  });

  test("gives the same answer each time and keeps nothing from the last one", async () => {
    const text = "range(3).map(x, x + inputs.count)";
    for (const count of [1, 10, 1])
      expect(await valueOf(text, { inputs: { count } })).toEqual([0, 1, 2].map((x) => x + count));
  });

  test("leaves the scope alone, and hands out what is nobody else's", async () => {
    const inputs = { list: [{ a: 1 }] };
    const value = (await valueOf("inputs.list", { inputs })) as { a: number }[];
    value[0]!.a = 2;
    expect(inputs).toEqual({ list: [{ a: 1 }] });
    expect(Object.getPrototypeOf(value[0])).toBeNull();
  });

  test("takes place beside others in one call, whose errors name the index", async () => {
    const jobs = ["1", "inputs.a", "inputs.b.c"].map((text) => ({ text, as: "expression" as const }));
    const error = evaluator.evaluate(jobs, { ...scopeWithout(), inputs: {} });
    await expect(error).rejects.toMatchObject({
      code: "invalid",
      message: "inputs has no “a”. (2 texts have something wrong; this is the first.)",
      issues: [
        { path: "1", message: "inputs has no “a”." },
        { path: "2", message: "inputs has no “b”." },
      ],
    });
  });
});

describe("checking an expression", () => {
  test.each([
    ["inputs.email ==", "At character 16: the end can not stand here."],
    ["(1 + 2", "At character 7: Here should be “)”, not the end."],
    ["1 2", "At character 3: “2” can not stand here."],
    ['"abc', "At character 1: The text that begins here is not closed; write a quote after it."],
    ["a.b", "At character 1: There is no “a”; expressions know inputs, config, vars, steps, trigger and now."],
    ["while", "At character 1: “while” is a word that CEL keeps for itself."],
    [
      "1 +\n  foo",
      "At line 2, character 3: There is no “foo”; expressions know inputs, config, vars, steps, trigger and now.",
    ],
    ["nope(1)", "At character 1: There is no function “nope” for (int)."],
    ["inputs.nope(1)", "At character 1: There is no function “nope” for (any, int)."],
    ["lower(1)", "At character 1: “lower” does not take (int); there is lower(string): string."],
    [
      "slice([1])",
      "At character 1: “slice” does not take (list); there is slice(list, int): list and slice(list, int, int): list.",
    ],
    ["'a' + 1", "At character 1: There is no string + int; string(…), int(…) and double(…) make one kind of another."],
    ["inputs.a = 1", "At character 10: Values are compared with ==."],
    ["`a`", "At character 1: Texts stand in double or single quotes, not in backticks."],
    ["now()", "At character 1: There is no function “now”; write now, the time at which the step began."],
    ["has(inputs)", "At character 5: has(…) takes a path, such as has(inputs.email)."],
    [
      "steps.my-step.body",
      'At character 1: A step whose id has a hyphen is written steps["my-step"], not steps.my-step.',
    ],
    [
      "size(steps.a-b-c.body)",
      'At character 6: A step whose id has a hyphen is written steps["a-b-c"], not steps.a-b-c.',
    ],
    ["steps.my-1", 'At character 1: A step whose id has a hyphen is written steps["my-1"], not steps.my-1.'],
    ["[1].sort_by(1, 2)", "At character 13: sort_by(…) begins with a name for the items."],
  ])("of %j says what is wrong and where", (text, sentence) => {
    expect(checkExpression(text)).toBe(sentence);
  });

  test("names like instead of matches, which has no bounds", () => {
    expect(checkExpression('inputs.email.matches(".*")')).toContain("use like(text,");
    expect(checkExpression('"a".matches("a")')).toContain("use like(text,");
    expect(checkExpression('matches("a", "a")')).toContain("no function “matches”");
  });

  test("has no bound that a person meets, and none that is not kept", () => {
    expect(checkExpression(`[${"1,".repeat(199)}1]`)).toBeUndefined();
    expect(checkExpression(`[${"1,".repeat(200)}1]`)).toBe(
      "At character 402: The expression has a list of too many items.",
    );
    expect(checkExpression("1" + "+1".repeat(249))).toBeUndefined();
    expect(checkExpression("1" + "+1".repeat(250))).toContain("too many parts");
    expect(checkExpression(`"${"x".repeat(8 * 1024)}"`)).toContain("8192 are the most");
  });
});

function scopeWithout() {
  return { inputs: {}, config: {}, vars: {}, steps: {}, trigger: null, now: "2026-03-01T09:30:00Z" };
}
