import { getBehavior, managesBehavior } from "../../behaviors/browse.ts";
import { knownBot } from "../../bots/browse.ts";
import { notFound } from "../../errors.ts";
import { view } from "../answer.ts";
import { waysTo } from "../behavior-editor.ts";
import { partLink } from "../behavior-links.ts";
import { behaviorHead, behaviorTabs } from "../behavior-tabs.ts";
import { layOut } from "../flow-layout.ts";
import { get } from "../route.ts";
import { accountLabel, usableByBot } from "../step-accounts.ts";
import { drawTree } from "../step-tree.ts";

export default [
  get("/behaviors/:id/flow", async (ctx, { params }) => {
    const behavior = await getBehavior(ctx, params.id!);
    const bot = await knownBot(ctx, behavior.bot.id);
    if (!bot) throw notFound("behavior");
    const usable = await usableByBot(ctx, bot);
    const tree = drawTree(behavior, { account: (value) => accountLabel(usable, value) }, undefined);
    const asked = behavior.inputs.map(({ name }) => name).join(", ");
    const given = typeof behavior.output === "string" ? behavior.output : JSON.stringify(behavior.output);
    const data = {
      page: { title: `Flow of ${behavior.title}`, section: "bots" },
      head: behaviorHead(behavior),
      tabs: behaviorTabs(behavior, "Steps"),
      ways: waysTo(behavior, "Flow"),
      manages: managesBehavior(ctx, behavior),
      tree,
      flow: layOut(
        tree,
        { href: partLink(behavior, "inputs"), title: "Inputs", line: asked || "none" },
        { href: partLink(behavior, "output"), title: "Output", line: behavior.output === null ? "nothing" : given },
      ),
    };
    return view("behavior-flow", data);
  }),
];
