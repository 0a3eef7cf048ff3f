import { asYaml, inOrder } from "../behaviors/text.ts";
import type { Version } from "../behaviors/versions.ts";

/** A version as YAML, for comparing. */
export function versionText({ title, program, ...rest }: Pick<Version, "title" | "public" | "program">): string {
  return asYaml({ title, public: rest.public, ...inOrder(program) });
}
