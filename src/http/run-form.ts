import type { AccountLine } from "../accounts/browse.ts";
import type { ProgramInput } from "../behaviors/inputs.ts";
import { SignetError, type Issue } from "../errors.ts";
import { text } from "./form.ts";
import type { Incoming } from "./route.ts";

// The fields of a behavior's inputs, and what was typed in them as a run takes it.

/** Texts by the names of inputs. */
export type TypedInputs = Record<string, string>;

/** What was typed; the ends of lines as people mean them. */
export function typedInputs(inputs: ProgramInput[], form: Incoming["form"]): TypedInputs {
  return Object.fromEntries(
    inputs.map(({ name }) => [name, text(form, `inputs.${name}`).replaceAll("\r\n", "\n")] as const),
  );
}

/** Values of an earlier run, or the defaults, as texts of the form. */
export function textsOf(inputs: ProgramInput[], values: Record<string, unknown> = {}): TypedInputs {
  return Object.fromEntries(
    inputs.map((input) => {
      const value = Object.hasOwn(values, input.name) ? values[input.name] : input.default;
      return [input.name, value === null || value === undefined ? "" : shown(input, value)] as const;
    }),
  );
}

/** The values that a run takes. Throws `invalid` naming each input whose text is no JSON. */
export function valuesOf(inputs: ProgramInput[], typed: TypedInputs): Record<string, unknown> {
  const issues: Issue[] = [];
  const values: Record<string, unknown> = {};
  for (const { name, type } of inputs) {
    const given = typed[name] ?? "";
    if (given.trim() === "" && type !== "long_text") continue;
    values[name] = given;
    if (type !== "json") continue;
    try {
      values[name] = JSON.parse(given) as unknown;
    } catch (error) {
      issues.push({ path: `inputs.${name}`, message: `This is not JSON: ${(error as Error).message}.` });
    }
  }
  if (issues.length > 0) throw new SignetError("invalid", issues[0]!.message, { issues });
  return values;
}

/** Fields for the part field. `accounts` are those that the person may see. */
export function inputFields(
  inputs: ProgramInput[],
  typed: TypedInputs,
  problems: Record<string, string>,
  accounts: AccountLine[],
) {
  return inputs.map((input) => {
    const { name, label, help, required } = input;
    const value = typed[name] ?? "";
    const problem = problems[`inputs.${name}`];
    const about = { name: `inputs.${name}`, label: label ?? name, help, problem, value, autocomplete: "off" };
    return { ...about, required, optional: !required, ...control(input, value, accounts) };
  });
}

function control(input: ProgramInput, value: string, accounts: AccountLine[]): Record<string, unknown> {
  switch (input.type) {
    case "long_text":
      return { type: "textarea", rows: 5 };
    case "number":
      return { type: "text", inputmode: "decimal" };
    case "date":
      // A moment does not fit the browser's own field for days.
      return /^(\d{4}-\d\d-\d\d)?$/.test(value) ? { type: "date" } : { type: "text", mono: true };
    case "yes_no":
      return {
        type: "select",
        placeholder: "Choose",
        options: [
          { value: "true", label: "Yes" },
          { value: "false", label: "No" },
        ],
      };
    case "picklist":
      return { type: "select", placeholder: "Choose", options: offered(input.options ?? [], value) };
    case "json":
      return { type: "textarea", rows: 4, mono: true, placeholder: '{ "name": "value" }' };
    case "account":
      return { type: "select", placeholder: "Choose an account", options: accountChoices(input, value, accounts) };
    case "text":
      return { type: "text" };
  }
}

function offered(options: string[], value: string) {
  const all = value === "" || options.includes(value) ? options : [...options, value];
  return all.map((option) => ({ value: option, label: option }));
}

/** By name, with the service where the input leaves it open; what was chosen before stays on offer. */
function accountChoices({ service }: ProgramInput, value: string, accounts: AccountLine[]) {
  const fitting = accounts.filter(
    (account) => service === undefined || account.service.id === service || account.service.catalog === service,
  );
  const options = fitting.map(({ id, name, service: of }) => ({
    value: id,
    label: service === undefined ? `${name} · ${of.name}` : name,
  }));
  const known = fitting.find(({ id, slug }) => id === value || slug === value);
  if (value === "" || known?.id === value) return options;
  return known
    ? options.map((option) => (option.value === known.id ? { ...option, value } : option))
    : [...options, { value, label: value }];
}

function shown({ type }: ProgramInput, value: unknown): string {
  if (type === "json") return JSON.stringify(value, null, 2);
  return typeof value === "string" ? value : typeof value === "object" ? JSON.stringify(value) : String(value);
}
