import { inTransaction, notify, record, type Context } from "../context.ts";
import { serviceOf } from "../services/browse.ts";
import { managedAccount } from "./manage.ts";
import { accountSubject } from "./ready.ts";

/** Hosts that the service gained after this account's secret was sealed; they wait for the owner's word (W-13). */
export async function newHosts(ctx: Context, account: { serviceId: string; secretId: string }): Promise<string[]> {
  const [service, sealed] = await Promise.all([
    serviceOf(ctx, account.serviceId),
    ctx.vault.fetch(ctx.db, account.secretId),
  ]);
  return service.hosts.filter((host) => sealed !== undefined && !sealed.hosts.includes(host));
}

/** Lets the account's credential go to all present hosts of its service. */
export async function acceptHosts(ctx: Context, key: string): Promise<void> {
  await inTransaction(ctx, async (inside) => {
    const account = await managedAccount(inside, key);
    const service = await serviceOf(inside, account.serviceId);
    const subject = accountSubject(account.id);
    const sealed = await inside.vault.fetch(inside.db, account.secretId);
    const secret = inside.vault.open<object>(sealed!, subject);
    await inside.vault.replace(
      inside.db,
      account.secretId,
      { subject, provider: service.id, hosts: service.hosts },
      secret,
    );
    await notify(inside, "account", account.id);
    const facts = { account: account.name, hosts: service.hosts };
    await record(inside, { action: "account.hosts_accepted", outcome: "ok", account: account.id, facts });
  });
}
