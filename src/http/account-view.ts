import type { Account } from "../accounts/account.ts";
import { getAccount, rightsOn, type AccountLine } from "../accounts/browse.ts";
import { consentOf } from "../accounts/link.ts";
import { managedAccount } from "../accounts/manage.ts";
import type { Context } from "../context.ts";
import type { Service } from "../services/service.ts";
import { kindOf } from "../signer/kinds.ts";
import { tileOf } from "./tile.ts";

// What several pages say of an account or of its service.

/** A month, in which a new key can be had. */
const SOON = 30 * 86_400_000;

/** Where an account's page is. The short name "new" would be the page that makes one. */
export function accountPath(account: Pick<Account, "id" | "slug">): string {
  return `/accounts/${account.slug === "new" ? account.id : account.slug}`;
}

export function accountCrumbs(account: Pick<Account, "id" | "slug" | "name">) {
  return [
    { label: "Connected Accounts", href: "/accounts" },
    { label: account.name, href: accountPath(account) },
  ];
}

/** The account for a page that changes it. Throws `not_found` for strangers, `forbidden` for onlookers. */
export async function changeable(ctx: Context, key: string, right: "manage" | "stop" = "manage") {
  const { id } = await managedAccount(ctx, key, right);
  const account = await getAccount(ctx, id);
  return { account, path: accountPath(account), tile: tileOf(account.service) };
}

export async function seen(ctx: Context, key: string) {
  const account = await getAccount(ctx, key);
  return { account, path: accountPath(account), tile: tileOf(account.service), rights: await rightsOn(ctx, account) };
}

/** True when accounts of this service are won by consent at the provider. */
export function byConsent(service: Pick<Service, "kind" | "settings">): boolean {
  return consentOf(service) !== undefined;
}

/** True when the provider sends browsers back here, so that it has to know the callback address. */
export function callsBack(service: Pick<Service, "kind" | "settings">): boolean {
  const consent = consentOf(service);
  return consent !== undefined && consent.poll === undefined;
}

/** True when what an account is asked for is traded at the provider, so that nothing may have to be asked. */
export function byRenewal(service: Pick<Service, "kind" | "settings">): boolean {
  return !byConsent(service) && kindOf(service.kind).renewal?.(service.settings) !== undefined;
}

/** The origin to which a form of the page may lead: the provider's page of consent. */
export function consentOrigin(service: Service): string | undefined {
  const address = service.settings.authorize_url;
  return typeof address === "string" && URL.canParse(address) ? new URL(address).origin : undefined;
}

/** Options of view() for a page with a form that leads to the provider. */
export function leadsTo(service: Service, status = 200): { status: number; formAction?: string } {
  const origin = byConsent(service) ? consentOrigin(service) : undefined;
  return origin === undefined ? { status } : { status, formAction: origin };
}

/** How near the end of a key or certificate is; undefined while it is far or nobody knows of one. */
export function endingSoon(account: Pick<Account, "expiresOn">, now: Date): "expiring" | "expired" | undefined {
  if (account.expiresOn === null) return undefined;
  const left = Date.parse(`${account.expiresOn}T23:59:59Z`) - now.getTime();
  return left < 0 ? "expired" : left < SOON ? "expiring" : undefined;
}

/** The account's state for a list: what ends soon is worth more than that it is active. */
export function shownState(account: Pick<Account, "state" | "expiresOn">, now: Date): string {
  return account.state === "active" ? (endingSoon(account, now) ?? account.state) : account.state;
}

export function missingScopes(account: Pick<AccountLine, "scopesRequested" | "scopesGranted">): string[] {
  return account.scopesRequested.filter((scope) => !account.scopesGranted.includes(scope));
}
