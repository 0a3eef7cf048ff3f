import { z } from "zod";
import type { Discovered } from "../services/discover.ts";
import type { Kind } from "../signer/kind.ts";
import { text } from "./form.ts";
import { storedTexts, type DrawnField, type Texts } from "./kind-fields.ts";
import type { Incoming } from "./route.ts";
import type { ServiceTexts } from "./service-form.ts";

// A form that is filled in from an address. What was found travels with the form, to be shown again and to tell what
// was filled in from what was typed; nothing of it is relied on.

const line = z.string().max(4000);
const keptSchema = z.object({
  address: line,
  source: z.object({ url: z.url(), standard: line }),
  issuer: line.nullable(),
  filled: z.record(z.string(), line),
  scopes: z.array(line).max(200),
  registration: z.url().nullable(),
  otherHosts: z.array(line).max(20),
  issuers: z.array(line).max(20),
  notes: z.array(line).max(50),
});

export type Found = z.infer<typeof keptSchema>;

/** What the form knows of the address that it was filled in from last; null when it never was. */
export function foundBefore(form: Incoming["form"]): Found | null {
  try {
    return keptSchema.parse(JSON.parse(text(form, "found")));
  } catch {
    return null;
  }
}

/** The form with what was found where nothing else was typed, and what was found. */
export function filledIn(
  kind: Kind,
  draft: { typed: ServiceTexts; settings: Texts },
  before: Found | null,
  address: string,
  found: Discovered,
): { typed: ServiceTexts; settings: Texts; found: Found } {
  const usual = storedTexts(kind, {});
  const told = storedTexts(kind, found.settings);
  const labels = new Map(kind.settings.map(({ name, label }) => [name, label]));
  const settings = { ...draft.settings };
  const filled: Texts = {};
  const notes = [...(found.server?.notes ?? [])];
  for (const name of Object.keys(found.settings)) {
    const typed = settings[name] ?? "";
    if (typed === told[name] || typed === "" || typed === usual[name] || typed === before?.filled[name]) {
      filled[name] = settings[name] = told[name] ?? "";
    } else notes.push(`${labels.get(name)}: what you entered stays; the server says ${told[name]}.`);
  }
  const typed = { ...draft.typed };
  if (found.baseUrl !== null && (typed.base_url === "" || typed.base_url === before?.filled.base_url)) {
    filled.base_url = typed.base_url = found.baseUrl;
  }
  const { source, scopes, otherHosts, issuers, server } = found;
  const of = { address, source, issuer: server?.issuer ?? null, registration: server?.registration ?? null };
  return { typed, settings, found: { ...of, filled, scopes, otherHosts, issuers, notes } };
}

/** The field of scopes as boxes to tick, where it is known which there are. */
export function withScopes(fields: DrawnField[], found: Found | null): DrawnField[] {
  if (found === null || found.scopes.length === 0) return fields;
  return fields.map((field) => {
    if (field.name !== "settings.scopes") return field;
    const ticked = new Set(field.value.split(/[\s,]+/).filter(Boolean));
    return {
      ...field,
      type: "scopes",
      help: "Tick what accounts are asked to allow.",
      value: [...ticked].filter((scope) => !found.scopes.includes(scope)).join(" "),
      scopes: found.scopes.map((name) => ({ name, meaning: "", ticked: ticked.has(name) })),
    };
  });
}

/** What was found in words, and the text in which it travels. */
export function shownFound(kind: Kind, found: Found) {
  const { address: _address, filled, ...rest } = found;
  const labels = kind.settings.filter(({ name }) => name in filled).map(({ label }) => label);
  return {
    ...rest,
    filled: [...("base_url" in filled ? ["Base URL"] : []), ...labels],
    host: new URL(found.source.url).host,
    registrationHost: found.registration === null ? null : new URL(found.registration).host,
    json: JSON.stringify(found),
  };
}
