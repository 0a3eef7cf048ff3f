import { isAdmin, sameOwner, type Actor, type BotActor, type Owner } from "./actor.ts";

// The one place that decides who may do what with an account; pages, API, proxy and bots all ask here
// (the table in docs/access.md).

/** A limit on what a share allows: each list that is given must match. */
export interface ShareRule {
  methods?: string[];
  /** Path patterns: `*` stands for one segment, a final `**` for any rest. */
  paths?: string[];
  hosts?: string[];
}

export interface Share {
  id: string;
  with: { type: "worker" | "team" | "bot" | "everyone"; id: string | null };
  rules: ShareRule[] | null;
  until: Date | null;
}

/** What is asked of an account. */
export interface Wish {
  method: string;
  host: string;
  path: string;
  /** The account that is meant. */
  account?: { id: string; slug: string };
}

/** Why a use is allowed or not; `share` is the id of the share that decided. */
export type Verdict =
  | { allowed: true; because: "owner" | "team" | "share"; share: string | null }
  | { allowed: false; code: "forbidden" | "rule_denied"; reason: string };

/** May the actor know that this account exists? Strangers get "not found". */
export function maySee(actor: Actor, owner: Owner, shares: Share[], now: Date): boolean {
  if (actor.type === "anonymous") return false;
  if (actor.type === "bot") return owns(actor, owner) || shares.some((share) => reaches(share, actor, now));
  if (isAdmin(actor)) return true;
  return owner.type === "organization" || owns(actor, owner) || shares.some((share) => reaches(share, actor, now));
}

/** May the actor rename, share, reconnect or disconnect it? */
export function mayManage(actor: Actor, owner: Owner): boolean {
  if (actor.type === "system") return true;
  if (actor.type !== "worker") return false;
  switch (owner.type) {
    case "organization":
      return actor.role === "admin";
    case "team":
      return actor.teams.some((team) => team.id === owner.id && team.manager);
    case "worker":
      return owner.id === actor.id;
  }
}

/** May the actor pause, disconnect or hand over? Admins may, even what they may not use. */
export function mayStop(actor: Actor, owner: Owner): boolean {
  return isAdmin(actor) || mayManage(actor, owner);
}

/** May the actor send this request with the account? Being an admin opens nothing here. */
export function mayUse(actor: Actor, owner: Owner, shares: Share[], wish: Wish, now: Date): Verdict {
  const limit = actor.type === "bot" && actor.limits ? beyondLimits(actor.limits, wish) : undefined;
  if (limit !== undefined) return { allowed: false, code: "rule_denied", reason: limit };
  if (owns(actor, owner)) return { allowed: true, because: owner.type === "team" ? "team" : "owner", share: null };
  const mine = shares.filter((share) => reaches(share, actor, now));
  const fitting = mine.find((share) => share.rules === null || share.rules.some((rule) => fits(rule, wish)));
  if (fitting) return { allowed: true, because: "share", share: fitting.id };
  return mine.length > 0
    ? {
        allowed: false,
        code: "rule_denied",
        reason: `The share does not cover ${wish.method} ${wish.host}${wish.path}.`,
      }
    : {
        allowed: false,
        code: "forbidden",
        reason: "You can see this account but may not use it. Ask its owner to share it.",
      };
}

/** What of a wish lies beyond what the bot was limited to. */
function beyondLimits({ accounts, hosts }: NonNullable<BotActor["limits"]>, wish: Wish): string | undefined {
  const { account } = wish;
  if (accounts && account && !accounts.includes(account.id) && !accounts.includes(account.slug))
    return "The bot is limited to other accounts.";
  return hosts && !hosts.some((host) => hostFits(host, wish.host))
    ? `The bot is limited to other hosts than ${wish.host}.`
    : undefined;
}

function hostFits(pattern: string, host: string): boolean {
  const [wanted, given] = [pattern.toLowerCase(), host.toLowerCase()];
  return wanted.startsWith("*.") ? given.endsWith(wanted.slice(1)) : wanted === given;
}

/** Owners whose accounts the actor may make or manage: what an owner menu offers. */
export function mayOwnFor(actor: Actor, owner: Owner): boolean {
  return mayManage(actor, owner);
}

/** A worker owns their own and their teams'; a bot owns exactly what its owner does, an organization's bot no more. */
function owns(actor: Actor, owner: Owner): boolean {
  if (actor.type === "bot") return sameOwner(actor.owner, owner);
  if (actor.type !== "worker") return false;
  if (owner.type === "team") return actor.teams.some((team) => team.id === owner.id);
  return owner.type === "worker" && owner.id === actor.id;
}

/** "Everyone" means every worker: a bot is only reached by name. */
function reaches(share: Share, actor: Actor, now: Date): boolean {
  if (share.until !== null && share.until <= now) return false;
  if (actor.type === "bot") return share.with.type === "bot" && share.with.id === actor.id;
  if (actor.type !== "worker") return false;
  switch (share.with.type) {
    case "everyone":
      return true;
    case "worker":
      return share.with.id === actor.id;
    case "team":
      return actor.teams.some((team) => team.id === share.with.id);
    case "bot":
      return false;
  }
}

function fits(rule: ShareRule, wish: Wish): boolean {
  return (
    (rule.methods === undefined || rule.methods.some((method) => method.toUpperCase() === wish.method)) &&
    (rule.hosts === undefined || rule.hosts.some((host) => host.toLowerCase() === wish.host)) &&
    (rule.paths === undefined || rule.paths.some((pattern) => pathFits(pattern, wish.path)))
  );
}

// A slash, backslash or control character that was encoded, once or more often.
const HIDDEN = /\\|%(25)*(2f|5c|[01][0-9a-f]|7f)/i;

/**
 * Compares decoded segments, so that `%61dmin` is `admin`; a path with an encoded slash, backslash or control
 * character or with a dot segment fits no rule, also where a server would see it only after decoding twice or
 * after cutting off what follows a semicolon (statement E-3).
 */
export function pathFits(pattern: string, path: string): boolean {
  if (HIDDEN.test(path)) return false;
  const wanted = pattern.split("/").filter(Boolean);
  const segments = decodeSegments(path);
  if (segments === undefined || segments.some(isDots)) return false;
  const rest = wanted.at(-1) === "**";
  const fixed = rest ? wanted.slice(0, -1) : wanted;
  if (rest ? segments.length < fixed.length : segments.length !== fixed.length) return false;
  return fixed.every((part, index) => part === "*" || part === segments[index]);
}

function isDots(segment: string): boolean {
  const read = segment.replace(/%(25)*2e/gi, ".").replace(/(;|%(25)*3b).*$/is, "");
  return read === "." || read === "..";
}

function decodeSegments(path: string): string[] | undefined {
  try {
    return path
      .split("/")
      .filter(Boolean)
      .map((segment) => decodeURIComponent(segment));
  } catch {
    return undefined;
  }
}
