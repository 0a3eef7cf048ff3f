import type { Issue } from "../errors.ts";
import { originOf } from "../services/catalog.ts";
import { allKinds } from "../signer/kinds.ts";
import type { Package, PackageService } from "./package.ts";
import { pathText, placeholdersIn, strangeBraces } from "./placeholders.ts";

/** The parts of a package in which placeholders are filled. */
export const FILLED = ["services", "bots", "behaviors"] as const;

/** Names of a service's settings that rest in the vault: those its kind hides, and the secret prompts of its entry. */
export function hiddenSettings({ catalog, kind }: Pick<PackageService, "catalog" | "kind">): Set<string> {
  const entry = originOf(catalog ?? null);
  const used = allKinds().find(({ id }) => id === (kind ?? entry?.kind));
  const asked = kind === undefined ? (entry?.prompts ?? []).filter(({ type }) => type === "secret") : [];
  const hidden = (used?.settings ?? []).filter((field) => field.hidden);
  return new Set([...asked.map(({ key }) => key), ...hidden.map(({ name }) => name)]);
}

/**
 * What stands where it must not: a secret anywhere but in a hidden setting of a service, anything but a secret in one,
 * prompts that nobody is asked. Secrets so never reach a bot, a step, a name, or the table of packages.
 */
export function misplaced(pack: Package): Issue[] {
  const prompts = new Map(pack.prompts.map((prompt) => [prompt.key, prompt]));
  const issues: Issue[] = [];
  for (const part of FILLED) {
    for (const { path, key } of placeholdersIn(pack[part], [part])) {
      const prompt = prompts.get(key);
      const hidden = inHidden(pack, path);
      const at = pathText(path);
      if (!prompt) issues.push({ path: at, message: `The package has no prompt “${key}”.` });
      else if (prompt.type === "secret" && !hidden)
        issues.push({ path: at, message: `“${key}” is a secret; it may only stand in a secret setting of a service.` });
      else if (prompt.type !== "secret" && hidden)
        issues.push({ path: at, message: `This setting is a secret; ask for it with a prompt of type secret.` });
    }
    for (const path of strangeBraces(pack[part], [part]))
      issues.push({ path: pathText(path), message: "Three braces hold a prompt, such as {{{ prompts.name }}}." });
  }
  return [...issues, ...written(pack)];
}

/** Secrets that are written into the package itself. */
function written(pack: Package): Issue[] {
  return pack.services.flatMap((service, index) =>
    [...hiddenSettings(service)].flatMap((name) => {
      const value = service.settings[name];
      const asked = value === undefined || value === null || value === "" || placeholdersIn(value).length > 0;
      const path = `services.${index}.settings.${name}`;
      return asked ? [] : [{ path, message: "A package holds no secret; ask for it with a prompt of type secret." }];
    }),
  );
}

function inHidden(pack: Package, path: (string | number)[]): boolean {
  const [part, index, field, name] = path;
  if (part !== "services" || field !== "settings" || path.length !== 4) return false;
  return hiddenSettings(pack.services[index as number]!).has(String(name));
}
