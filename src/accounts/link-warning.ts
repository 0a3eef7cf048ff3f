import type { Context } from "../context.ts";
import type { Service } from "../services/service.ts";
import type { Grant } from "../signer/kind.ts";
import type { Identified } from "./identify.ts";
import type { LinkRow } from "./link.ts";

/** What somebody should know before they save: another identity, one that is linked already, scopes that are missing. */
export async function warningOf(
  ctx: Context,
  link: LinkRow,
  service: Service,
  grant: Grant<unknown>,
  found: Identified,
): Promise<string | null> {
  const { id, label } = found.identity;
  const warnings: string[] = [];
  if (found.worked === false) warnings.push(found.message);
  if (link.account_id !== null && id !== null) {
    const account = await ctx.db("accounts").where({ id: link.account_id }).first("identity_id", "identity_label");
    if (account?.identity_id && account.identity_id !== id) {
      warnings.push(
        `This is a different identity: the account was linked as ${account.identity_label ?? account.identity_id}, now it is ${label ?? id}.`,
      );
    }
  }
  if (id !== null) {
    const twin = await ctx
      .db("accounts")
      .where({ service_id: service.id, identity_id: id, owner_type: link.owner_type, owner_id: link.owner_id })
      .whereNot({ id: link.account_id ?? link.id })
      .first("name");
    if (twin) warnings.push(`${label ?? id} is linked already, as “${twin.name}”.`);
  }
  const missing =
    grant.scopes === undefined ? [] : link.scopes_requested.filter((scope) => !grant.scopes!.includes(scope));
  if (missing.length > 0) warnings.push(`Not granted: ${missing.join(", ")}.`);
  return warnings.length === 0 ? null : warnings.join(" ");
}
