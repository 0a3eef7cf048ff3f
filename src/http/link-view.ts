import { linkIsOver } from "../accounts/link-edit.ts";
import { departLink } from "../accounts/link-depart.ts";
import { linkById, shownLink, type LinkRow } from "../accounts/link.ts";
import { waits } from "../accounts/link-wait.ts";
import { getAccount } from "../accounts/browse.ts";
import type { Context } from "../context.ts";
import { ownerNames } from "../people/owner.ts";
import { getService, serviceOf } from "../services/browse.ts";
import { SignetError } from "../errors.ts";
import { formOf, type TypedAccount } from "./account-form.ts";
import { accountScopes } from "./account-scopes.ts";
import { accountPath, leadsTo } from "./account-view.ts";
import { redirect, view, type Answer } from "./answer.ts";
import { refused } from "./form.ts";
import type { Problems } from "./failure.ts";
import { ownerOptions, ownerPerson } from "./owner-field.ts";
import type { Incoming } from "./route.ts";
import { tileOf } from "./tile.ts";

/** Binds this browser to the link and leads it to the provider, or to what the provider has against it. */
export async function leadToProvider(ctx: Context, link: LinkRow, request: Incoming): Promise<Answer> {
  const address = await departLink(ctx, link, request.browser);
  if (address) return redirect(address.href);
  const now = await linkById(ctx, link.id);
  return redirect(waits(now, ctx.clock()) ? `/links/${link.id}/wait` : resultPath(ctx, link));
}

/** Where whoever links is told what came of it: its maker can save it. */
export function resultPath(ctx: Context, link: LinkRow): string {
  return link.worker_id === ctx.actor.id ? `/links/${link.id}` : `/links/${link.id}/done`;
}

/** A browser that only loads ahead has asked nobody; what works once must not be used up by it (statement O-16). */
export function refusePrefetch(headers: Incoming["headers"]): void {
  const purpose = `${String(headers["sec-purpose"] ?? "")} ${String(headers.purpose ?? "")} ${String(headers["x-moz"] ?? "")}`;
  if (/prefetch|prerender|preview/i.test(purpose))
    throw new SignetError("forbidden", "This page does something, so it is not loaded ahead. Open it yourself.");
}

/** The account that a link reconnects, and whether another identity came back. Null for a new account. */
export async function reconnected(ctx: Context, link: LinkRow) {
  if (link.account_id === null) return null;
  const { id, slug, name, identity } = await getAccount(ctx, link.account_id);
  const came = link.state === "linked" ? link.identity_id : null;
  const differs = came !== null && identity.id !== null && came !== identity.id;
  return { name, path: accountPath({ id, slug }), identity: identity.label ?? identity.id, differs };
}

/** The maker's page of a link: the account form, with what came back. */
export async function linkPage(
  ctx: Context,
  link: LinkRow,
  typed: TypedAccount = formOf(link),
  problems: Problems | null = null,
): Promise<Answer> {
  const service = await getService(ctx, link.service_id);
  const account = await reconnected(ctx, link);
  const shown = shownLink(link, ctx.clock());
  const { requested, granted } = shown.scopes;
  const data = {
    page: { title: account ? `Reconnect ${account.name}` : `New ${service.name} account`, section: "accounts" },
    tile: tileOf({ name: service.name, catalog: service.catalogKey }),
    target: { id: service.id, name: service.name },
    typed,
    owners: await ownerOptions(ctx),
    asked: accountScopes(service),
    link: {
      ...shown,
      over: linkIsOver(link, ctx.clock()),
      waits: waits(link, ctx.clock()),
      who: shown.identity.label ?? shown.identity.id,
      missing: requested.filter((scope) => !granted.includes(scope)),
    },
    account,
    problems: problems && refused(problems),
  };
  return view("account-link", data, leadsTo(service, problems === null ? 200 : 400));
}

/** What anybody who holds its address may know of a link: where it links, and who will have the account. */
export async function linkFacts(ctx: Context, link: LinkRow) {
  const service = await serviceOf(ctx, link.service_id);
  const maker = { type: "worker" as const, id: link.worker_id };
  const owner = { type: link.owner_type, id: link.owner_id } as Parameters<typeof ownerPerson>[0];
  const names = await ownerNames(ctx, [maker, owner]);
  return {
    service,
    target: { name: service.name, tile: tileOf({ name: service.name, catalog: service.catalogKey }) },
    maker: ownerPerson(maker, names),
    owner: ownerPerson(owner, names),
    asked: accountScopes(service),
    account: link.name,
    reconnect: link.account_id !== null,
  };
}
