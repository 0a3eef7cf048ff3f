import { FUNCTIONS } from "./functions.ts";
import { Refusal } from "./refusal.ts";
import { ROOTS } from "./scope.ts";

/** What the library says of its errors. */
interface LibraryError {
  code: string;
  summary: string;
  range?: { start: number; end: number };
  node?: { input?: string };
}

/** The same error as a sentence for the author of the expression; what is a Refusal already stays one. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (!isLibraryError(error)) return ofEngine(error);
  const sentence = SENTENCES.get(error.code)?.(error) ?? `${withoutEnd(error.summary)}.`;
  return new Refusal(sentence, { at: error.range?.start });
}

function isLibraryError(error: unknown): error is LibraryError {
  return error instanceof Error && "code" in error && typeof error.code === "string" && "summary" in error;
}

/** The engine gives up on what is too much for it; other errors come of values that a function did not expect. */
function ofEngine(error: unknown): Refusal {
  if (error instanceof RangeError) return new Refusal("The expression leads to something too large or too deep.");
  return new Refusal("The expression uses a value as something that it is not.");
}

const LIMITS: Record<string, string> = {
  maxAstNodes: "has too many parts",
  maxDepth: "is nested too deeply",
  maxListElements: "has a list of too many items",
  maxMapEntries: "has a map of too many keys",
  maxCallArguments: "calls a function with too many values",
};

const TOKENS: Record<string, string> = {
  EOF: "the end",
  NUMBER: "a number",
  STRING: "a text",
  BYTES: "bytes",
  BOOLEAN: "true or false",
  NULL: "null",
  IDENTIFIER: "a name",
  ...{ PLUS: "+", MINUS: "-", MULTIPLY: "*", DIVIDE: "/", MODULO: "%", EQ: "==", NE: "!=", LT: "<", LE: "<=" },
  ...{ GT: ">", GE: ">=", AND: "&&", OR: "||", NOT: "!", IN: "in", LPAREN: "(", RPAREN: ")", LBRACKET: "[" },
  ...{ RBRACKET: "]", LBRACE: "{", RBRACE: "}", DOT: ".", COMMA: ",", COLON: ":", QUESTION: "?" },
};

const SENTENCES = new Map<string, (error: LibraryError) => string>([
  ["limit_exceeded", ({ summary }) => `The expression ${LIMITS[summary.split(" ")[1]!] ?? "is too large"}.`],
  ["expected_token", ({ summary }) => expected(summary)],
  ["unexpected_token", ({ summary }) => `${token(summary.split(": ")[1]!)} can not stand here.`],
  ["unexpected_character", unexpected],
  ["unterminated_string", () => "The text that begins here is not closed; write a quote after it."],
  ["unknown_variable", ({ summary }) => unknownName(summary.replace("Unknown variable: ", ""))],
  [
    "reserved_identifier",
    ({ summary }) => `“${summary.replace("Reserved identifier: ", "")}” is a word that CEL keeps for itself.`,
  ],
  ["no_matching_overload", ({ summary }) => noFunction(summary)],
  ["no_such_overload", ({ summary }) => noOperator(summary)],
  ["division_by_zero", () => "A whole number is divided by zero."],
  ["int_conversion_error", () => "int(…) takes a number, or a text of digits."],
  ["double_conversion_error", () => "double(…) takes a number, or a text of one."],
  ["bool_conversion_error", () => "bool(…) takes true or false, or one of these as a text."],
  ["invalid_duration", () => 'A duration is a text such as "90s", "15m" or "1h30m".'],
  ["numeric_overflow", () => "A whole number is too large; write double(…) around one of its parts."],
  ["invalid_condition_type", ({ summary }) => `A condition is true or false, not ${got(summary)}.`],
  ["invalid_logical_operand", ({ summary }) => `&& and || join what is true or false, not ${got(summary)}.`],
  ["cannot_index_type", ({ summary }) => `${/'(.*)'/.exec(summary)?.[1] ?? "This"} has no fields.`],
  ["invalid_comprehension_range", () => "Only lists and maps can be gone through item by item."],
  ["modulo_by_zero", () => "A whole number is divided by zero."],
]);

function expected(summary: string): string {
  const [, wanted, got] = /^Expected (\w+), got (\w+)$/.exec(summary) ?? [];
  return `Here should be ${token(wanted!)}, not ${token(got!)}.`;
}

function token(name: string): string {
  const words = TOKENS[name] ?? name;
  return /^[a-z]/.test(words) && words !== "in" ? words : `“${words}”`;
}

function unexpected({ range, node, summary }: LibraryError): string {
  const character = node?.input?.[range?.start ?? 0];
  if (character === "`") return "Texts stand in double or single quotes, not in backticks.";
  if (character === "=") return "Values are compared with ==.";
  return character ? `“${character}” can not stand here.` : `${withoutEnd(summary)}.`;
}

function unknownName(name: string): string {
  const known = ROOTS.filter((root) => root !== "page");
  return `There is no “${name}”; expressions know ${known.slice(0, -1).join(", ")} and ${known.at(-1)}.`;
}

function noFunction(summary: string): string {
  const [, receiver = "", name, given] = /'(?:(.*)\.)?(\w+)\((.*)\)'$/s.exec(summary) ?? [];
  if (name === "now") return "There is no function “now”; write now, the time at which the step began.";
  const known = FUNCTIONS.filter((one) => one.name === name).map(({ signature }) => signature);
  const values = [receiver, given].filter(Boolean).map((type) => plainTypes(type!));
  if (known.length > 0) return `“${name}” does not take (${values.join(", ")}); there is ${known.join(" and ")}.`;
  return `There is no function “${name}” for (${values.join(", ")}).`;
}

function noOperator(summary: string): string {
  const kinds = plainTypes(summary.replace("no such overload: ", ""));
  return `There is no ${kinds}; string(…), int(…) and double(…) make one kind of another.`;
}

/** The type that the library names at the end of some sentences. */
function got(summary: string): string {
  return plainTypes(/got '(.*)'$/.exec(summary)?.[1] ?? "that");
}

/** The library's names of types, as the documentation writes them. */
function plainTypes(text: string): string {
  return text
    .replace(/google\.protobuf\.(\w+)/g, (_, name: string) => name.toLowerCase())
    .replace(/\b(list|map|dyn)<dyn(, dyn)?>/g, "$1")
    .replace(/\bdyn<([^<>]*(?:<[^<>]*>)?)>/g, "$1")
    .replace(/\bdyn\b/g, "any");
}

function withoutEnd(text: string): string {
  return text.replace(/[.!]+$/, "");
}
