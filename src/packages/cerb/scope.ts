/** What the names of a behavior's scripts stand for here; filled while its nodes are gone through in order. */
export interface Scope {
  /** Public variables, by key: the input's name, and whether it holds a date. */
  inputs: Map<string, { name: string; date: boolean }>;
  /** Placeholders that were set, and private variables; true where the value is no text but what JSON holds. */
  vars: Map<string, boolean>;
  /** Placeholders of answers, and the steps that these are now. */
  responses: Map<string, string>;
  /** Placeholders of behaviors that were run, and the steps. */
  calls: Map<string, string>;
  /** Keys of the package's prompts. */
  prompts: ReadonlySet<string>;
}

/** Why something can not be carried over, as a sentence. */
export class LeftOutHere extends Error {}

/** The ways into an answer that have a counterpart. */
const ANSWER: Record<string, string> = {
  body: "body",
  headers: "headers",
  "info.http_code": "status",
  status_code: "status",
  content_type: 'headers["content-type"]',
};

/** The expression for a path such as var_name, _response.body.id or behavior_bot_config.region. */
export function resolved(path: (string | number)[], scope: Scope): { cel: string; parsed: boolean; date: boolean } {
  const [root, ...rest] = path as [string, ...(string | number)[]];
  const known = (cel: string, parsed = false, date = false) => ({ cel: cel + tail(rest), parsed, date });
  const input = scope.inputs.get(root);
  if (input) return known(`inputs.${input.name}`, false, input.date && rest.length === 0);
  if (root === "behavior_bot_config") return known("config");
  const call = scope.calls.get(root);
  if (call !== undefined) return known(`steps.${call}.output`, true);
  const response = scope.responses.get(root);
  if (response !== undefined) return { ...answered(response, rest), date: false };
  if (scope.vars.has(root)) return known(`vars.${root}`, scope.vars.get(root));
  throw new LeftOutHere(`“${path.join(".")}” stands for nothing here.`);
}

function answered(step: string, rest: (string | number)[]): { cel: string; parsed: boolean } {
  if (rest.length === 0) return { cel: `steps.${step}`, parsed: true };
  for (const length of [2, 1]) {
    const name = ANSWER[rest.slice(0, length).join(".")];
    if (name !== undefined)
      return { cel: `steps.${step}.${name}${tail(rest.slice(length))}`, parsed: name !== "headers" };
  }
  throw new LeftOutHere(`“${rest.join(".")}” of an answer has no counterpart.`);
}

function tail(keys: (string | number)[]): string {
  return keys
    .map((key) =>
      typeof key === "number" ? `[${key}]` : /^[a-zA-Z_]\w*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`,
    )
    .join("");
}
