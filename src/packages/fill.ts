import type { Answered } from "./answers.ts";
import type { Package } from "./package.ts";
import { filled, placeholdersIn, type Found } from "./placeholders.ts";
import { FILLED } from "./placement.ts";

/** A package with the answers in place of its placeholders. */
export type Filled = Pick<Package, (typeof FILLED)[number]>;

/** Ids of services that came to be in the course of an import, by their uid. */
export type Made = Map<string, string>;

/**
 * Fills the answers in; what is not answered yet is shown by its label, secrets only in services that are `fresh` (uids):
 * others keep theirs. Checks nothing.
 */
export function fillPackage(
  pack: Package,
  answered: Map<string, Answered>,
  made: Made = new Map(),
  fresh: (uid: string) => boolean = () => false,
): Filled {
  const fill = (found: Found) => {
    const answer = answered.get(found.key);
    const secret = answer?.prompt.type === "secret" && answer.value === undefined;
    const shown = secret && fresh(pack.services[found.path[1] as number]!.uid);
    return shown ? `‹${answer.prompt.label}›` : fillOne(answer, found, made);
  };
  const parts = FILLED.map((part) => [part, filled(pack[part], fill, [part])]);
  return Object.fromEntries(parts) as Filled;
}

/** The bots that use a prompt's answer: those whose behaviors hold it, and those that hold it themselves. */
export function botsUsing(pack: Package, key: string): string[] {
  const bots = pack.bots.filter((bot) => holds(bot, key)).flatMap(({ slug, uid }) => [slug, uid]);
  const ofBehaviors = pack.behaviors.filter((behavior) => holds(behavior, key)).map(({ bot }) => bot);
  return [...new Set([...bots, ...ofBehaviors])];
}

function holds(part: unknown, key: string): boolean {
  return placeholdersIn(part).some((found) => found.key === key);
}

function fillOne(answer: Answered | undefined, { path, whole }: Found, made: Made): unknown {
  if (!answer) return undefined;
  const { prompt, value, own, make } = answer;
  if (value !== undefined) return value;
  const uid = own ?? (make && promised(prompt.key));
  if (uid !== undefined) return made.get(uid) ?? uid;
  // Of a service's settings, what is not answered is not given, or stays as it is.
  if (path[0] === "services") return whole ? undefined : "";
  if (prompt.required !== false) return `‹${prompt.label}›`;
  // Without a certain account, a step uses whichever one of the service its bot may use.
  if (prompt.type === "account" && whole && path.at(-1) === "account" && prompt.service !== undefined)
    return { service: made.get(prompt.service) ?? prompt.service };
  if (!whole) return "";
  // In a list it is left out: a bot that is limited to no account yet may use none.
  return typeof path.at(-1) === "number" ? undefined : null;
}

/** Under which uid a service goes that a prompt's answer asks to make. */
export function promised(key: string): string {
  return `prompt:${key}`;
}
