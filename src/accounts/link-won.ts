import { inTransaction, type Context } from "../context.ts";
import { SignetError } from "../errors.ts";
import type { Service } from "../services/service.ts";
import type { Grant } from "../signer/kind.ts";
import { requireBaseUrl } from "./base-url.ts";
import { candidate, identify, type Identified } from "./identify.ts";
import { linkBinding, type LinkRow } from "./link.ts";
import { warningOf } from "./link-warning.ts";

/** Asks who it is that was linked, and keeps what was won with the link until somebody saves it. */
export async function keepGrant(ctx: Context, link: LinkRow, service: Service, grant: Grant<unknown>): Promise<void> {
  requireBaseUrl(service, grant);
  const tried = await candidate(ctx, service, grant.secret, grant);
  const found = named(await identify(ctx, tried, { id: link.account_id, name: link.name }), grant);
  const warning = await warningOf(ctx, link, service, grant, found);
  await inTransaction(ctx, async (inside) => {
    const secretId = await inside.vault.put(inside.db, linkBinding(link.id, service.id), grant.secret as object);
    const kept = await inside
      .db("links")
      .where({ id: link.id, verifier_id: link.verifier_id })
      .update({
        state: "linked",
        secret_id: secretId,
        verifier_id: null,
        scopes_granted: grant.scopes ?? link.scopes_requested,
        identity_id: found.identity.id,
        identity_label: found.identity.label,
        base_url: grant.baseUrl?.replace(/\/+$/, "") ?? null,
        metadata: JSON.stringify(grant.metadata ?? {}),
        ends_at: grant.endsAt ?? null,
        token_expires_at: grant.expiresAt ?? null,
        refreshable: grant.refreshable,
        warning,
      });
    if (kept === 0) throw new SignetError("conflict", "The link was started again meanwhile.");
    await inside.vault.destroy(inside.db, [link.verifier_id!]);
  });
}

/** A test request may fail, or there may be none, where the answer with the token told already whose it is. */
function named(found: Identified, grant: Grant<unknown>): Identified {
  const { id, label } = found.identity;
  return {
    ...found,
    identity: { id: id ?? grant.identity?.id ?? null, label: label ?? grant.identity?.label ?? null },
  };
}
