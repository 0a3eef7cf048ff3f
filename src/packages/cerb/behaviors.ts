import { slugify } from "../../accounts/account.ts";
import { walk } from "../../behaviors/program.ts";
import type { Step } from "../../behaviors/step.ts";
import type { LeftOut } from "../read.ts";
import { inputName, listOf, NodeReader, type Node } from "./nodes.ts";
import type { Scope } from "./scope.ts";

/** A behavior as it is written in a package. */
export interface CerbBehavior {
  uid?: unknown;
  title?: unknown;
  is_disabled?: unknown;
  is_private?: unknown;
  event?: unknown;
  variables?: unknown;
  nodes?: unknown;
}

interface Variable {
  key?: unknown;
  label?: unknown;
  type?: unknown;
  is_private?: unknown;
  params?: unknown;
}

/** The only event whose behaviors are called by others, as all are here. */
const CALLED = "event.macro.bot";

const TYPES: Record<string, string> = { S: "text", N: "number", E: "date", C: "yes_no", D: "picklist" };

/** Short names of a bot's behaviors, in order; those that do not come along have none. */
export function slugsOf(behaviors: CerbBehavior[]): (string | undefined)[] {
  const taken = new Set<string>();
  return behaviors.map((behavior) => {
    if (keyOf(behavior) !== CALLED) return undefined;
    const wished = slugify(String(behavior.title ?? "behavior")).slice(0, 55);
    let slug = wished;
    for (let number = 2; taken.has(slug); number++) slug = `${wished}-${number}`;
    taken.add(slug);
    return slug;
  });
}

/** What a behavior becomes; undefined when its event has no counterpart. */
export function behaviorOf(
  behavior: CerbBehavior,
  path: string,
  leftOut: LeftOut[],
  known: { prompts: ReadonlySet<string>; names: ReadonlyMap<string, string> },
) {
  const key = keyOf(behavior);
  if (key !== CALLED) {
    leftOut.push({ path, reason: `Behaviors of the event “${key}” have no counterpart.` });
    return undefined;
  }
  if (Number(behavior.is_disabled))
    leftOut.push({ path: `${path}.is_disabled`, reason: "This behavior was switched off; here it is on." });
  const scope: Scope = {
    ...{ inputs: new Map(), vars: new Map(), responses: new Map(), calls: new Map() },
    prompts: known.prompts,
  };
  const inputs = inputsOf(behavior.variables, `${path}.variables`, scope, leftOut);
  const reader = new NodeReader(scope, leftOut, known.names);
  const steps = reader.steps(behavior.nodes as Node[], `${path}.nodes`);
  const output = outputOf(reader);
  for (const { step } of walk(steps)) if (step.do === "stop") (step as Step & { output: unknown }).output = output;
  return {
    title:
      String(behavior.title ?? "Behavior")
        .trim()
        .slice(0, 200) || "Behavior",
    public: !Number(behavior.is_private),
    inputs,
    steps,
    output,
  };
}

/** Callers there get every placeholder; here those that were set for them, or the last answer. */
function outputOf({ results, lastAnswer }: NodeReader): unknown {
  if (results.length > 0) return Object.fromEntries(results.map((name) => [name, `{{ default(vars.${name}, null) }}`]));
  return lastAnswer === undefined ? null : `{{ default(steps.${lastAnswer}.body, null) }}`;
}

function inputsOf(variables: unknown, path: string, scope: Scope, leftOut: LeftOut[]) {
  const all = listOf<Variable>(Object.values((variables ?? {}) as Record<string, unknown>));
  return all.flatMap((variable) => {
    const key = String(variable.key ?? "");
    if (Number(variable.is_private)) {
      scope.vars.set(key, false);
      return [];
    }
    const params = (variable.params ?? {}) as { widget?: unknown; options?: unknown };
    const type = TYPES[String(variable.type)];
    if (type === undefined) {
      leftOut.push({
        path: `${path}.${key}`,
        reason: `Inputs of the type “${String(variable.type)}” have no counterpart.`,
      });
      return [];
    }
    const name = inputName(key);
    scope.inputs.set(key, { name, date: type === "date" });
    const label = String(variable.label ?? "")
      .trim()
      .slice(0, 100);
    const options = String(params.options ?? "")
      .split(/\r?\n/)
      .map((one) => one.trim())
      .filter(Boolean);
    const picks = type === "picklist" && options.length > 0;
    return [
      {
        name,
        type:
          type === "picklist" && !picks ? "text" : type === "text" && params.widget === "multiple" ? "long_text" : type,
        ...(label !== "" && { label }),
        ...(picks && { options: [...new Set(options)] }),
      },
    ];
  });
}

function keyOf({ event }: CerbBehavior): string {
  const key = event !== null && typeof event === "object" ? (event as { key?: unknown }).key : event;
  return typeof key === "string" ? key : "unknown";
}
