import { z } from "zod";
import type { Behavior } from "../behaviors/behavior.ts";
import type { World } from "../context.ts";
import { SignetError, type Issue } from "../errors.ts";
import { checkTemplate } from "../expressions/check.ts";

/** Which input gets what, as templates over `trigger`. */
export const mappingInput = z.record(z.string().max(60), z.unknown()).nullable();
export type Mapping = z.output<typeof mappingInput>;

/** Throws `invalid` for inputs that the behavior has not, and for templates that can not be read. */
export function requireMapping(behavior: Behavior, mapping: Mapping): void {
  const names = new Set(behavior.inputs.map(({ name }) => name));
  const issues = Object.entries(mapping ?? {}).flatMap(([name, value]): Issue[] => {
    const path = `inputs.${name}`;
    if (!names.has(name)) return [{ path, message: "The behavior has no such input." }];
    const problem = textsOf(value)
      .map((text) => checkTemplate(text))
      .find((one) => one !== undefined);
    return problem === undefined ? [] : [{ path, message: problem }];
  });
  if (issues.length > 0) throw new SignetError("invalid", `${issues[0]!.path}: ${issues[0]!.message}`, { issues });
}

/**
 * The inputs that an occasion gives: what `offered` has under the names of inputs, and over that what the mapping makes
 * of the occasion. Throws `invalid` for a template that comes to nothing.
 */
export async function inputsFrom(
  world: World,
  behavior: Behavior,
  mapping: Mapping,
  trigger: object,
  offered: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const names = behavior.inputs.map(({ name }) => name).filter((name) => Object.hasOwn(offered, name));
  const byName = Object.fromEntries(names.map((name) => [name, offered[name]]));
  if (mapping === null) return byName;
  const scope = { inputs: {}, config: {}, vars: {}, steps: {}, trigger, now: world.clock().toISOString() };
  return { ...byName, ...((await world.expressions.render(mapping, scope)) as Record<string, unknown>) };
}

function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return value !== null && typeof value === "object" ? Object.values(value).flatMap(textsOf) : [];
}
