import type { ProgramInput } from "../behaviors/inputs.ts";
import type { Mapping } from "../triggers/given.ts";
import { isDescribed } from "../triggers/schemes.ts";
import type { AddWebhook, Webhook } from "../triggers/webhook.ts";
import { fields } from "./form.ts";
import type { Incoming } from "./route.ts";

// What is typed of a webhook, and what it means.

const NAMES = [
  "name",
  "scheme",
  "settings.header",
  "settings.algorithm",
  "settings.encoding",
  "settings.prefix",
  "settings.timestamp_header",
  "settings.delivery_header",
  "answer",
  "answer.status",
  "answer.content_type",
  "answer.body",
  "answer.wait_seconds",
  "per_minute",
] as const;
export type TypedWebhook = Record<(typeof NAMES)[number], string>;

/** Where problems may stand beside a field. */
export function webhookFieldNames(inputs: ProgramInput[]): string[] {
  return [...NAMES, "secret", ...inputs.map(({ name }) => `inputs.${name}`)];
}

export function typedWebhook(form: Incoming["form"]): TypedWebhook {
  return fields(form, ...NAMES);
}

/** What the form shows of a webhook that is there; of a new one, what is usual. */
export function textsOfWebhook(webhook?: Webhook): TypedWebhook {
  const settings = webhook?.settings as Partial<Record<string, string>> | undefined;
  const answer = webhook?.answer;
  const fixed = answer?.type === "fixed" ? answer : undefined;
  return {
    name: webhook?.name ?? "",
    scheme: webhook?.scheme ?? "",
    "settings.header": settings?.header ?? "",
    "settings.algorithm": settings?.algorithm ?? "sha256",
    "settings.encoding": settings?.encoding ?? "hex",
    "settings.prefix": settings?.prefix ?? "",
    "settings.timestamp_header": settings?.timestamp_header ?? "",
    "settings.delivery_header": settings?.delivery_header ?? "",
    answer: answer?.type ?? "accepted",
    "answer.status": String(fixed?.status ?? 200),
    "answer.content_type": fixed?.content_type ?? "text/plain",
    "answer.body": fixed?.body ?? "",
    "answer.wait_seconds": String(answer?.type === "output" ? answer.wait_seconds : 10),
    per_minute: String(webhook?.perMinute ?? 600),
  };
}

/** The input of the verbs. Without a secret, the one that is kept stays; `kept` has what the form can not say. */
export function webhookOf(
  typed: TypedWebhook,
  secret: string,
  inputs: Mapping,
  kept: Partial<Webhook["settings"]> = {},
): AddWebhook {
  const of = (name: keyof TypedWebhook) => (typed[name].trim() === "" ? undefined : typed[name].trim());
  const settings = {
    ...("signed" in kept && { signed: kept.signed }),
    header: of("settings.header"),
    algorithm: of("settings.algorithm"),
    encoding: of("settings.encoding"),
    prefix: typed["settings.prefix"],
    timestamp_header: of("settings.timestamp_header"),
    delivery_header: of("settings.delivery_header"),
  };
  return {
    name: typed.name,
    scheme: typed.scheme,
    ...(isDescribed(typed.scheme) && { settings: settings as never }),
    ...(secret !== "" && { secret }),
    inputs,
    answer: answerOf(typed) as never,
    per_minute: Number(typed.per_minute),
  };
}

function answerOf(typed: TypedWebhook) {
  switch (typed.answer) {
    case "fixed":
      return {
        type: "fixed",
        status: Number(typed["answer.status"]),
        content_type: typed["answer.content_type"],
        body: typed["answer.body"].replaceAll("\r\n", "\n"),
      };
    case "output":
      return { type: "output", wait_seconds: Number(typed["answer.wait_seconds"]) };
    default:
      return { type: "accepted" };
  }
}

/** A field for each input, with the template that fills it; `example` is what one may hold. */
export function mappingFields(
  inputs: ProgramInput[],
  typed: Record<string, string>,
  problems: Record<string, string>,
  example: (name: string) => string,
) {
  return inputs.map(({ name, label, help }) => ({
    name: `inputs.${name}`,
    label: label ?? name,
    help,
    value: typed[name] ?? "",
    problem: problems[`inputs.${name}`],
    optional: true,
    mono: true,
    autocomplete: "off",
    placeholder: `{{ ${example(name)} }}`,
  }));
}

/** The mapping as texts; what is no text, as JSON. */
export function textsOfMapping(mapping: Mapping): Record<string, string> {
  return Object.fromEntries(
    Object.entries(mapping ?? {}).map(([name, value]) => [
      name,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

/** What was typed; what is as it was before keeps its form. Null when nothing was. */
export function mappingOf(inputs: ProgramInput[], typed: Record<string, string>, before: Mapping = null): Mapping {
  const shown = textsOfMapping(before);
  const filled = inputs
    .filter(({ name }) => (typed[name] ?? "").trim() !== "")
    .map(({ name }) => [name, typed[name] === shown[name] ? before![name] : typed[name]]);
  return filled.length === 0 ? null : Object.fromEntries(filled);
}
