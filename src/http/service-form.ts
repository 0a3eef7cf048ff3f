import { invalid } from "../errors.ts";
import type { Service } from "../services/service.ts";
import type { Problems } from "./failure.ts";
import { fields, text } from "./form.ts";
import { toMap, words } from "./kind-fields.ts";
import type { Incoming } from "./route.ts";

// The part of a service's form that is the same for every kind.

const NAMES = [
  "name",
  "base_url",
  "hosts",
  "headers",
  "test.method",
  "test.url",
  "test.identity.id",
  "test.identity.label",
] as const;

export type ServiceTexts = Record<(typeof NAMES)[number], string>;

export const SERVICE_FIELDS: readonly string[] = NAMES;

export const EMPTY_SERVICE: ServiceTexts = {
  name: "",
  base_url: "",
  hosts: "",
  headers: "",
  "test.method": "GET",
  "test.url": "",
  "test.identity.id": "",
  "test.identity.label": "",
};

export function storedService(service: Service): ServiceTexts {
  return {
    name: service.name,
    base_url: service.baseUrl ?? "",
    hosts: service.hosts.join("\n"),
    headers: Object.entries(service.headers)
      .map(([name, value]) => `${name}: ${value}`)
      .join("\n"),
    "test.method": service.test?.method ?? "GET",
    "test.url": service.test?.url ?? "",
    "test.identity.id": service.test?.identity?.id ?? "",
    "test.identity.label": service.test?.identity?.label ?? "",
  };
}

export function typedService(form: Incoming["form"]): ServiceTexts {
  return fields(form, ...NAMES);
}

/** Input for the verbs. What of a test request the form does not ask stays as it is. */
export function readService(form: Incoming["form"], test: Service["test"] = null) {
  return {
    name: text(form, "name"),
    hosts: words(text(form, "hosts")),
    base_url: text(form, "base_url").trim() || null,
    headers: toMap(text(form, "headers"), "headers", ":"),
    test: readTest(form, test),
  };
}

function readTest(form: Incoming["form"], before: Service["test"]): Service["test"] {
  const url = text(form, "test.url").trim();
  const id = text(form, "test.identity.id").trim();
  const label = text(form, "test.identity.label").trim();
  if (url === "") {
    if (id !== "" || label !== "") throw invalid("test.url", "Enter the address that tells this.");
    return null;
  }
  const { identity: _identity, ...rest } = before ?? {};
  const method = text(form, "test.method") as "GET";
  const identity = { ...(id && { id }), ...(label && { label }) };
  return { ...rest, method, url, ...((id || label) && { identity }) };
}

/**
 * Problems beside the fields they belong to: `hosts.3` to `hosts`, `base_url` to a prompt called `settings.base_url`.
 * What belongs to no field of this form is a line of the summary.
 */
export function placed(problems: Problems, names: readonly string[]) {
  const of: Record<string, string> = {};
  const lines: { name?: string; text: string }[] = [];
  for (const [path, sentence] of Object.entries(problems.fields)) {
    const name = ancestors(path).find((one) => names.includes(one));
    if (name !== undefined && of[name] === sentence) continue;
    if (name !== undefined) of[name] = of[name] === undefined ? sentence : `${of[name]} ${sentence}`;
    lines.push(
      name === undefined ? { text: path === "" ? sentence : `${path}: ${sentence}` } : { name, text: sentence },
    );
  }
  return { lines: lines.length > 0 ? lines : [{ text: problems.summary }], of };
}

function ancestors(path: string): string[] {
  const parts = path.split(".");
  const own = parts.map((_, at) => parts.slice(0, parts.length - at).join("."));
  return [...own, ...own.map((one) => `settings.${one}`)];
}
