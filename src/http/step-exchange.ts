import type { Row } from "../audit/chain.ts";
import { masked, maskedUrl } from "../runs/shown.ts";
import type { SeenLine } from "../runs/trace-page.ts";
import type { ShownStep } from "./run-trace.ts";

// What one step sent and what came back, as the parts http-message and code-block draw it.

type Parts = Pick<ShownStep, "summary" | "notes" | "sent" | "came" | "data">;

interface Asked {
  account?: unknown;
  method?: unknown;
  url?: unknown;
  query?: unknown;
  headers?: unknown;
  body?: unknown;
  body_text?: unknown;
  body_base64?: unknown;
  form?: unknown;
  attempt?: number;
}

interface Came {
  status: number;
  headers: Record<string, string | string[]>;
  body?: unknown;
  body_base64?: string;
  url?: string;
  truncated?: boolean;
}

export function shownExchange(line: SeenLine, row: Row | undefined): Parts {
  const shown = (line.shown ?? {}) as Record<string, unknown>;
  const preview = shown.request as (Asked & { method: string; url: string }) | undefined;
  const asked = preview ?? (typeof shown.method === "string" ? (shown as Asked) : undefined);
  if (asked === undefined) return plain(line, shown);
  const came = isAnswer(line.result) ? line.result : undefined;
  const sent = sentMessage(asked, line.state === "simulated" ? undefined : came?.url);
  const rest = row?.facts ?? {};
  return {
    summary: `${String(asked.method)} ${maskedUrl(String(asked.url))}${came === undefined ? "" : ` → ${came.status}`}`,
    notes: [
      ...(typeof shown.not_sent === "string" ? [{ text: `Not sent. ${shown.not_sent}` }] : []),
      ...allowedBy(row, shown.rule),
      ...(Number(rest.attempts) > 1 ? [{ text: `Sent ${String(rest.attempts)} times until this came of it.` }] : []),
      ...(asked.attempt === undefined ? [] : [{ text: `This is attempt ${asked.attempt} of the step.` }]),
      ...(came?.truncated ? [{ text: "The answer was longer than the step takes; only its beginning was kept." }] : []),
      ...cutNote(line),
    ],
    sent,
    came: came === undefined ? null : cameMessage(line, came, Number(rest.duration_ms)),
    data: [],
  };
}

/** Why it was allowed, or which rule refused it; from the audit, and for what was not sent from the preview. */
function allowedBy(row: Row | undefined, rule: unknown): { text: string }[] {
  const { because, share } = (rule ?? {}) as { because?: string; share?: string | null };
  const text =
    row === undefined
      ? because === undefined
        ? ""
        : share
          ? `share:${share}`
          : because
      : String(row.facts.rule ?? "");
  const account = row === undefined ? "the account" : String(row.facts.account ?? "the account");
  if (row?.outcome === "denied") return [{ text: `Signet refused it: ${String(row.facts.code)}.` }];
  if (text === "owner") return [{ text: `Allowed because the bot's owner owns ${account}.` }];
  if (text === "team") return [{ text: `Allowed because the bot's team owns ${account}.` }];
  return text.startsWith("share") ? [{ text: `Allowed because ${account} is shared with the bot.` }] : [];
}

function sentMessage(asked: Asked, finalUrl: string | undefined) {
  const [body, bodyType] = bodyOf(asked);
  const url = maskedUrl(finalUrl ?? withQuery(String(asked.url), asked.query));
  return { method: String(asked.method), url, headers: pairs(asked.headers), body, bodyType, note: "No body" };
}

function bodyOf({ body, body_text, body_base64, form, headers }: Asked): [string | null, string | null] {
  if (form !== undefined && form !== null) return [JSON.stringify(form), "form, as JSON"];
  if (typeof body_text === "string") return [body_text, contentType(headers) ?? "text/plain"];
  if (typeof body_base64 === "string") return [body_base64, "Base64"];
  if (body === undefined || body === null) return [null, null];
  return typeof body === "string" ? [body, contentType(headers)] : [JSON.stringify(body), "application/json"];
}

function cameMessage(line: SeenLine, came: Came, duration: number) {
  const type = contentType(came.headers);
  const whole = came.body === undefined || came.body === null ? null : textOf(came.body);
  return {
    status: came.status,
    headers: pairs(came.headers),
    body: line.beginning ?? whole,
    // What is cut in the middle is no JSON any more.
    bodyType:
      line.beginning === null ? (typeof came.body === "object" ? "application/json" : type) : "Beginning of the body",
    duration: Number.isFinite(duration) ? duration : (line.durationMs ?? undefined),
    note: came.body_base64 === undefined ? "No body" : `A body of ${type ?? "bytes"}, which is not shown here.`,
  };
}

function cutNote({ beginning, length }: SeenLine): { text: string }[] {
  if (beginning === null) return [];
  const text = `Only the first ${beginning.length.toLocaleString("en")} of ${length.toLocaleString("en")} characters are shown; the API has all of it.`;
  return [{ text }];
}

/** A step that sent no request. */
function plain(line: SeenLine, shown: Record<string, unknown>): Parts {
  const { not_sent, not_done, ...rest } = shown;
  const label = (name: string, value: unknown) =>
    value === null || value === undefined || Object.keys(value as object).length === 0
      ? []
      : [{ label: name, text: textOf(value) }];
  return {
    summary: summaryOf(rest),
    notes: [...[not_sent, not_done].flatMap((text) => (typeof text === "string" ? [{ text }] : [])), ...cutNote(line)],
    sent: null,
    came: null,
    data: [
      ...(summaryOf(rest) === null ? label("What it was given", rest) : label("Inputs", rest.inputs)),
      ...(line.beginning === null ? label("Result", line.result) : [{ label: "Result", text: line.beginning }]),
    ],
  };
}

function summaryOf(shown: Record<string, unknown>): string | null {
  if (typeof shown.outcome === "string") return `Took “${shown.outcome}”`;
  if (shown.outcome === null) return "No outcome fitted";
  if (typeof shown.items === "number") return `${shown.items} ${shown.items === 1 ? "item" : "items"}`;
  if (typeof shown.until === "string") return `Until ${shown.until.replace("T", " ").replace(/\.\d+Z$/, " UTC")}`;
  return typeof shown.behavior === "string" ? shown.behavior : null;
}

function isAnswer(result: unknown): result is Came {
  const { status, headers } = (result ?? {}) as Partial<Came>;
  return typeof status === "number" && typeof headers === "object";
}

function withQuery(url: string, query: unknown): string {
  if (query === null || typeof query !== "object") return url;
  const all = Object.entries(query).flatMap(([name, value]) => [value].flat().map((one) => [name, String(one)]));
  const text = decodeURIComponent(new URLSearchParams(all as [string, string][]).toString().replaceAll("+", " "));
  return text === "" ? url : `${url}${url.includes("?") ? "&" : "?"}${text}`;
}

function contentType(headers: unknown): string | null {
  const found = Object.entries((headers ?? {}) as object).find(([name]) => name.toLowerCase() === "content-type");
  return found === undefined ? null : String([found[1]].flat()[0]);
}

function pairs(headers: unknown): [string, string][] {
  return Object.entries(masked((headers ?? {}) as Record<string, unknown>)!).flatMap(([name, value]) =>
    [value].flat().map((one): [string, string] => [name, String(one)]),
  );
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
