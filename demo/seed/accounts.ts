import type { Account } from "../../src/accounts/account.ts";
import { getAccount } from "../../src/accounts/browse.ts";
import { connectAccount } from "../../src/accounts/connect.ts";
import { editAccount } from "../../src/accounts/edit.ts";
import { beginLink, ownLink, type BeginLink } from "../../src/accounts/link.ts";
import { departLink } from "../../src/accounts/link-depart.ts";
import { returnLink } from "../../src/accounts/link-return.ts";
import { saveLink } from "../../src/accounts/link-save.ts";
import { testAccount } from "../../src/accounts/test.ts";
import type { Context } from "../../src/context.ts";
import { isSignetError } from "../../src/errors.ts";
import { WEATHER_KEY } from "../acme/client.ts";
import { consentAtAcme } from "./person.ts";

/** The team's account at Acme CRM, linked as Grace Okafor; linked anew when Acme no longer knows it. */
export async function seedLinked(manager: Context, service: string, team: string): Promise<Account> {
  const slug = "acme-crm";
  const known = await existing(manager, slug);
  if (!known) return link(manager, { service, name: "Helpdesk inbox", slug, owner: { type: "team", id: team } });
  return (await needsNothing(manager, known)) ? known : link(manager, { account: known.id });
}

/** The organization's account at Acme Weather. */
export async function seedKeyed(admin: Context, service: string): Promise<Account & { fresh: boolean }> {
  const slug = "acme-weather";
  const known = await existing(admin, slug);
  const secret = { key: WEATHER_KEY };
  if (known) {
    const works = await needsNothing(admin, known);
    return { ...(works ? known : await editAccount(admin, known.id, { secret, try: true })), fresh: false };
  }
  const owner = { type: "organization" as const };
  const name = "Weather for everyone";
  return { ...(await connectAccount(admin, { service, name, slug, owner, secret, try: true })), fresh: true };
}

/** The whole way that a person with a browser goes, with the same verbs behind the same checks. */
async function link(worker: Context, wish: BeginLink): Promise<Account> {
  const browser = "the-demo's-own-browser";
  const begun = await beginLink(worker, wish);
  const authorize = await departLink(worker, await ownLink(worker, begun.id), browser);
  const answer = await consentAtAcme(authorize!, "grace");
  const returned = await returnLink(worker, answer, browser);
  if (!returned.linked) throw new Error(returned.link.error ?? "Acme CRM could not be linked.");
  return saveLink(worker, begun.id);
}

async function existing(ctx: Context, slug: string): Promise<Account | undefined> {
  return getAccount(ctx, slug).catch((error: unknown) => {
    if (isSignetError(error) && error.code === "not_found") return undefined;
    throw error;
  });
}

/** True for an account that works, and for one that somebody paused on purpose. */
async function needsNothing(ctx: Context, account: Account): Promise<boolean> {
  if (account.state === "paused") return true;
  return testAccount(ctx, account.id).then(
    (found) => found.worked === true,
    (error: unknown) => {
      if (isSignetError(error)) return false;
      throw error;
    },
  );
}
