import type { Step } from "../../behaviors/step.ts";
import { findStepKind } from "../../behaviors/steps.ts";
import type { LeftOut } from "../read.ts";
import { conditionOf } from "./conditions.ts";
import { requestOf, textIn, type Action } from "./request.ts";
import { LeftOutHere, type Scope } from "./scope.ts";
import { jsonValue, single, template } from "./template.ts";

export interface Node {
  type?: unknown;
  title?: unknown;
  status?: unknown;
  params?: unknown;
  nodes?: unknown;
}

/** What the nodes of one behavior become, in order. */
export class NodeReader {
  readonly #scope: Scope;
  readonly #leftOut: LeftOut[];
  /** Names of behaviors of this package, by their uid there. */
  readonly #behaviors: ReadonlyMap<string, string>;
  readonly #ids = new Set<string>();
  /** Placeholders that callers may want. */
  readonly results: string[] = [];
  /** The last step that sent a request. */
  lastAnswer: string | undefined;

  constructor(scope: Scope, leftOut: LeftOut[], behaviors: ReadonlyMap<string, string>) {
    this.#scope = scope;
    this.#leftOut = leftOut;
    this.#behaviors = behaviors;
  }

  steps(nodes: unknown, path: string): Step[] {
    return listOf<Node>(nodes).flatMap((node, index) => this.#node(node, `${path}.${index}`));
  }

  #node(node: Node, path: string): Step[] {
    if (node.status === "simulator") return this.#without(path, "Nodes for the simulator alone have no counterpart.");
    const made = this.#made(node, path);
    return node.status === "disabled" ? made.map((step) => ({ ...step, disabled: true })) : made;
  }

  #made(node: Node, path: string): Step[] {
    switch (node.type) {
      case "action": {
        const actions = listOf<Action>(paramsOf(node).actions);
        const steps = actions.flatMap((action, index) => this.#action(action, `${path}.params.actions.${index}`));
        return steps.map((step, index) =>
          index === 0 && titleOf(node) !== "" ? { ...step, title: titleOf(node) } : step,
        );
      }
      case "switch":
        return this.#decision(node, path);
      case "loop":
        return this.#loop(node, path);
      default:
        return this.#without(path, `“${String(node.type)}” nodes have no counterpart.`);
    }
  }

