import { z } from "zod";
import type { Owner } from "../access/actor.ts";
import { inTransaction, notify, record, type Context } from "../context.ts";
import { invalid, SignetError } from "../errors.ts";
import { holdOwner } from "../people/owner.ts";
import { serviceOf } from "../services/browse.ts";
import type { Service } from "../services/service.ts";
import { kindOf } from "../signer/kinds.ts";
import { isDuplicate } from "../storage/database.ts";
import { newId } from "../storage/id.ts";
import { nameInput, ownerInput, ownerOf, slugify, slugInput, type Account } from "./account.ts";
import { requireBaseUrl } from "./base-url.ts";
import { firstGrant } from "./first-grant.ts";
import { candidate, identify, type Identified } from "./identify.ts";
import { requireOwner } from "./own.ts";
import { accountSubject } from "./ready.ts";
import { findAccount, freeSlug } from "./store.ts";
import { endOf, credentialFacts } from "./validity.ts";

export const connectInput = z.strictObject({
  service: z.uuid("Name the service by its id."),
  name: nameInput,
  slug: slugInput.optional(),
  owner: ownerInput.optional(),
  secret: z.record(z.string(), z.unknown()).default({}),
  expires_on: z.iso.date("Write the day as YYYY-MM-DD.").nullish(),
  base_url: z
    .url({ protocol: /^https?$/ })
    .max(2000)
    .optional(),
  /** Try the credential first, and save nothing when the provider refuses it. */
  try: z.boolean().default(false),
});
export type Connect = z.input<typeof connectInput>;

/** What a new account starts with. */
export interface NewAccount {
  service: Service;
  name: string;
  slug?: string | undefined;
  owner: Owner;
  secret: object;
  identity: Identified["identity"];
  scopesRequested: string[];
  scopesGranted: string[];
  baseUrl: string | null;
  metadata: Record<string, string>;
  expiresAt: Date | null;
  expiresOn: string | null;
  refreshable: boolean;
  tried: boolean;
}

/**
 * Makes an account from a credential that was typed in or is imported. Private to the actor unless another owner is
 * named. Throws `invalid` naming the field, `forbidden`, `conflict` for a taken slug, and with `try` also `invalid`
 * when the provider refuses the credential: then nothing is saved.
 */
export async function connectAccount(ctx: Context, given: Connect): Promise<Account> {
  const input = connectInput.parse(given);
  if (ctx.actor.type !== "worker") throw new SignetError("forbidden", "Accounts are made by workers.");
  const owner = ownerOf(input.owner, ctx.actor.id);
  await requireOwner(ctx, owner, "an account");
  const service = await serviceOf(ctx, input.service).catch(() => {
    throw invalid("service", "There is no such service.");
  });
  const secret = parseSecret(service, input.secret);
  const end = endOf(ctx, service, secret);
  const first = await firstGrant(ctx, service, secret, { id: null, name: input.name }, input.try);
  const baseUrl = input.base_url ?? first.baseUrl;
  if (first.baseUrl !== undefined) requireBaseUrl(service, first);
  const usable = await candidate(ctx, service, first.secret, { ...first, baseUrl });
  const found = input.try ? await identify(ctx, usable, { id: null, name: input.name }) : undefined;
  if (found?.worked === false)
    throw new SignetError("invalid", found.message, { issues: [{ path: "secret", message: found.message }] });
  return inTransaction(ctx, (inside) =>
    createAccount(inside, {
      service,
      name: input.name,
      slug: input.slug,
      owner,
      secret: first.secret,
      identity: found?.identity ?? { id: null, label: null },
      scopesRequested: first.scopes ?? [],
      scopesGranted: first.scopes ?? [],
      baseUrl: baseUrl ?? null,
      metadata: first.metadata ?? {},
      expiresAt: first.expiresAt ?? null,
      expiresOn: end ?? input.expires_on ?? null,
      refreshable: first.refreshable,
      tried: found?.worked === true,
    }),
  );
}

/** The row, its sealed secret and its record, in the caller's transaction. */
export async function createAccount(ctx: Context, account: NewAccount): Promise<Account> {
  const id = newId();
  const { service, owner } = account;
  await holdOwner(ctx, owner);
  const binding = { subject: accountSubject(id), provider: service.id, hosts: service.hosts };
  const secretId = await ctx.vault.put(ctx.db, binding, account.secret);
  const slug = account.slug ?? (await freeSlug(ctx, slugify(account.name)));
  await ctx
    .db("accounts")
    .insert({
      id,
      slug,
      name: account.name,
      service_id: service.id,
      owner_type: owner.type,
      owner_id: owner.id,
      secret_id: secretId,
      identity_id: account.identity.id,
      identity_label: account.identity.label,
      scopes_requested: account.scopesRequested,
      scopes_granted: account.scopesGranted,
      base_url: account.baseUrl,
      metadata: JSON.stringify(account.metadata),
      expires_at: account.expiresAt,
      expires_on: account.expiresOn,
      facts: credentialFacts(service, account.secret),
      refreshable: account.refreshable,
      created_by: ctx.actor.id,
    })
    .catch(slugTaken);
  await notify(ctx, "account", id);
  const facts = {
    account: account.name,
    service: service.name,
    owner: owner.type,
    identity: account.identity.label,
    tried: account.tried,
  };
  await record(ctx, { action: "account.connected", outcome: "ok", account: id, facts });
  return (await findAccount(ctx, { id }))!;
}

/** The secret in the kind's own shape, looked at by it. Throws `invalid` with paths under `secret`. */
export function parseSecret(service: Service, given: Record<string, unknown>): object {
  const kind = kindOf(service.kind);
  const schema = kind.secretSchemaFor?.(service.settings) ?? kind.secretSchema;
  const result = schema.safeParse(given);
  // Tokens can be imported in place of what they are traded for, so there accept() has the word.
  const fields = result.success && kind.renewal?.(service.settings) ? [] : kind.secret(service.settings);
  for (const field of fields) {
    const value = given[field.name];
    if (field.required && (value === undefined || value === ""))
      throw invalid(`secret.${field.name}`, `Enter ${field.label.toLowerCase()}.`);
  }
  if (result.success) return (kind.examine?.(result.data, service.settings) ?? result.data) as object;
  const issues = result.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({ path: `secret.${key}`, message: "There is no such field." }))
      : [
          {
            path: ["secret", ...issue.path].join("."),
            message: issue.code === "invalid_type" ? "This is required." : issue.message,
          },
        ],
  );
  throw new SignetError("invalid", issues.map((issue) => issue.message).join(" "), { issues });
}

export function slugTaken(error: unknown): never {
  if (!isDuplicate(error, "accounts_slug_key")) throw error;
  throw new SignetError("conflict", "Another account has this short name already.", {
    issues: [{ path: "slug", message: "This short name is taken." }],
  });
}
