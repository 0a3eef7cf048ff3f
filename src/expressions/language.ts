import { Environment } from "@marcbachmann/cel-js";
import { DEFINITIONS } from "./functions.ts";
import type { Definition } from "./functions/definition.ts";
import { beginCounting } from "./growth.ts";
import { guard } from "./guard.ts";
import { EXPRESSION_LENGTH, STRUCTURE } from "./limits.ts";
import { Refusal } from "./refusal.ts";
import { ROOTS } from "./scope.ts";
import { refusalOf } from "./explain.ts";
import type { Interpreter, Node } from "./tree.ts";
import { durationText, isoText } from "./values.ts";

const TYPES = new Map([
  ["any", "dyn"],
  ["number", "dyn"],
  ["expression", "ast"],
  ["timestamp", "google.protobuf.Timestamp"],
  ["duration", "google.protobuf.Duration"],
]);

const SYNCHRONOUS = { async: false };

const environment = build();

/** An expression that may be evaluated. */
export interface Expression {
  tree: Node;
  /** Throws a Refusal for a name, function or operator that is not there for what it is given. */
  check(): void;
  /** The value in CEL's terms; throws a Refusal. */
  evaluate(scope: ReadonlyMap<string, unknown>): unknown;
}

/** Reads an expression, in bounded time. Throws a Refusal with the place where the text stops making sense. */
export function parse(text: string): Expression {
  if (text.length > EXPRESSION_LENGTH) {
    throw new Refusal(`The expression has ${text.length} characters; ${EXPRESSION_LENGTH} are the most.`);
  }
  const parsed = refusing(() => environment.parse(text));
  const tree = parsed.ast as Node;
  refusing(() => guard(tree));
  return {
    tree,
    check() {
      const { error } = parsed.check();
      if (error) throw refusalOf(error);
    },
    evaluate(scope) {
      beginCounting();
      return refusing(() => parsed(scope as never) as unknown);
    },
  };
}

function refusing<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw refusalOf(error);
  }
}

function build(): Environment {
  const built = new Environment({ enableOptionalTypes: true, limits: STRUCTURE });
  for (const root of ROOTS) built.registerVariable(root, "dyn");
  addMixedNumbers(built);
  built.registerFunction(`string(${TYPES.get("timestamp")}): string`, isoText, SYNCHRONOUS);
  built.registerFunction(`string(${TYPES.get("duration")}): string`, durationText, SYNCHRONOUS);
  for (const definition of DEFINITIONS) add(built, definition);
  makeTypesShallow(built);
  return built;
}

/**
 * The library names the type of a list after its first item's, and so on inwards, and keeps each name for ever. Data
 * could make names without end; whether something is a list or a map is all that its operators need.
 */
function makeTypesShallow(built: Environment): void {
  const probe = built.parse("null");
  (probe.ast as Node).setMeta("evaluate", (evaluator: Interpreter) => {
    evaluator.debugTypeDeep = (value) => evaluator.debugType(value);
    return null;
  });
  probe();
}

/** JSON does not tell whole numbers from others; who adds or compares two must not have to, either. */
function addMixedNumbers(built: Environment): void {
  const both = (left: string, right: string) => {
    built.registerOperator(`${left} + ${right}: double`, (a, b) => Number(a) + Number(b));
    built.registerOperator(`${left} - ${right}: double`, (a, b) => Number(a) - Number(b));
    built.registerOperator(`${left} * ${right}: double`, (a, b) => Number(a) * Number(b));
    built.registerOperator(`${left} / ${right}: double`, (a, b) => Number(a) / Number(b));
  };
  both("int", "double");
  both("double", "int");
  // As the library compares two of which it learns only later what they are.
  built.registerOperator("int == double", (a, b) => a == b);
}

/** Registers a function, and the same after a dot: upper(x) is x.upper(). */
function add(built: Environment, { signature, run, macro }: Definition): void {
  const [, receiver = "", name, list, result] = /^(\w+\.)?(\w+)\((.*)\): (\w+)$/.exec(signature)!;
  const [taken, given] = [list!.split(", ").map(typeOf), typeOf(result!)];
  const handler = (macro ?? run) as (...values: unknown[]) => unknown;
  built.registerFunction(`${receiver}${name}(${taken.join(", ")}): ${given}`, handler, SYNCHRONOUS);
  if (macro) return;
  const [first, ...rest] = taken;
  if (isThere(built, name!, first!, rest)) return;
  built.registerFunction(`${first}.${name}(${rest.join(", ")}): ${given}`, handler, SYNCHRONOUS);
}

/** The library has trim, split and join after a dot, doing the same. */
function isThere(built: Environment, name: string, first: string, rest: string[]): boolean {
  return built
    .getDefinitions()
    .functions.some(
      (one) => one.name === name && one.receiverType?.startsWith(first) && one.params.length === rest.length,
    );
}

function typeOf(name: string): string {
  return TYPES.get(name) ?? name;
}
