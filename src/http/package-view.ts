import type { Context } from "../context.ts";
import { ownerKey } from "../people/owner.ts";
import type { Owner } from "../access/actor.ts";
import { ownerOptions } from "./owner-field.ts";
import { choicesFor, type Choices } from "../packages/choices.ts";
import type { Draft } from "../packages/draft.ts";
import type { Package, PackagePrompt } from "../packages/package.ts";
import { readPackage } from "../packages/read.ts";
import type { Preview } from "../packages/preview.ts";
import { accountOptions } from "./account-options.ts";
import { text } from "./form.ts";
import type { Incoming } from "./route.ts";
import { tileOf } from "./tile.ts";

// What the pages of a package on its way in are drawn from.

export const IMPORT = "/settings/packages/import";

/** Where the prompts of a package on its way in are answered. */
export function draftPath(id: string): string {
  return `${IMPORT}/${id}`;
}

export function packOf(draft: Draft): Package {
  return readPackage(draft.package).pack!;
}

export function importSteps(now: "package" | "answers" | "preview", draft?: string) {
  const steps = [
    { label: "Package", key: "package", href: IMPORT },
    { label: "Answers", key: "answers", href: draft && draftPath(draft) },
    { label: "Preview", key: "preview", href: null },
  ];
  const at = steps.findIndex(({ key }) => key === now);
  return steps.map(({ label, href }, index) => ({
    label,
    href,
    state: index < at ? "done" : index === at ? "now" : "todo",
  }));
}

/** The fields of a package's prompts, secrets left out: those are asked last, with the button that uses them. */
export async function promptFields(ctx: Context, pack: Package, answers: Draft["answers"], problems: Problems) {
  const choices = await choicesFor(ctx, pack);
  return pack.prompts
    .filter(({ type }) => type !== "secret")
    .map((prompt) => promptField(prompt, answers[prompt.key], choices.get(prompt.key), problems));
}

type Problems = Record<string, string>;

function promptField(prompt: PackagePrompt, answer: unknown, choices: Choices | undefined, problems: Problems) {
  const name = `answers.${prompt.key}`;
  const common = {
    ...{ key: prompt.key, name, label: prompt.label, help: prompt.help ?? null, problem: problems[name] ?? null },
    value: String(answer ?? prompt.default ?? ""),
    required: prompt.required !== false,
  };
  if (choices) return { ...common, ...chooser(prompt, choices) };
  if (prompt.type !== "picklist") return { ...common, type: "text" };
  const options = prompt.options!.map((one) =>
    typeof one === "string" ? { value: one, label: one } : { ...one, value: String(one.value) },
  );
  return {
    ...common,
    type: "select",
    placeholder: common.required && prompt.default !== undefined ? null : "Choose",
    options,
  };
}

function chooser(prompt: PackagePrompt, { accounts, services, setUp }: Choices) {
  const [service] = services;
  const linkable = prompt.type === "account" && service !== undefined;
  const options =
    prompt.type === "account" ? accountOptions(accounts) : services.map(({ id, name }) => ({ value: id, label: name }));
  const open = prompt.type === "account" ? "Any account of the service that the bot may use" : "None";
  return {
    type: "select",
    options,
    placeholder: prompt.required === false ? open : "Choose",
    tile: service ? tileOf({ name: service.name, catalog: service.catalogKey }) : null,
    connect: linkable ? { label: `Connect new ${service.name} account`, icon: "link" } : null,
    setUp: !linkable && setUp !== null && services.length === 0 ? `/services/new?catalog=${setUp}` : null,
  };
}

/** The answers of the form, as they were typed; text becomes the value that is offered. */
export function typedAnswers(pack: Package, form: Incoming["form"]): Draft["answers"] {
  return Object.fromEntries(
    pack.prompts.flatMap((prompt) => {
      const typed = text(form, `answers.${prompt.key}`);
      if (prompt.type === "secret" || typed === "") return [];
      const offered = prompt.options?.map((one) => (typeof one === "string" ? one : one.value));
      return [[prompt.key, offered?.find((one) => String(one) === typed) ?? typed] as const];
    }),
  );
}

export function secretFields(pack: Package, preview: Preview) {
  const missing = new Set(preview.missing.map(({ key }) => key));
  return pack.prompts
    .filter(({ type }) => type === "secret")
    .map((prompt) => ({
      name: `answers.${prompt.key}`,
      label: prompt.label,
      help: prompt.help ?? null,
      saved: !missing.has(prompt.key),
      required: missing.has(prompt.key),
    }));
}

const ACTIONS = {
  create: { label: "New", kind: "good", icon: "plus" },
  update: { label: "Changed", kind: "info", icon: "pencil" },
  unchanged: { label: "Same", kind: "quiet", icon: "check" },
  conflict: { label: "Conflict", kind: "bad", icon: "circle-alert" },
} as const;
const ICONS = {
  service: "blocks",
  bot: "bot",
  behavior: "list-tree",
  share: "users",
  schedule: "calendar-clock",
} as const;
const WORDS = { service: "Service", bot: "Bot", behavior: "Behavior", share: "Share", schedule: "Schedule" } as const;

/** Every change as the preview shows it: values as texts, before and after. */
export function shownChanges({ changes }: Preview) {
  return changes.map(({ what, action, uid, name, note, suggestion, fields }) => ({
    ...{ uid, name, note, suggestion, action },
    what: WORDS[what],
    icon: ICONS[what],
    pill: what === "share" ? { label: "Shared", kind: "warn", icon: "users" } : ACTIONS[action],
    edited: fields.some((field) => field.edited),
    fields: (action === "conflict" ? [] : fields).map(({ field, before, after, edited }) => ({
      ...{ field, edited },
      before: action === "create" ? null : shownValue(before),
      after: shownValue(after),
    })),
  }));
}

function shownValue(value: unknown): string {
  if (value === null || value === undefined) return "–";
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

export async function ownerField(ctx: Context, draft: Draft, preview: Preview) {
  const options = await ownerOptions(ctx);
  return { options, value: ownerKey((draft.owner ?? preview.owner) as Owner) };
}