  #decision(node: Node, path: string): Step[] {
    const outcomes = listOf<Node>(node.nodes).map((outcome, index) => {
      const at = `${path}.nodes.${index}`;
      const when = this.#when(outcome, at);
      const steps = this.steps(outcome.nodes, `${at}.nodes`);
      return { title: titleOf(outcome) || `Outcome ${index + 1}`, ...(when !== undefined && { when }), steps };
    });
    if (outcomes.length === 0) return [];
    return [{ do: "decide", ...(titleOf(node) !== "" && { title: titleOf(node) }), outcomes } as Step];
  }

  /** An outcome whose condition can not be carried over must not be taken by mistake. */
  #when(outcome: Node, path: string): string | undefined {
    if (outcome.status === "disabled") return "false";
    try {
      return conditionOf(paramsOf(outcome).groups, this.#scope);
    } catch (error) {
      this.#note(path, error, " This outcome is never taken until you give it a condition.");
      return "false";
    }
  }

  #loop(node: Node, path: string): Step[] {
    const { foreach_json, as_placeholder } = paramsOf(node);
    return this.#try(path, () => {
      const list = single(String(foreach_json ?? ""), this.#scope);
      if (!list) throw new LeftOutHere("A loop over more than one expression has no counterpart.");
      const name = String(as_placeholder ?? "item");
      this.#scope.vars.set(name, true);
      const over = list.inner?.filter === "json" ? list.inner.of.cel : list.cel;
      const title = titleOf(node) !== "" && { title: titleOf(node) };
      return [{ do: "loop", ...title, over, as: name, steps: this.steps(node.nodes, `${path}.nodes`) } as Step];
    });
  }

  #action(action: Action, path: string): Step[] {
    if (Number(action.is_simulator_only))
      return this.#without(path, "Actions for the simulator alone have no counterpart.");
    return this.#try(path, () => {
      switch (action.action) {
        case "core.va.action.http_request":
          return this.#request(action, path);
        case "_set_custom_var":
          return this.#set(action);
        case "_run_behavior":
          return this.#call(action);
        case "_schedule_behavior":
          return this.#schedule(action);
        case "_exit":
          if (textIn(action, "mode") === "suspend")
            throw new LeftOutHere("A behavior that waits for an answer has no counterpart.");
          return [{ do: "stop", state: "succeeded" } as Step];
        default:
          throw new LeftOutHere(`The action “${String(action.action)}” has no counterpart.`);
      }
    });
  }

  #request(action: Action, path: string): Step[] {
    const fields = requestOf(action, this.#scope, (reason) => this.#leftOut.push({ path: `${path}.http_url`, reason }));
    const placeholder = textIn(action, "response_placeholder");
    const id = this.#id(placeholder || "response");
    this.lastAnswer = id;
    if (placeholder !== "") this.#scope.responses.set(placeholder, id);
    if (Number((action.options as { ignore_ssl_validation?: unknown } | null)?.ignore_ssl_validation))
      this.#leftOut.push({ path: `${path}.options`, reason: "Certificates are always checked here." });
    return [{ id, do: "http_request", ...fields } as Step];
  }

  #set(action: Action): Step[] {
    const name = textIn(action, "var");
    if (!/^[a-zA-Z_]\w{0,59}$/.test(name)) throw new LeftOutHere(`“${name}” can not be the name of a placeholder.`);
    const text = textIn(action, "value");
    const json = action.format === "json";
    const value = json || /\{%/.test(text) ? jsonValue(text, this.#scope) : template(text, this.#scope);
    const parsed = json || typeof value !== "string" || Boolean(single(text, this.#scope)?.parsed);
    this.#scope.vars.set(name, parsed);
    if (!name.startsWith("_") && !this.results.includes(name)) this.results.push(name);
    return [{ do: "set", name, value } as Step];
  }

  #call(action: Action): Step[] {
    const id = this.#id(textIn(action, "var") || "behavior");
    const step = { id, do: "run_behavior", behavior: this.#behavior(action), inputs: this.#inputs(action) };
    if (textIn(action, "var") !== "") this.#scope.calls.set(textIn(action, "var"), id);
    return [step as Step];
  }

  #schedule(action: Action): Step[] {
    if (!findStepKind("schedule_behavior")) throw new LeftOutHere("Schedules of behaviors have no counterpart.");
    const duplicates = { first: "keep_first", last: "keep_last" }[textIn(action, "on_dupe")] ?? "allow";
    const wish = { behavior: this.#behavior(action), at: momentOf(textIn(action, "run_date")), duplicates };
    return [{ do: "schedule_behavior", ...wish, inputs: this.#inputs(action) } as Step];
  }

  #behavior(action: Action): string {
    const uid = /^\{\{\{\s*uid\.([\w.-]+)\s*\}\}\}$/.exec(String(action.behavior_id ?? ""))?.[1];
    const name = uid === undefined ? undefined : this.#behaviors.get(uid);
    if (name === undefined) throw new LeftOutHere("The behavior that is run is none of this package.");
    return name;
  }

  #inputs(action: Action): Record<string, unknown> {
    const given = Object.entries(action).filter(([key, value]) => key.startsWith("var_") && typeof value === "string");
    return Object.fromEntries(given.map(([key, value]) => [inputName(key), template(value as string, this.#scope)]));
  }

  #id(wished: string): string {
    const word =
      wished
        .toLowerCase()
        .replace(/[^a-z0-9_-]+/g, "_")
        .replace(/^[^a-z]+/, "")
        .slice(0, 34) || "step";
    let id = word;
    for (let number = 2; this.#ids.has(id); number++) id = `${word}_${number}`;
    this.#ids.add(id);
    return id;
  }

  #try(path: string, work: () => Step[]): Step[] {
    try {
      return work();
    } catch (error) {
      this.#note(path, error);
      return [];
    }
  }

  #note(path: string, error: unknown, more = ""): void {
    if (!(error instanceof LeftOutHere)) throw error;
    this.#leftOut.push({ path, reason: error.message + more });
  }

  #without(path: string, reason: string): Step[] {
    this.#leftOut.push({ path, reason });
    return [];
  }
}

/** var_account_id is the input account_id. */
export function inputName(key: string): string {
  const name = key.replace(/^var_/, "").replace(/\W+/g, "_").slice(0, 60);
  return /^[a-zA-Z_]/.test(name) ? name : `_${name}`;
}

export function listOf<T>(value: unknown): T[] {
  const list = Array.isArray(value) ? value : [];
  return list.filter((item) => item !== null && typeof item === "object") as T[];
}

/** "+5 minutes" from now, or a moment that is written out. */
function momentOf(phrase: string): string {
  const ahead = /^\+?\s*(\d+)\s*(second|sec|minute|min|hour|day|week)s?$/i.exec(phrase.trim());
  const seconds = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
  if (ahead) {
    const unit = seconds[ahead[2]![0]!.toLowerCase() as keyof typeof seconds];
    return `{{ now + duration("${Number(ahead[1]) * unit}s") }}`;
  }
  if (/^\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?)?$/.test(phrase.trim())) return phrase.trim().replace(" ", "T");
  throw new LeftOutHere(`The moment “${phrase.slice(0, 60)}” has no counterpart.`);
}

function paramsOf(node: Node): Record<string, unknown> {
  return node.params !== null && typeof node.params === "object" ? (node.params as Record<string, unknown>) : {};
}

function titleOf(node: Node): string {
  return typeof node.title === "string" ? node.title.trim().slice(0, 200) : "";
}
