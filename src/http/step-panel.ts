import type { Behavior } from "../behaviors/behavior.ts";
import { listBehaviors } from "../behaviors/browse.ts";
import { fullName } from "../behaviors/behavior.ts";
import { addStep, freeId, listsOf, pathAround, stepAt, type StepPath } from "../behaviors/edit-tree.ts";
import { namesAt, PAGE_NAMES, type KnownGroup } from "../behaviors/known-names.ts";
import type { Step, StepKind } from "../behaviors/step.ts";
import { allStepKinds, findStepKind } from "../behaviors/steps.ts";
import { SCOPES } from "../access/actor.ts";
import { asActor } from "../bots/browse.ts";
import { notFound } from "../errors.ts";
import { addLink, behaviorPath, stepKey } from "./behavior-links.ts";
import type { Conflict } from "./behavior-conflict.ts";
import type { Problems } from "./failure.ts";
import { placed } from "./service-form.ts";
import { accountGroups } from "./step-accounts.ts";
import { storedDraft, type StepDraft } from "./step-draft.ts";
import { hasOwnTitle } from "./step-read.ts";
import { drawStepFields, rareInUse, type Choices } from "./step-fields.ts";
import { stepTitle } from "./step-tree.ts";
import type { Editor } from "./behavior-editor.ts";

// The right side of the editor: the form of one step, or the choice of what a new one is to do.

/** Where a new step goes. */
export interface NewPlace {
  list: StepPath;
  at: number;
}

/** What was typed and is to be shown again. */
export interface Redrawn {
  draft: StepDraft;
  problems?: Problems | undefined;
  conflict?: Conflict | undefined;
}

const EMPTY: StepDraft = { title: "", id: "", on_error: "", retry_times: "", retry_wait: "", values: {}, rows: {} };

/** The choice of a kind of step for a place. */
export function kindsPanel(editor: Editor, { list, at }: NewPlace) {
  const { behavior } = editor;
  const known = listsOf(behavior).find(({ path }) => path.join(".") === list.join("."));
  if (!known) throw notFound("place for a step");
  return {
    type: "kinds" as const,
    where: known.owner === undefined ? null : `${stepTitle(known.owner)}, ${known.label}`,
    tiles: allStepKinds().map(({ kind, label, help, icon }) => ({
      href: addLink(behavior, list, at, kind),
      label,
      help,
      icon,
    })),
    cancel: behaviorPath(behavior),
  };
}

/** The form of a new step. Throws `not_found` for a kind that is none. */
export async function newStepPanel(editor: Editor, place: NewPlace, kindName: string, redrawn?: Redrawn) {
  const { behavior } = editor;
  const kind = findStepKind(kindName);
  if (!kind) throw notFound("kind of step");
  const draft = redrawn?.draft ?? withAccount(editor, kind, freshDraft(behavior, kind));
  const hidden = { list: place.list.join("."), at: place.at, kind: kind.kind, version: behavior.version };
  const stand = { do: kind.kind, outcomes: [], steps: [] } as unknown as Step;
  const { program, path } = addStep(behavior, place.list, place.at, stand);
  const names = namesAt({ ...behavior, steps: program.steps }, path, editor.config, editor.results);
  return {
    type: "step" as const,
    heading: `New: ${kind.label}`,
    fresh: true,
    tools: null,
    ...(await form(editor, kind, draft, redrawn, { hidden, names, prefix: path.join(".") })),
  };
}

/** The form of a step that is there. Throws `not_found`. */
export async function stepPanel(editor: Editor, path: StepPath, redrawn?: Redrawn) {
  const { behavior } = editor;
  const step = stepAt(behavior, path);
  if (!step) throw notFound("step");
  const kind = findStepKind(step.do)!;
  const draft = redrawn?.draft ?? withAccount(editor, kind, storedDraft(kind, step));
  const names = namesAt(behavior, path, editor.config, editor.results);
  const hidden = { step: stepKey(path), kind: kind.kind, version: behavior.version };
  return {
    type: "step" as const,
    heading: stepTitle(step),
    fresh: false,
    tools: editor.manages ? tools(behavior, path, step) : null,
    ...(await form(editor, kind, draft, redrawn, { hidden, names, prefix: path.join(".") })),
  };
}

interface FormParts {
  hidden: Record<string, string | number>;
  names: KnownGroup[];
  prefix: string;
}

