import type { Context } from "../context.ts";
import { installedVersions } from "../packages/browse.ts";
import { library } from "../packages/library.ts";
import { tileOf } from "./tile.ts";

/** The packages that come with Signet, as tiles; each says whether it is installed, and in which version. */
export async function libraryTiles(ctx: Context) {
  const entries = library();
  const installed = await installedVersions(
    ctx,
    entries.map(({ pack }) => pack.uid),
  );
  return entries.map(({ key, pack, logo }) => {
    const there = installed.get(pack.uid);
    const newer = there !== undefined && there.version !== pack.version;
    const state = newer
      ? { label: `Installed ${there.version}, here is ${pack.version}`, kind: "info", icon: "info" }
      : there && { label: "Installed", kind: "good", icon: "circle-check" };
    return {
      ...{ key, name: pack.name, about: pack.description, state: state ?? null },
      mark: tileOf({ name: pack.name, catalog: logo }),
    };
  });
}
