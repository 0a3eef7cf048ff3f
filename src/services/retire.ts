import { inTransaction, notify, record, type Context } from "../context.ts";
import { notFound, SignetError } from "../errors.ts";
import { requireAdmin } from "./add.ts";
import { lockService } from "./store.ts";

/**
 * Removes a service that no account uses any more; `accounts` is how many went with it. Throws `not_found`,
 * `conflict` while accounts use it.
 */
export async function retireService(ctx: Context, id: string, accounts = 0): Promise<void> {
  requireAdmin(ctx);
  await inTransaction(ctx, async (inside) => {
    const service = await lockService(inside, id);
    if (!service) throw notFound("service");
    await inside
      .db("services")
      .where({ id })
      .delete()
      .catch((error: { code?: string }) => {
        if (error.code !== "23503") throw error;
        throw new SignetError(
          "conflict",
          "Accounts use this service. Disconnect them first, or delete it together with them.",
        );
      });
    await inside.vault.destroy(inside.db, service.secretId === null ? [] : [service.secretId]);
    await notify(inside, "service", id);
    await record(inside, { action: "service.deleted", outcome: "ok", facts: { service: service.name, accounts } });
  });
}
