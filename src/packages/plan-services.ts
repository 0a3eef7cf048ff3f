import { isAdmin } from "../access/actor.ts";
import type { Context } from "../context.ts";
import { isSignetError, type Issue } from "../errors.ts";
import { ZodError } from "zod";
import type { AddService } from "../services/add.ts";
import { outlineAfter, outlineOf, outlineOfNew } from "../services/become.ts";
import { freeServiceName, servicesWith } from "../services/browse.ts";
import { originOf } from "../services/catalog.ts";
import type { Service } from "../services/service.ts";
import { fieldChanges, under, updated, type Change, type Fields } from "./change.ts";
import { serviceFields } from "./fields.ts";
import type { PackageService } from "./package.ts";
import { zodIssues } from "./zod-issues.ts";

/** What is shown of a secret that takes the place of another. */
export const ANOTHER_SECRET = "another one, hidden";

/** One service of a plan: what is told of it, and what an import needs to do it. */
export interface PlannedService {
  change: Change;
  uid: string;
  input: AddService;
  existing: Service | undefined;
}

export interface Naming {
  /** Other names and short names that were asked for, by uid. */
  rename: Record<string, string>;
  installed(what: "service" | "bot" | "behavior", uid: string): Fields | undefined;
}

/** Compares the services of a package with those that are there. Problems are added to `problems`. */
export async function planServices(
  ctx: Context,
  services: PackageService[],
  naming: Naming,
  problems: Issue[],
): Promise<PlannedService[]> {
  const known = new Map(
    (await servicesWith(ctx, { uids: services.map(({ uid }) => uid) })).map((one) => [one.uid, one]),
  );
  const planned: PlannedService[] = [];
  for (const [index, service] of services.entries())
    planned.push(await planOne(ctx, service, `services.${index}`, known.get(service.uid), naming, problems));
  return planned;
}

async function planOne(
  ctx: Context,
  given: PackageService,
  path: string,
  existing: Service | undefined,
  naming: Naming,
  problems: Issue[],
): Promise<PlannedService> {
  const input = inputOf(given, naming.rename[given.uid]);
  const name = naming.rename[given.uid] ?? given.name ?? originOf(given.catalog ?? null)?.name ?? given.uid;
  const base = { what: "service" as const, uid: given.uid, path, name, id: existing?.id ?? null };
  const planned = (change: Change, found = existing): PlannedService => ({
    change,
    uid: given.uid,
    input,
    existing: found,
  });
  if (!isAdmin(ctx.actor)) return planned(...(await asWorker(ctx, given, base, existing, problems)));
  try {
    if (existing === undefined) {
      const fields = fieldChanges({}, serviceFields(outlineOfNew(input)), undefined);
      const free = await freeServiceName(ctx, name);
      const created = { ...base, action: "create" as const, fields, note: null, suggestion: null };
      return planned(free === name ? created : taken(created, `There is another service called ${name}.`, free));
    }
    const before = outlineOf(existing);
    const { outline, replaced } = await outlineAfter(ctx, existing, input);
    if (outline.kind !== existing.kind)
      return planned(
        taken({ ...base, fields: [] }, `${existing.name} is of another kind here: ${existing.kind}.`, null),
      );
    const fields = fieldChanges(serviceFields(before), serviceFields(outline), naming.installed("service", given.uid));
    const secrets = replaced.map((one) => ({
      field: `settings.${one}`,
      before: "saved, hidden",
      after: ANOTHER_SECRET,
      edited: false,
    }));
    const change = updated(base, [...fields, ...secrets]);
    const renamed = outline.name.toLowerCase() !== existing.name.toLowerCase();
    const free = renamed ? await freeServiceName(ctx, outline.name) : outline.name;
    return planned(free === outline.name ? change : taken(change, `There is another service called ${name}.`, free));
  } catch (error) {
    problems.push(...under(path, issuesOf(error)));
    return planned({ ...base, action: existing ? "update" : "create", fields: [], note: null, suggestion: null });
  }
}

/** Workers set no services up; one that is there already will do, also another of the same provider. */
async function asWorker(
  ctx: Context,
  given: PackageService,
  base: Pick<Change, "uid" | "path" | "name" | "id"> & { what: "service" },
  existing: Service | undefined,
  problems: Issue[],
): Promise<[Change, Service | undefined]> {
  const [other] = given.catalog === undefined ? [] : await servicesWith(ctx, { catalog: [given.catalog] });
  const found = existing ?? other;
  if (!found) {
    const message = `Only admins may set up services. Ask one of them to set up ${base.name} first.`;
    problems.push({ path: base.path, message });
  }
  const note = found ? `${found.name} is used as it is set up here.` : null;
  const action = found ? ("unchanged" as const) : ("create" as const);
  return [{ ...base, id: found?.id ?? null, action, fields: [], note, suggestion: null }, found];
}

function taken(
  change: Omit<Change, "action" | "note" | "suggestion">,
  note: string,
  suggestion: string | null,
): Change {
  return { ...change, action: "conflict", note, suggestion };
}

/** As addService() takes it. With both a kind and an entry of the catalog, the settings are the kind's own. */
function inputOf(given: PackageService, renamed: string | undefined): AddService {
  const { catalog, kind, name, ...rest } = given;
  const called = renamed ?? name;
  if (kind === undefined)
    return { ...rest, catalog: catalog!, ...(called !== undefined && { name: called }) } as AddService;
  return {
    ...rest,
    kind,
    name: called ?? originOf(catalog ?? null)?.name ?? kind,
    ...(catalog && { origin: catalog }),
  } as AddService;
}

/** What verbs and schemas throw for a wrong input. */
export function issuesOf(error: unknown): Issue[] {
  if (error instanceof ZodError) return zodIssues(error);
  if (!isSignetError(error) || error.status >= 500) throw error;
  return error.issues.length > 0 ? error.issues : [{ path: "", message: error.message }];
}
