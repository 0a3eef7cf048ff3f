import { z } from "zod";
import { inTransaction, notify, record, type Context } from "../context.ts";
import { notFound } from "../errors.ts";
import { nameTaken, requireAdmin } from "./add.ts";
import { requireCurrent } from "./certificate.ts";
import { openSettings, serviceBinding } from "./secret.ts";
import { define, nameSchema, testSchema, type Definition, type Service } from "./service.ts";
import { findService, lockService, toColumns } from "./store.ts";

export const editServiceInput = z.strictObject({
  name: nameSchema.optional(),
  /** Merged into what is there; null takes a setting away; a hidden one that is not named stays. */
  settings: z.record(z.string(), z.unknown()).optional(),
  hosts: z.array(z.string().max(260)).max(100).optional(),
  base_url: z.string().max(2000).nullable().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  test: testSchema.nullable().optional(),
});
export type EditService = z.input<typeof editServiceInput>;

/**
 * Changes a service. Links under way and everything remembered of it end. Hosts that are added reach existing
 * accounts only when their owner agrees, because each account's list is sealed with its secret (statement W-13).
 */
export async function editService(ctx: Context, id: string, given: EditService): Promise<Service> {
  requireAdmin(ctx);
  const input = editServiceInput.parse(given);
  return inTransaction(ctx, async (inside) => {
    const service = await lockService(inside, id);
    if (!service) throw notFound("service");
    const before = (await openSettings(inside, service)).settings as Record<string, unknown>;
    const definition = define({
      kind: service.kind,
      settings: { ...before, ...input.settings },
      hosts: input.hosts ?? service.hosts,
      base_url: input.base_url === undefined ? service.baseUrl : input.base_url,
      headers: input.headers ?? service.headers,
      test: input.test === undefined ? service.test : input.test,
    });
    requireCurrent(ctx, definition.open, service.settings);
    const name = input.name ?? service.name;
    const columns = toColumns({
      name,
      settings: definition.open,
      hidden: Object.keys(definition.hidden),
      secretId: await reseal(inside, service, definition),
      hosts: definition.hosts,
      baseUrl: definition.baseUrl,
      headers: definition.headers,
      test: definition.test,
    });
    await inside
      .db("services")
      .where({ id })
      .update({ ...columns, version: service.version + 1, updated_at: inside.clock() })
      .catch(nameTaken);
    await inside.vault.destroy(
      inside.db,
      service.secretId !== null && columns.secret_id === null ? [service.secretId] : [],
    );
    await notify(inside, "service", id);
    const facts = { service: name, changes: Object.keys(input), hosts: definition.hosts };
    await record(inside, { action: "service.changed", outcome: "ok", facts });
    return (await findService(inside, id))!;
  });
}

async function reseal(ctx: Context, service: Service, definition: Definition): Promise<string | null> {
  if (Object.keys(definition.hidden).length === 0) return null;
  const binding = serviceBinding(service.id, service.kind, definition.open);
  if (service.secretId === null) return ctx.vault.put(ctx.db, binding, definition.hidden);
  await ctx.vault.replace(ctx.db, service.secretId, binding, definition.hidden);
  return service.secretId;
}
