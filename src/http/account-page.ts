import { newHosts } from "../accounts/accept-hosts.ts";
import { baseUrlFor } from "../accounts/account.ts";
import type { AccountLine, rightsOn } from "../accounts/browse.ts";
import type { NamedShare } from "../accounts/share.ts";
import type { Context } from "../context.ts";
import { searches } from "./account-options.ts";
import { accountPath, byConsent, endingSoon, missingScopes } from "./account-view.ts";

type Rights = Awaited<ReturnType<typeof rightsOn>>;
type Person = { name: string; type: string };

/** The acts somebody may do with an account, in the words people know by heart. */
export function accountActs(account: AccountLine, rights: Rights) {
  const path = accountPath(account);
  const reconnect = byConsent(account.service)
    ? { label: "Reconnect", action: `${path}/reconnect`, icon: "repeat" }
    : { label: "Reconnect", href: `${path}/secret`, icon: "repeat" };
  const pause =
    account.state === "paused"
      ? rights.manage && { label: "Resume", action: `${path}/resume`, icon: "play" }
      : rights.stop && { label: "Pause", action: `${path}/pause`, icon: "pause" };
  return [
    rights.manage && reconnect,
    rights.use &&
      searches(account) && { label: "Search", href: `/requests/directory?account=${account.id}`, icon: "search" },
    (rights.manage || rights.use) && { label: "Test now", action: `${path}/test`, icon: "zap" },
    rights.manage && { label: "Manage access", href: `${path}/access`, icon: "users" },
    rights.manage && { label: "Rename", href: `${path}/rename`, icon: "pencil" },
    pause,
    rights.stop && { label: "Disconnect", href: `${path}/disconnect`, icon: "unplug" },
  ].filter((act) => act !== false);
}

/** What needs attention, each with the one next step for those who may take it. */
export async function accountBanners(ctx: Context, account: AccountLine, rights: Rights) {
  const path = accountPath(account);
  const again = accountActs(account, { ...rights, manage: true })[0];
  const missing = missingScopes(account);
  const ending = endingSoon(account, ctx.clock());
  const consent = byConsent(account.service);
  const hosts = rights.manage ? await newHosts(ctx, account) : [];
  return [
    account.state === "needs_reconnect" && {
      kind: "bad",
      title: account.stateReason ?? `${account.service.name} no longer accepts this account.`,
      text: rights.manage
        ? "Until then nothing is sent with it."
        : "Nothing is sent with it until its owner reconnects it.",
      action: rights.manage ? again : undefined,
    },
    account.state === "paused" && {
      kind: "info",
      title: account.stateReason ?? "This account is paused.",
      text: "Nothing is sent with it until it is resumed.",
    },
    account.state !== "needs_reconnect" &&
      missing.length > 0 && {
        kind: "warn",
        title: missing.length === 1 ? "One scope was not granted." : `${missing.length} scopes were not granted.`,
        text: `Requests that need ${missing.join(", ")} will be refused by ${account.service.name}.`,
        action: rights.manage && byConsent(account.service) ? { ...again, label: "Grant the missing ones" } : undefined,
      },
    account.state === "active" &&
      ending !== undefined && {
        kind: "warn",
        title: `${consent ? "The consent" : "This key"} ${ending === "expired" ? "ended" : "ends"} on ${account.expiresOn}.`,
        text: consent ? "Reconnect, to be asked for it again." : "Get a new one at the provider, and replace it here.",
        action: rights.manage ? { ...again, label: consent ? "Reconnect" : "Replace it" } : undefined,
      },
    hosts.length > 0 && {
      kind: "warn",
      title: `${account.service.name} gained ${hosts.length === 1 ? "a host" : "hosts"}: ${hosts.join(", ")}.`,
      text: "Your credential goes there only if you agree.",
      action: { label: hosts.length === 1 ? "Accept the host" : "Accept the hosts", action: `${path}/accept-hosts` },
    },
  ].filter((banner) => banner !== false);
}

export function accountFacts(account: AccountLine, owner: Person, service: object) {
  const { identity, expiresAt, expiresOn, refreshable } = account;
  const base = baseUrlFor(account.service, account);
  const learned = Object.entries(account.metadata);
  return [
    {
      label: "Identity",
      text: identity.label ?? identity.id ?? "Not known",
      detail: identity.label === null || identity.id === identity.label ? null : identity.id,
    },
    { label: "Service", service },
    { label: "Owner", person: owner },
    { label: "Short name", copy: account.slug },
    searches(account)
      ? false
      : base === null
        ? { label: "Base URL", text: "None: give whole addresses" }
        : { label: "Base URL", copy: base },
    { label: "Hosts", tags: account.service.hosts },
    learned.length > 0 && {
      label: "Learned when linked",
      tags: learned.map(([name, value]) => `{${name}} = ${value}`),
    },
    expiresAt !== null && {
      label: refreshable ? "Token renewed" : "Access ends",
      at: expiresAt,
      detail: refreshable ? "by itself, at the latest" : "then it must be reconnected",
    },
    expiresOn !== null && { label: byConsent(account.service) ? "Consent ends on" : "Key expires on", text: expiresOn },
    ...account.facts.map(({ label, value }) => ({ label, text: value })),
    { label: "Credential", text: "saved, hidden", detail: "sealed; only ever used to sign requests" },
    { label: "Last used", at: account.lastUsedAt },
    { label: "Linked", at: account.createdAt },
  ].filter((fact) => fact !== false);
}

/** Who may send requests with the account, and why, in sentences. */
export function whoMayUse(account: AccountLine, owner: Person, shares: NamedShare[], now: Date) {
  const byOwnership = {
    organization: { who: { name: "Bots of the organization", type: "bot" }, why: "own it" },
    team: { who: { ...owner, name: `Members and bots of ${owner.name}` }, why: "own it" },
    worker: { who: { ...owner, name: `${owner.name} and their own bots` }, why: "private" },
  }[account.owner.type];
  const live = shares.filter((share) => share.until === null || share.until > now);
  return [
    { ...byOwnership, until: null },
    ...live.map((share) => ({
      who: { name: share.name, type: share.with.type, id: share.with.id ?? "everyone" },
      why: share.rules === null ? "shared" : `shared for ${limits(share)}`,
      until: share.until,
    })),
  ];
}

/** The limits of a share in one line: "GET, POST on /services/data/**". */
export function limits(share: Pick<NamedShare, "rules">): string {
  if (share.rules === null) return "every request";
  return share.rules
    .map(({ methods, paths, hosts }) => {
      const on = [...(hosts ?? []), ...(paths ?? [])].join(", ");
      return `${methods?.join(", ") ?? "every method"}${on === "" ? "" : ` on ${on}`}`;
    })
    .join("; ");
}

/** Why the person who looks may or may not use it. */
export function yourUse({ use, because }: Rights): string {
  if (!use) return "You may see this account but not send requests with it.";
  switch (because) {
    case "owner":
      return "You may use it because it is yours.";
    case "team":
      return "You may use it because your team owns it.";
    default:
      return "You may use it because it is shared with you.";
  }
}
