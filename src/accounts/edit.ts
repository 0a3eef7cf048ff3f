import { z } from "zod";
import { inTransaction, notify, record, type Context } from "../context.ts";
import { invalid, SignetError } from "../errors.ts";
import { serviceOf } from "../services/browse.ts";
import { nameInput, slugInput, type Account } from "./account.ts";
import { requireBaseUrl } from "./base-url.ts";
import { parseSecret, slugTaken } from "./connect.ts";
import { firstGrant } from "./first-grant.ts";
import { candidate, identify } from "./identify.ts";
import { consentOf } from "./link.ts";
import { managedAccount } from "./manage.ts";
import { accountSubject } from "./ready.ts";
import { findAccount } from "./store.ts";
import { endOf, credentialFacts } from "./validity.ts";

export const editAccountInput = z.strictObject({
  name: nameInput.optional(),
  slug: slugInput.optional(),
  /** Replaces the stored credential as a whole. */
  secret: z.record(z.string(), z.unknown()).optional(),
  expires_on: z.iso.date("Write the day as YYYY-MM-DD.").nullish(),
  try: z.boolean().default(false),
});
export type EditAccount = z.input<typeof editAccountInput>;

/** Renames an account, or replaces its credential; id, shares and everything that uses it stay. */
export async function editAccount(ctx: Context, key: string, given: EditAccount): Promise<Account> {
  const input = editAccountInput.parse(given);
  const replaced = input.secret === undefined ? undefined : await newSecret(ctx, key, input.secret, input.try);
  return inTransaction(ctx, async (inside) => {
    const account = await managedAccount(inside, key);
    const changes = {
      ...(input.name === undefined ? {} : { name: input.name }),
      ...(input.slug === undefined ? {} : { slug: input.slug }),
      ...(input.expires_on === undefined ? {} : { expires_on: input.expires_on }),
      ...(replaced === undefined
        ? {}
        : { ...replaced.columns, state: account.state === "paused" ? "paused" : "active", state_reason: null }),
    };
    await inside
      .db("accounts")
      .where({ id: account.id })
      .update({ ...changes, updated_at: inside.clock() })
      .catch(slugTaken);
    if (replaced)
      await inside.vault.replace(
        inside.db,
        account.secretId,
        { ...replaced.binding, subject: accountSubject(account.id) },
        replaced.secret,
      );
    await notify(inside, "account", account.id);
    await record(inside, editEvent(account, input.name, replaced?.columns.identity_label));
    return (await findAccount(inside, { id: account.id }))!;
  });
}

async function newSecret(ctx: Context, key: string, given: Record<string, unknown>, tryFirst: boolean) {
  const account = await inTransaction(ctx, (inside) => managedAccount(inside, key));
  const service = await serviceOf(ctx, account.serviceId);
  if (consentOf(service)) {
    throw invalid("secret", `${service.name} is linked by consent; reconnect the account instead.`);
  }
  const who = { id: account.id, name: account.name };
  const secret = parseSecret(service, given);
  const end = endOf(ctx, service, secret);
  const first = await firstGrant(ctx, service, secret, who, tryFirst);
  if (first.baseUrl !== undefined) requireBaseUrl(service, first);
  const known = { baseUrl: first.baseUrl ?? account.baseUrl, metadata: first.metadata ?? account.metadata };
  const found = tryFirst ? await identify(ctx, await candidate(ctx, service, first.secret, known), who) : undefined;
  if (found?.worked === false)
    throw new SignetError("invalid", found.message, { issues: [{ path: "secret", message: found.message }] });
  const columns = {
    identity_id: found?.identity.id ?? account.identity.id,
    identity_label: found?.identity.label ?? account.identity.label,
    base_url: known.baseUrl,
    metadata: JSON.stringify(known.metadata),
    expires_at: first.expiresAt ?? null,
    refreshable: first.refreshable,
    ...(first.scopes === undefined ? {} : { scopes_granted: first.scopes }),
    facts: credentialFacts(service, first.secret),
    ...(end === null ? {} : { expires_on: end }),
  };
  return { secret: first.secret, columns, binding: { provider: service.id, hosts: service.hosts } };
}

function editEvent(account: Account, name: string | undefined, identity: string | null | undefined) {
  return identity === undefined
    ? ({
        action: "account.renamed",
        outcome: "ok",
        account: account.id,
        facts: { account: name ?? account.name, previous_name: account.name },
      } as const)
    : ({
        action: "account.reconnected",
        outcome: "ok",
        account: account.id,
        facts: { account: account.name, identity, previous_identity: account.identity.label },
      } as const);
}
