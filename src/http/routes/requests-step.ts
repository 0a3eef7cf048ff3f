import { usableAccounts } from "../../accounts/browse.ts";
import { fullName, type Behavior } from "../../behaviors/behavior.ts";
import { listBehaviors, managedBehavior, managesBehavior } from "../../behaviors/browse.ts";
import { addStep, freeId } from "../../behaviors/edit-tree.ts";
import { addBehavior, editBehavior } from "../../behaviors/save.ts";
import { listBots, managesBot } from "../../bots/browse.ts";
import type { Context } from "../../context.ts";
import { invalid } from "../../errors.ts";
import { good, redirect, view, type Answer } from "../answer.ts";
import { behaviorPath, changed } from "../behavior-links.ts";
import { typedIn, type Typed } from "../console-form.ts";
import { stepOfRequest } from "../console-step.ts";
import { attempt, type Problems } from "../failure.ts";
import { fields } from "../form.ts";
import { post } from "../route.ts";
import { placed } from "../service-form.ts";

const NAMES = ["target", "behavior_title", "title", "id"] as const;
type Wanted = Record<(typeof NAMES)[number], string>;

export default [
  post("/requests/step", async (ctx, { form }) => {
    const typed = typedIn(form);
    const wanted = fields(form, ...NAMES);
    if (form.target === undefined) return show(ctx, typed, { ...wanted, id: "request" });
    const result = await attempt(() => save(ctx, typed, wanted));
    if (!result.ok) return show(ctx, typed, wanted, result.problems);
    const { behavior, at, fresh } = result.value;
    const said = "The request is a step now.";
    return redirect(behaviorPath(behavior, { step: at }), fresh ? good(said) : changed(behavior, said));
  }),
];

/** Puts the request at the end of a behavior, or into a new one. */
async function save(ctx: Context, typed: Typed, { target, behavior_title, title, id }: Wanted) {
  const [type, key = ""] = target.split(":");
  if (type !== "behavior" && type !== "bot") throw invalid("target", "Choose where it goes.");
  const known = (await usableAccounts(ctx)).find((one) => one.id === typed.account || one.slug === typed.account);
  const step = (free: string) => stepOfRequest(typed, known?.slug ?? typed.account, free, title.trim());
  if (type === "bot") {
    const made = { bot: key, title: behavior_title, inputs: [], steps: [step(id.trim())], output: null };
    return { behavior: await addBehavior(ctx, made), at: 0, fresh: true };
  }
  const behavior = await managedBehavior(ctx, key);
  const place = behavior.steps.length;
  const { program } = addStep(behavior, ["steps"], place, step(id.trim() && freeId(behavior, id.trim())));
  const change = { steps: program.steps as never, version: behavior.version };
  return { behavior: await editBehavior(ctx, key, change), at: place, fresh: false };
}

async function show(ctx: Context, typed: Typed, wanted: Wanted, problems?: Problems): Promise<Answer> {
  const [behaviors, bots, accounts] = await Promise.all([
    listBehaviors(ctx, { limit: 200 }),
    listBots(ctx, { limit: 200 }),
    usableAccounts(ctx),
  ]);
  const label = (one: Behavior) => `${one.title} (${fullName(one)})`;
  const own = behaviors.items.filter((one) => managesBehavior(ctx, one));
  const groups = [
    { label: "Behaviors", options: own.map((one) => ({ value: `behavior:${one.id}`, label: label(one) })) },
    {
      label: "A new behavior of",
      options: bots.items
        .filter((bot) => managesBot(ctx, bot))
        .map(({ id, name }) => ({ value: `bot:${id}`, label: name })),
    },
  ];
  const account = accounts.find(({ id, slug }) => id === typed.account || slug === typed.account);
  const data = {
    page: { title: "Save as step", section: "requests" },
    request: { typed, line: `${typed.method} ${typed.url}`, account: account?.name ?? null },
    groups: groups.filter(({ options }) => options.length > 0),
    wanted,
    problems: problems
      ? placed(at(problems), [...NAMES, ...Object.keys(typed)])
      : { lines: [], of: {} as Record<string, string> },
  };
  return view("requests-step", data, { status: problems ? 400 : 200 });
}

/** What is said about the step and about a new behavior, under the names of this form. */
function at({ summary, fields: given }: Problems): Problems {
  const named = Object.entries(given).map(([path, sentence]) => {
    const inner = path.replace(/^steps\.\d+\./, "");
    return [path === "title" ? "behavior_title" : inner, sentence] as const;
  });
  return { summary, fields: Object.fromEntries(named) };
}
