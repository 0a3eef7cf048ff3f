import type { Behavior } from "../../behaviors/behavior.ts";
import { getBehavior, managesBehavior } from "../../behaviors/browse.ts";
import { restoreVersion } from "../../behaviors/restore.ts";
import { getVersion, listVersions } from "../../behaviors/versions.ts";
import type { Context } from "../../context.ts";
import { bad, redirect, view } from "../answer.ts";
import { changed } from "../behavior-links.ts";
import { behaviorHead, behaviorTabs } from "../behavior-tabs.ts";
import { attempt } from "../failure.ts";
import { diffOf } from "../line-diff.ts";
import { pagerOf } from "../list-links.ts";
import { get, post } from "../route.ts";
import { versionText } from "../version-text.ts";

export default [
  get("/behaviors/:id/versions", async (ctx, { params, query }) => {
    const behavior = await getBehavior(ctx, params.id!);
    const path = `/behaviors/${behavior.id}/versions`;
    const { items, next_cursor } = await listVersions(ctx, behavior.id, { cursor: query.cursor, limit: 30 });
    const manages = managesBehavior(ctx, behavior);
    const data = {
      page: { title: `Versions of ${behavior.title}`, section: "bots" },
      head: behaviorHead(behavior),
      tabs: behaviorTabs(behavior, "Versions"),
      manages,
      path,
      versions: items.map(({ version, title, savedBy, savedAt }) => ({
        version,
        title: title === behavior.title ? null : title,
        by: savedBy.name,
        at: savedAt,
        present: version === behavior.version,
        compare: version > 1 ? `${path}?from=${version - 1}&to=${version}` : null,
        restore:
          manages && version !== behavior.version ? `${path}/${version}/restore?present=${behavior.version}` : null,
      })),
      choices: items.map(({ version }) => ({ value: String(version), label: `Version ${version}` })),
      pager: pagerOf(path, { cursor: query.cursor }, next_cursor),
      compared: await compared(ctx, behavior, query.from, query.to),
    };
    return view("behavior-versions", data);
  }),

  post("/behaviors/:id/versions/:version/restore", async (ctx, { params, query }) => {
    const version = Number(params.version);
    const present = query.present === undefined ? undefined : Number(query.present);
    const result = await attempt(() =>
      restoreVersion(ctx, params.id!, { version, ...(present !== undefined && { present }) }),
    );
    if (!result.ok) return redirect(`/behaviors/${params.id}`, bad(result.problems.summary));
    const saved = result.value;
    return redirect(
      `/behaviors/${saved.id}`,
      changed(saved, `Version ${version} is back, as version ${saved.version}.`),
    );
  }),
];

async function compared(ctx: Context, behavior: Behavior, from: string | undefined, to: string | undefined) {
  if (from === undefined || to === undefined) return null;
  const [before, after] = await Promise.all([
    getVersion(ctx, behavior.id, Number(from)),
    getVersion(ctx, behavior.id, Number(to)),
  ]);
  return { from: before.version, to: after.version, lines: diffOf(versionText(before), versionText(after)) };
}
