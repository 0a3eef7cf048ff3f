import type { Answered, Executed } from "../accounts/execute.ts";
import type { Preview } from "../accounts/preview.ts";
import type { SignetError } from "../errors.ts";

// What came of a request, as the console draws it.

export type Outcome =
  | { type: "answer"; answer: Answered }
  | { type: "preview"; preview: Preview }
  | { type: "refusal"; error: SignetError };

const RULE_WORDS = {
  owner: "The account is yours.",
  team: "The account belongs to a team of yours.",
  share: "The account is shared with you.",
} as const;

export function shownOutcome(outcome: Outcome, requestId: string) {
  switch (outcome.type) {
    case "answer":
      return { ...shownAnswer(outcome.answer), requestId };
    case "preview":
      return { ...shownPreview(outcome.preview), requestId };
    case "refusal":
      return { type: "refusal", code: outcome.error.code, sentence: outcome.error.message, requestId };
  }
}

function shownAnswer({ executed: answer, json }: Answered) {
  const { status, headers, duration_ms: duration, attempts, truncated, url } = answer;
  const binary = answer.body_base64 !== null;
  const body = json ?? (binary || answer.body === null ? null : textOf(answer.body));
  const note = binary ? `A body of ${answer.content_type ?? "bytes"}, which is not shown here.` : "No body";
  const message = {
    status,
    headers: pairs(headers),
    body,
    bodyType: answer.content_type,
    size: sizeOf(answer, body),
    duration,
    note,
  };
  return { type: "answer", message, url, attempts, truncated };
}

function shownPreview({ request, explain, rule }: Preview) {
  const body = request.body === null ? null : textOf(request.body);
  const bodyType = [request.headers["content-type"] ?? null].flat()[0];
  const message = { ...request, headers: pairs(request.headers), body, bodyType, note: "No body" };
  const texts = Object.entries(explain).filter((entry): entry is [string, string] => /\n/.test(String(entry[1])));
  const facts = Object.entries(explain).filter(([name]) => !texts.some(([other]) => other === name));
  return {
    type: "preview",
    message,
    explain: JSON.stringify(Object.fromEntries(facts)),
    signed: texts.map(([name, text]) => ({ id: name, label: words(name), text })),
    rule: RULE_WORDS[rule.because as keyof typeof RULE_WORDS] ?? rule.because,
  };
}

function words(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");
}

function textOf(body: unknown): string {
  return typeof body === "string" ? body : JSON.stringify(body);
}

function pairs(headers: Record<string, string | string[]>): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]) => [value].flat().map((one): [string, string] => [name, one]));
}

function sizeOf(answer: Executed, body: string | null): number | null {
  const told = Number(answer.headers["content-length"] ?? Number.NaN);
  if (Number.isFinite(told)) return told;
  if (answer.body_base64 !== null) return Math.floor((answer.body_base64.length * 3) / 4);
  return typeof answer.body === "string" ? Buffer.byteLength(body!) : null;
}
