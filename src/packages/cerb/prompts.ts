import { catalog, originOf } from "../../services/catalog.ts";
import type { LeftOut } from "../read.ts";
import { listOf } from "./nodes.ts";

interface CerbPrompt {
  type?: unknown;
  label?: unknown;
  key?: unknown;
  params?: unknown;
}

const ACCOUNTS = "cerberusweb.contexts.connected_account";

/** The prompts of a package; `key` can be used in `{{{ }}}`. */
export function promptsOf(configure: unknown, path: string, leftOut: LeftOut[]) {
  const { prompts, placeholders } = (configure ?? {}) as { prompts?: unknown; placeholders?: unknown };
  for (const [index] of listOf(placeholders).entries())
    leftOut.push({
      path: `${path}.placeholders.${index}`,
      reason: "Values that are made up while importing have no counterpart.",
    });
  return listOf<CerbPrompt>(prompts).flatMap((prompt, index) => {
    const key = String(prompt.key ?? "");
    if (!/^[a-zA-Z][a-zA-Z0-9_]{0,59}$/.test(key)) {
      leftOut.push({ path: `${path}.prompts.${index}`, reason: `“${key}” can not be the key of a prompt.` });
      return [];
    }
    const label =
      String(prompt.label ?? key)
        .replace(/:\s*$/, "")
        .trim()
        .slice(0, 200) || key;
    return [{ key, label, ...kindOf(prompt, `${path}.prompts.${index}`, leftOut) }];
  });
}

function kindOf({ type, params }: CerbPrompt, path: string, leftOut: LeftOut[]): Record<string, unknown> {
  const given = (params ?? {}) as {
    context?: unknown;
    query?: unknown;
    default?: unknown;
    options?: unknown;
    multiple?: unknown;
  };
  const preset = typeof given.default === "string" && given.default !== "" ? { default: given.default } : {};
  if (type === "chooser" && given.context === ACCOUNTS) {
    const service = serviceIn(String(given.query ?? ""));
    return { type: "account", ...(service !== undefined && { service }) };
  }
  if (type === "chooser") leftOut.push({ path, reason: "Records can not be chosen here; this asks for text instead." });
  if (type !== "picklist") return { type: "text", ...preset };
  if (given.multiple) leftOut.push({ path, reason: "Only one of the choices can be made here." });
  const options = (Array.isArray(given.options) ? given.options : String(given.options ?? "").split(/\r?\n/))
    .map((one: unknown) => String(one).trim())
    .filter(Boolean);
  return options.length > 0 ? { type: "picklist", options, ...preset } : { type: "text", ...preset };
}

/** "service:salesforce" or "name:slack" mean an entry of the catalog, if there is one. */
function serviceIn(query: string): string | undefined {
  for (const [, wanted] of query.matchAll(/(?:service(?:\.\w+)?|name|uri):\W*([\w-]+)/gi)) {
    const found = catalogKey(wanted!);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The entry of the catalog with this key or name. */
export function catalogKey(name: string): string | undefined {
  const wanted = name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return (
    originOf(wanted)?.key ?? catalog().find((entry) => entry.name.toLowerCase() === name.trim().toLowerCase())?.key
  );
}
