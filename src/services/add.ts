import { z } from "zod";
import { isAdmin } from "../access/actor.ts";
import { inTransaction, record, type Context } from "../context.ts";
import { SignetError } from "../errors.ts";
import { isDuplicate } from "../storage/database.ts";
import { newId } from "../storage/id.ts";
import { catalogEntry, fillEntry, originOf } from "./catalog.ts";
import { requireCurrent } from "./certificate.ts";
import { serviceBinding } from "./secret.ts";
import { define, nameSchema, testSchema, uidInput, type Definition, type Service } from "./service.ts";
import { findService, toColumns } from "./store.ts";

const settingsInput = z.record(z.string(), z.unknown()).default({});
const hostsInput = z.array(z.string().max(260)).max(100);
const headersInput = z.record(z.string(), z.string());

/** From the catalog: `settings` holds answers to its prompts and may override what the entry says. */
const fromCatalog = z.strictObject({
  catalog: z.string(),
  name: nameSchema.optional(),
  settings: settingsInput,
  hosts: hostsInput.optional(),
  base_url: z.string().max(2000).optional(),
  headers: headersInput.optional(),
  test: testSchema.optional(),
  uid: uidInput.optional(),
});

/** By hand, from any kind. */
const byHand = z.strictObject({
  kind: z.string(),
  name: nameSchema,
  settings: settingsInput,
  hosts: hostsInput.default([]),
  base_url: z.string().max(2000).optional(),
  headers: headersInput.optional(),
  test: testSchema.optional(),
  uid: uidInput.optional(),
  /** Key of the catalog entry that it once was made from. */
  origin: z.string().max(100).optional(),
});

export const addServiceInput = z.union([fromCatalog, byHand]);
export type AddService = z.input<typeof addServiceInput>;

/** Sets a service up. For admins. Throws `invalid`, `conflict` when the name is taken. */
export async function addService(ctx: Context, given: AddService): Promise<Service> {
  requireAdmin(ctx);
  const { definition, name, catalogKey, uid } = readService(given);
  requireCurrent(ctx, definition.open);
  const id = newId();
  const saved = await inTransaction(ctx, async (inside) => {
    const secretId = await sealHidden(inside, id, definition);
    const row = { id, uid: uid ?? id, kind: definition.kind.id, catalog_key: catalogKey, created_by: ctx.actor.id };
    const columns = toColumns({
      ...definition,
      name,
      settings: definition.open,
      hidden: Object.keys(definition.hidden),
      secretId,
    });
    await inside
      .db("services")
      .insert({ ...row, ...columns })
      .catch(nameTaken);
    const facts = {
      service: name,
      kind: definition.kind.id,
      hosts: definition.hosts,
      pkce: definition.open.pkce !== false,
    };
    await record(inside, { action: "service.created", outcome: "ok", facts });
    return findService(inside, id);
  });
  return saved!;
}

/** What an input makes, before anything is made. Throws `invalid`, `not_found` for what is not in the catalog. */
export function readService(given: AddService): {
  definition: Definition;
  name: string;
  catalogKey: string | null;
  uid: string | undefined;
} {
  const schema = given !== null && typeof given === "object" && "catalog" in given ? fromCatalog : byHand;
  const input = schema.parse(given);
  if ("catalog" in input) return { ...fromEntry(input), uid: input.uid };
  const catalogKey = originOf(input.origin ?? null)?.key ?? null;
  return { definition: define(input), name: input.name, catalogKey, uid: input.uid };
}

/** Services, workers, teams and settings are for admins. */
export function requireAdmin(ctx: Context): void {
  if (!isAdmin(ctx.actor)) throw new SignetError("forbidden", "Only admins may set up services.");
}

export function nameTaken(error: unknown): never {
  if (isDuplicate(error, "services_uid"))
    throw new SignetError("conflict", "There is a service with this uid already.", {
      issues: [{ path: "uid", message: "This is taken." }],
    });
  throw isDuplicate(error) ? takenName() : error;
}

export function takenName(): SignetError {
  return new SignetError("conflict", "There is a service of this name already. Choose another name.", {
    issues: [{ path: "name", message: "This name is taken." }],
  });
}

export async function sealHidden(ctx: Context, id: string, definition: Definition): Promise<string | null> {
  if (Object.keys(definition.hidden).length === 0) return null;
  return ctx.vault.put(ctx.db, serviceBinding(id, definition.kind.id, definition.open), definition.hidden);
}

function fromEntry(input: z.output<typeof fromCatalog>) {
  const entry = catalogEntry(input.catalog);
  const filled = fillEntry(entry, input.settings);
  const definition = define({
    ...filled,
    hosts: input.hosts ?? filled.hosts,
    base_url: input.base_url ?? filled.base_url,
    headers: { ...filled.headers, ...input.headers },
    test: input.test ?? filled.test,
  });
  return { definition, name: input.name ?? entry.name, catalogKey: entry.key };
}
