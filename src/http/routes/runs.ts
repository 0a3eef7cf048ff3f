import { getBehavior } from "../../behaviors/browse.ts";
import { fullName } from "../../behaviors/behavior.ts";
import { getBot } from "../../bots/browse.ts";
import type { Context } from "../../context.ts";
import { view } from "../answer.ts";
import { behaviorHead, behaviorTabs } from "../behavior-tabs.ts";
import { botsTabs } from "../bots-tabs.ts";
import { linkWith } from "../list-links.ts";
import { get } from "../route.ts";
import { runList } from "../run-list.ts";

const PATH = "/runs";

export default [
  get(PATH, async (ctx, { query }) => {
    const { bot, behavior } = query;
    const kept = { bot, behavior };
    const list = await runList(
      ctx,
      query,
      { ...(bot && { bot }), ...(behavior && { behavior }) },
      {
        path: PATH,
        within: "all",
        kept,
        narrowed: await narrowings(ctx, query),
        empty: {
          icon: "activity",
          title: "No runs yet",
          text: "What behaviors do, and did, appears here step by step.",
          action: { label: "Bots and their behaviors", href: "/bots" },
        },
      },
    );
    return view("runs", { page: { title: "Runs", section: "bots" }, list: { ...list, tabs: botsTabs("runs") } });
  }),

  get("/behaviors/:id/runs", async (ctx, { params, query }) => {
    const behavior = await getBehavior(ctx, params.id!);
    const here = `/behaviors/${behavior.id}`;
    const list = await runList(
      ctx,
      query,
      { behavior: behavior.id },
      {
        path: `${here}/runs`,
        within: "behavior",
        kept: {},
        empty: {
          icon: "activity",
          title: "No run that you may see yet",
          text: "Runs that you start, and those of bots that you look after, appear here.",
          action: { label: "Run", href: `${here}/run` },
        },
      },
    );
    const data = { head: behaviorHead(behavior), tabs: behaviorTabs(behavior, "Runs"), list };
    return view("behavior-runs", { page: { title: `Runs of ${behavior.title}`, section: "bots" }, ...data });
  }),
];

/** What the list is narrowed to besides its state, each with the way out. */
async function narrowings(ctx: Context, query: Record<string, string>) {
  const { bot, behavior, q, state } = query;
  const out = (without: "bot" | "behavior") => linkWith(PATH, { q, state, bot, behavior, [without]: undefined });
  const chip = (label: string, without: "bot" | "behavior") => ({ label, href: out(without), current: true as const });
  return [
    ...(bot ? [chip(`Bot: ${await getBot(ctx, bot).then((one) => one.name)} ×`, "bot")] : []),
    ...(behavior ? [chip(`Behavior: ${await getBehavior(ctx, behavior).then(fullName)} ×`, "behavior")] : []),
  ];
}