async function form(editor: Editor, kind: StepKind, draft: StepDraft, redrawn: Redrawn | undefined, parts: FormParts) {
  const { behavior } = editor;
  const found = redrawn?.problems && atFields(redrawn.problems, parts.prefix);
  const chosen = await choices(editor, kind, draft);
  const plain = drawStepFields(kind, draft, {}, chosen);
  const problems = found && placed(found, [...BASE, ...plain.flatMap(controlNames)]);
  const fields = problems ? drawStepFields(kind, draft, problems.of, chosen) : plain;
  return {
    kind: {
      label: kind.label,
      help: kind.help,
      icon: kind.icon,
      acts: kind.acts,
      reads: kind.results !== undefined || kind.acts,
      titled: hasOwnTitle(kind),
    },
    action: `/behaviors/${behavior.id}/steps`,
    cancel: behaviorPath(behavior),
    connect: editor.manages ? `/behaviors/${behavior.id}/accounts?${new URLSearchParams(asTexts(parts.hidden))}` : null,
    hidden: parts.hidden,
    draft,
    fields,
    rareOpen: rareInUse(fields),
    failsOpen: draft.on_error !== "" || draft.retry_times !== "" || Boolean(problems?.of["retry.times"]),
    names: parts.names,
    pageNames: [PAGE_NAMES, ...parts.names],
    problems: problems ?? { lines: [], of: {} as Record<string, string> },
  };
}

const BASE = ["id", "title", "retry.times", "retry.wait_seconds", "on_error"];

function controlNames({ name, rows }: ReturnType<typeof drawStepFields>[number]): string[] {
  const inner = (rows ?? []).flatMap((row, index) => [
    `${name}.${row.name}`,
    `${name}.${index}.title`,
    `${name}.${index}.when`,
  ]);
  return [...inner, name];
}

/** Problems under the names that the form sends: "steps.0.query.q" is "fields.query.q" in the form of step 0. */
function atFields({ summary, fields }: Problems, prefix: string): Problems {
  const named = Object.entries(fields).map(([path, sentence]) => {
    const inner = path.startsWith(`${prefix}.`) ? path.slice(prefix.length + 1) : path;
    const elsewhere = inner === path && /^(steps|inputs|output)(\.|$)/.test(path) && path.includes(".");
    return [BASE.includes(inner) || elsewhere || inner === "" ? inner : `fields.${inner}`, sentence] as const;
  });
  return { summary, fields: Object.fromEntries(named) };
}

async function choices(editor: Editor, kind: StepKind, draft: StepDraft): Promise<Choices> {
  const { ctx, bot, usable } = editor;
  const accounts: Choices["accounts"] = (directories, current) => accountGroups(usable, directories, current);
  const chooser = kind.fields.find(({ type }) => type === "behavior");
  if (chooser === undefined) return { accounts, behaviors: [], inputs: undefined };
  const { items } = await listBehaviors({ ...ctx, actor: asActor(bot, SCOPES) }, { limit: 200 });
  const options = items.map((one) => ({ value: fullName(one), label: `${one.title} (${fullName(one)})` }));
  const key = draft.values[chooser.name];
  const named = items.find((one) => one.id === key || fullName(one) === key);
  return { accounts, behaviors: options, inputs: named?.inputs };
}

/** The account that was just made or shared for this step is chosen; saving it is still to be done. */
function withAccount({ fresh, usable }: Editor, kind: StepKind, draft: StepDraft): StepDraft {
  const chooser = kind.fields.find(({ type }) => type === "account");
  if (chooser === undefined || !usable.items.some(({ slug }) => slug === fresh)) return draft;
  return { ...draft, values: { ...draft.values, [chooser.name]: `account:${fresh}` } };
}

/** A new step has a name for its result where later steps can read one. */
function freshDraft(behavior: Behavior, kind: StepKind): StepDraft {
  const values = Object.fromEntries(
    kind.fields
      .filter(({ type, options }) => type === "choice" && options)
      .map(({ name, options }) => [name, options![0]!.value]),
  );
  const rows: StepDraft["rows"] = kind.fields.some(({ type }) => type === "outcomes")
    ? { outcomes: [{ name: "", value: "" }] }
    : {};
  const id = kind.acts ? freeId(behavior, kind.kind.split("_").at(-1)!) : "";
  return { ...EMPTY, id, values, rows };
}

/** What can be done with the step as a whole. */
function tools(behavior: Behavior, path: StepPath, step: Step) {
  const list = path.slice(0, -1);
  const index = path.at(-1) as number;
  const key = path.join(".");
  const lists = listsOf(behavior);
  const own = lists.find((one) => one.path.join(".") === list.join("."))!;
  const targets = lists.filter((one) => one !== own && !`${one.path.join(".")}.`.startsWith(`${key}.`));
  const nested = lists
    .filter((one) => one.path.join(".").startsWith(`${key}.`))
    .reduce((sum, one) => sum + one.steps.length, 0);
  return {
    action: `/behaviors/${behavior.id}/steps/act`,
    hidden: { step: stepKey(path), version: behavior.version },
    first: index === 0,
    last: index === own.steps.length - 1,
    inside: pathAround(behavior, path) !== undefined,
    off: step.disabled === true,
    before: addLink(behavior, list, index),
    after: addLink(behavior, list, index + 1),
    targets: targets.map((one) => ({
      value: one.path.join("."),
      label: one.owner === undefined ? "The end of the behavior" : `${stepTitle(one.owner)}: ${one.label}`,
    })),
    remove: nested > 0 ? `/behaviors/${behavior.id}/steps/delete?step=${stepKey(path)}` : null,
  };
}

function asTexts(values: Record<string, string | number>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}
