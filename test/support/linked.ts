import { randomBytes } from "node:crypto";
import type { Account } from "../../src/accounts/account.ts";
import { departLink } from "../../src/accounts/link-depart.ts";
import { beginLink, linkByToken, shownLink } from "../../src/accounts/link.ts";
import { returnLink } from "../../src/accounts/link-return.ts";
import { saveLink } from "../../src/accounts/link-save.ts";
import type { Context } from "../../src/context.ts";
import type { Service } from "../../src/services/service.ts";

/** A consent without a browser: what `away` makes of the provider's address is what comes back. */
export type Away = (address: URL) => Record<string, string>;

/** Sends somebody to the provider and takes what they bring back, before anything is saved. */
export async function consented(ctx: Context, service: Service, away: Away, more: { account?: string } = {}) {
  const begun = await beginLink(ctx, { service: service.id, name: "Linked", ...more });
  const browser = randomBytes(8).toString("hex");
  const address = (await departLink(ctx, await linkByToken(ctx, begun.token), browser))!;
  const back = { state: address.searchParams.get("state") ?? "", ...away(address) };
  const { link } = await returnLink(ctx, new URLSearchParams(back), browser);
  return shownLink(link, ctx.clock());
}

/** The same, saved. Throws what went wrong. */
export async function linked(
  ctx: Context,
  service: Service,
  away: Away,
  more: { account?: string } = {},
): Promise<Account> {
  const link = await consented(ctx, service, away, more);
  if (link.state !== "linked") throw new Error(link.error);
  return saveLink(ctx, link.id);
}
