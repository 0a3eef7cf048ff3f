import { isDeepStrictEqual } from "node:util";
import type { Context } from "../context.ts";
import { readService, type AddService } from "./add.ts";
import { originOf } from "./catalog.ts";
import { editService } from "./edit.ts";
import { openSettings } from "./secret.ts";
import type { Definition, Service } from "./service.ts";

/** All of a service that may be seen and compared: of hidden settings the names. */
export interface Outline {
  kind: string;
  name: string;
  settings: Record<string, unknown>;
  hidden: string[];
  hosts: string[];
  base_url: string | null;
  headers: Record<string, string>;
  test: unknown;
}

export function outlineOf(service: Service): Outline {
  const { kind, name, settings, hidden, hosts, baseUrl, headers, test } = service;
  return { kind, name, settings, hidden: [...hidden].sort(), hosts, base_url: baseUrl, headers, test };
}

/** What an input for a new service would make. Throws `invalid`, `not_found` as addService() does. */
export function outlineOfNew(given: AddService): Outline {
  const { definition, name } = readService(given);
  return outline(definition, name);
}

/**
 * What a service would be if it became what the input says: hidden settings that are not given stay. `replaced` names
 * those that would get another value. Throws `invalid`.
 */
export async function outlineAfter(
  ctx: Context,
  service: Service,
  given: AddService,
): Promise<{ outline: Outline; replaced: string[] }> {
  const before = await hiddenOf(ctx, service);
  const { definition, name } = readService(kept(given, before));
  const replaced = Object.keys(definition.hidden).filter(
    (key) => Object.hasOwn(before, key) && !isDeepStrictEqual(before[key], definition.hidden[key]),
  );
  return { outline: outline(definition, name), replaced };
}

/** Makes a service what the input says, as a change of it. Throws what editService() throws. */
export async function becomeService(ctx: Context, service: Service, given: AddService): Promise<Service> {
  const { definition, name } = readService(kept(given, await hiddenOf(ctx, service)));
  const gone = Object.fromEntries(Object.keys(service.settings).map((key) => [key, null]));
  return editService(ctx, service.id, {
    name,
    settings: { ...gone, ...definition.open, ...definition.hidden },
    hosts: definition.hosts,
    base_url: definition.baseUrl,
    headers: definition.headers,
    test: definition.test,
  });
}

function outline({ kind, open, hidden, hosts, baseUrl, headers, test }: Definition, name: string): Outline {
  const plain = JSON.parse(JSON.stringify({ open, test })) as { open: Record<string, unknown>; test: unknown };
  const seen = { settings: plain.open, hidden: Object.keys(hidden).sort(), hosts, base_url: baseUrl, headers };
  return { kind: kind.id, name, ...seen, test: plain.test };
}

async function hiddenOf(ctx: Context, service: Service): Promise<Record<string, unknown>> {
  if (service.hidden.length === 0) return {};
  const { settings } = await openSettings(ctx, service);
  const all = settings as Record<string, unknown>;
  return Object.fromEntries(service.hidden.map((name) => [name, all[name]]));
}

/** The input with what rests in the vault already, also where the catalog asks for it under another name. */
function kept(given: AddService, before: Record<string, unknown>): AddService {
  const entry = "catalog" in given ? originOf(given.catalog) : undefined;
  const prompts = Object.entries(entry?.settings ?? {}).flatMap(([name, value]) => {
    const asked = typeof value === "string" ? /^\{([a-z0-9_]+)\}$/.exec(value)?.[1] : undefined;
    return asked !== undefined && Object.hasOwn(before, name) ? [[asked, before[name]] as const] : [];
  });
  const asked = new Set(prompts.map(([key]) => key));
  const own = Object.entries(before).filter(([name]) => entry?.settings[name] === undefined || asked.has(name));
  return { ...given, settings: { ...Object.fromEntries([...own, ...prompts]), ...given.settings } } as AddService;
}
