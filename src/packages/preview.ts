import type { Context } from "../context.ts";
import { planPackage, type PackageInput, type Plan } from "./plan.ts";

/** What importing a package would do, change by change, with what stands in its way. Changes nothing. */
export async function previewPackage(ctx: Context, given: PackageInput) {
  return shownPlan(await planPackage(ctx, given));
}

/** A plan as people and programs see it; it never holds a secret. */
export function shownPlan(plan: Plan) {
  const { pack, installed, owner, changes, problems, missing, leftOut, fingerprint } = plan;
  const conflicts = changes.filter(({ action }) => action === "conflict").length;
  return {
    package: pack
      ? { uid: pack.uid, name: pack.name, version: pack.version, description: pack.description, prompts: pack.prompts }
      : null,
    installed: installed
      ? {
          version: installed.version,
          at: installed.updatedAt,
          by: installed.installedBy.name,
          same: installed.hash === plan.read.hash,
        }
      : null,
    owner,
    changes,
    problems,
    missing: missing.map(({ key, type, label, service }) => ({ key, type, label, ...(service && { service }) })),
    left_out: leftOut,
    /** How many fields that were edited here would be overwritten. */
    edits: changes.flatMap(({ fields }) => fields).filter(({ edited }) => edited).length,
    conflicts,
    ready: pack !== undefined && problems.length === 0 && missing.length === 0 && conflicts === 0,
    fingerprint,
  };
}
export type Preview = ReturnType<typeof shownPlan>;
