import type { Behavior } from "../behaviors/behavior.ts";
import { stepAt, type StepPath } from "../behaviors/edit-tree.ts";
import { walk } from "../behaviors/program.ts";
import { asYaml } from "../behaviors/text.ts";
import { getVersion } from "../behaviors/versions.ts";
import type { Context } from "../context.ts";
import type { SignetError } from "../errors.ts";
import { diffOf, type DiffLine } from "./line-diff.ts";
import { versionText } from "./version-text.ts";

/** What somebody else saved while this form was open. */
export interface Conflict {
  by: string;
  at: Date;
  version: number;
  diff: DiffLine[];
  href: string;
}

/** Whether a refusal says that somebody saved in between. */
export function isConflict(error: SignetError): boolean {
  return error.code === "conflict" && error.issues.some(({ path }) => path === "version");
}

/** What changed since the version that a form was made of. Throws `not_found` for a version that never was. */
export async function conflictSince(ctx: Context, behavior: Behavior, version: number): Promise<Conflict> {
  const [then, now] = await Promise.all([
    getVersion(ctx, behavior.id, version),
    getVersion(ctx, behavior.id, behavior.version),
  ]);
  return {
    by: now.savedBy.name,
    at: now.savedAt,
    version: now.version,
    diff: diffOf(versionText(then), versionText(now)),
    href: `/behaviors/${behavior.id}/versions?from=${version}&to=${now.version}`,
  };
}

/** Where the step of an earlier version stands now; undefined when it is gone. */
export async function stepNow(
  ctx: Context,
  behavior: Behavior,
  version: number,
  path: StepPath,
): Promise<StepPath | undefined> {
  const step = stepAt((await getVersion(ctx, behavior.id, version)).program, path);
  if (step === undefined) return undefined;
  const text = asYaml(step);
  const all = walk(behavior.steps);
  const same = all.filter((placed) => asYaml(placed.step) === text);
  const here = same.find((placed) => placed.path.join(".") === path.join("."));
  const named = all.find((placed) => step.id !== undefined && placed.step.id === step.id && placed.step.do === step.do);
  const there = stepAt(behavior, path);
  return (here ?? named ?? same[0])?.path ?? (there?.do === step.do ? path : undefined);
}
