import { slugify } from "../accounts/account.ts";
import { behaviorOf, slugsOf, type CerbBehavior } from "./cerb/behaviors.ts";
import { listOf } from "./cerb/nodes.ts";
import { promptsOf } from "./cerb/prompts.ts";
import { LeftOutHere, type Scope } from "./cerb/scope.ts";
import { servicesOf } from "./cerb/services.ts";
import { template } from "./cerb/template.ts";
import { placeholdersIn } from "./placeholders.ts";
import type { LeftOut } from "./read.ts";

interface CerbPackage {
  package: { name?: unknown; revision?: unknown; configure?: unknown; library?: unknown };
  bots?: unknown;
  records?: unknown;
  [part: string]: unknown;
}

interface CerbBot {
  uid?: unknown;
  name?: unknown;
  params?: unknown;
  behaviors?: unknown;
}

/** True for what looks like a package of Cerb. */
export function isCerb(given: unknown): given is CerbPackage {
  const parts = given as { package?: unknown; signet_package?: unknown } | null;
  return (
    parts !== null &&
    typeof parts === "object" &&
    parts.signet_package === undefined &&
    parts.package !== null &&
    typeof parts.package === "object"
  );
}

/**
 * A package of Cerb as one of ours: bots with the behaviors that others can call, and connected services of which the
 * catalog knows the provider. Everything that has no counterpart is left out, and told with its place and the reason.
 */
export function fromCerb(given: CerbPackage): { package: Record<string, unknown>; leftOut: LeftOut[] } {
  const leftOut: LeftOut[] = [];
  const about = given.package;
  const name =
    String(about.name ?? "")
      .trim()
      .slice(0, 100) || "Cerb package";
  const base = `cerb/${slugify(name)}`;
  const { services, prompts: asked } = servicesOf(given.records, base, leftOut);
  const prompts = promptsOf(about.configure, "package.configure", leftOut);
  const keys = new Set(prompts.map(({ key }) => key));
  const { bots, behaviors } = botsOf(given.bots, base, keys, leftOut);
  for (const part of Object.keys(given)) {
    if (["package", "bots", "records"].includes(part)) continue;
    const items = given[part];
    const many = Array.isArray(items) ? items.length : 1;
    if (many > 0) leftOut.push({ path: part, reason: `“${part}” have no counterpart.` });
  }
  const used = new Set(placeholdersIn([services, bots, behaviors]).map(({ key }) => key));
  const description = (about.library as { description?: unknown } | undefined)?.description;
  return {
    package: {
      ...{ signet_package: 1, name, uid: base, version: versionOf(about.revision) },
      description: typeof description === "string" ? description.slice(0, 2000) : "",
      prompts: [...prompts, ...asked].filter((prompt) => used.has(String(prompt.key))),
      ...{ services, bots, behaviors },
    },
    leftOut,
  };
}

function botsOf(given: unknown, base: string, prompts: ReadonlySet<string>, leftOut: LeftOut[]) {
  const found = listOf<CerbBot>(given);
  const taken = new Set<string>();
  const known = found.map((bot, index) => {
    const wished = slugify(String(bot.name ?? "bot")).slice(0, 55);
    let slug = wished;
    for (let number = 2; taken.has(slug); number++) slug = `${wished}-${number}`;
    taken.add(slug);
    const behaviors = listOf<CerbBehavior>(bot.behaviors);
    return {
      bot,
      slug,
      behaviors,
      slugs: slugsOf(behaviors),
      path: `bots.${index}`,
      uid: `${base}/${uidOf(bot.uid, `bot_${index}`)}`,
    };
  });
  const names = new Map<string, string>();
  for (const { slug, behaviors, slugs } of known)
    behaviors.forEach(({ uid }, index) => {
      if (slugs[index] !== undefined && typeof uid === "string") names.set(uid, `${slug}/${slugs[index]}`);
    });
  const bots = known.map(({ bot, slug, path, uid }) => ({
    ...{
      uid,
      slug,
      name:
        String(bot.name ?? "Bot")
          .trim()
          .slice(0, 100) || "Bot",
    },
    config: configOf(bot, `${path}.params`, prompts, leftOut),
  }));
  const behaviors = known.flatMap(({ slug, behaviors, slugs, path }) =>
    behaviors.flatMap((behavior, index) => {
      const made = behaviorOf(behavior, `${path}.behaviors.${index}`, leftOut, { prompts, names });
      const uid = `${base}/${uidOf(behavior.uid, `${slug}_${index}`)}`;
      return made ? [{ uid, bot: slug, slug: slugs[index], ...made }] : [];
    }),
  );
  return { bots, behaviors };
}

/** A bot's configuration: names with texts, in which prompts may stand. */
function configOf({ params }: CerbBot, path: string, prompts: ReadonlySet<string>, leftOut: LeftOut[]) {
  const config = (params as { config?: unknown } | null)?.config;
  if (config === null || typeof config !== "object" || Array.isArray(config)) return {};
  const scope: Scope = { ...{ inputs: new Map(), vars: new Map(), responses: new Map(), calls: new Map() }, prompts };
  return Object.fromEntries(
    Object.entries(config).flatMap(([key, value]: [string, unknown]) => {
      try {
        return [[key, typeof value === "string" ? template(value, scope) : value]];
      } catch (error) {
        if (!(error instanceof LeftOutHere)) throw error;
        leftOut.push({ path: `${path}.config.${key}`, reason: error.message });
        return [];
      }
    }),
  );
}

function uidOf(uid: unknown, otherwise: string): string {
  const text = typeof uid === "string" ? uid.replace(/[^A-Za-z0-9._:-]+/g, "-").slice(0, 60) : "";
  return text === "" ? otherwise : text;
}

function versionOf(revision: unknown): string {
  const text = String(revision ?? 1);
  return /^[0-9A-Za-z][0-9A-Za-z.+-]{0,49}$/.test(text) ? text : "1";
}
