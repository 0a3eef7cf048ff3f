import type { Behavior } from "../behaviors/behavior.ts";
import { managesBehavior } from "../behaviors/browse.ts";
import { readPath, type StepPath } from "../behaviors/edit-tree.ts";
import type { Bot } from "../bots/bot.ts";
import { knownBot } from "../bots/browse.ts";
import type { Context } from "../context.ts";
import { notFound } from "../errors.ts";
import { FUNCTIONS } from "../expressions/functions.ts";
import { getRun, listRuns } from "../runs/browse.ts";
import { view, type Answer } from "./answer.ts";
import { behaviorPath, partLink } from "./behavior-links.ts";
import { behaviorHead, behaviorTabs } from "./behavior-tabs.ts";
import { inputsPanel, outputPanel, settingsPanel, type InputRedrawn, type TextRedrawn } from "./behavior-parts.ts";
import { accountLabel, usableByBot, type UsableAccounts } from "./step-accounts.ts";
import { kindsPanel, newStepPanel, stepPanel, type NewPlace, type Redrawn } from "./step-panel.ts";
import { drawTree } from "./step-tree.ts";

/** What all parts of the editor draw from. */
export interface Editor {
  ctx: Context;
  behavior: Behavior;
  bot: Bot;
  manages: boolean;
  usable: UsableAccounts;
  /** Of the bot, as far as the reader may know it. */
  config: Record<string, unknown>;
  /** What came of the steps of the latest run, by their ids. */
  results: ReadonlyMap<string, unknown>;
  /** The short name of an account that was just made for the step. */
  fresh: string | undefined;
}

/** What the right side shows. */
export type Wish = { account?: string | undefined } & (
  | { show: "step"; path: StepPath; redrawn?: Redrawn }
  | { show: "kinds"; place: NewPlace }
  | { show: "new"; place: NewPlace; kind: string; redrawn?: Redrawn }
  | { show: "inputs"; input?: number | "new" | undefined; redrawn?: InputRedrawn }
  | { show: "output" | "settings"; redrawn?: TextRedrawn }
);

const ALL_FUNCTIONS = FUNCTIONS.map(({ name, signature, help, example, result }) => ({
  name,
  signature,
  help,
  example: `${example} is ${JSON.stringify(result)}`,
}));

/** What the address asks for; the first step, or the choice of one, when it asks for nothing. */
export function wishOf(behavior: Behavior, query: Record<string, string>): Wish {
  const { step, add, at = "0", kind, part, input, account } = query;
  if (step !== undefined) return { show: "step", path: readPath(`steps.${step}`), account };
  if (add !== undefined) {
    const place = { list: readPath(add), at: Number(at) || 0 };
    return kind ? { show: "new", place, kind, account } : { show: "kinds", place };
  }
  if (part === "inputs")
    return { show: "inputs", input: input === undefined ? undefined : input === "new" ? "new" : Number(input) };
  if (part === "output" || part === "settings") return { show: part };
  return behavior.steps.length === 0
    ? { show: "kinds", place: { list: ["steps"], at: 0 } }
    : { show: "step", path: ["steps", 0] };
}

/** The page of the editor. Throws `not_found` for a step that is not there. */
export async function showEditor(ctx: Context, behavior: Behavior, wish: Wish, status = 200): Promise<Answer> {
  const editor = await openEditor(ctx, behavior, wish.account);
  const panel = await panelOf(editor, wish);
  const current = wish.show === "step" ? wish.path.slice(1).join(".") : undefined;
  const telling = { account: (value: unknown) => accountLabel(editor.usable, value) };
  const data = {
    page: { title: behavior.title, section: "bots" },
    head: behaviorHead(behavior),
    tabs: behaviorTabs(behavior, "Steps"),
    ways: waysTo(behavior, "Steps"),
    manages: editor.manages,
    links: {
      run: `/behaviors/${behavior.id}/run`,
      settings: partLink(behavior, "settings"),
      delete: `/behaviors/${behavior.id}/delete`,
    },
    tree: drawTree(behavior, telling, current),
    inputs: {
      href: partLink(behavior, "inputs"),
      current: wish.show === "inputs",
      line: behavior.inputs.map(({ name }) => name).join(", ") || "none",
    },
    output: {
      href: partLink(behavior, "output"),
      current: wish.show === "output",
      line: lineOf(behavior.output),
    },
    panel,
    conflict: "redrawn" in wish ? (wish.redrawn?.conflict ?? null) : null,
    functions: ALL_FUNCTIONS,
  };
  return view("behavior", data, { status });
}

/** Ways to look at the same steps. */
export function waysTo(behavior: Pick<Behavior, "id">, current: "Steps" | "Flow" | "Text") {
  const ways = { Steps: "", Flow: "/flow", Text: "/text" };
  return Object.entries(ways).map(([label, path]) => ({
    label,
    href: `${behaviorPath(behavior)}${path}`,
    current: label === current,
  }));
}

async function openEditor(ctx: Context, behavior: Behavior, fresh: string | undefined): Promise<Editor> {
  const bot = await knownBot(ctx, behavior.bot.id);
  if (!bot) throw notFound("behavior");
  const manages = managesBehavior(ctx, behavior);
  const [usable, results] = await Promise.all([usableByBot(ctx, bot), latestResults(ctx, behavior)]);
  return { ctx, behavior, bot, manages, usable, config: manages ? bot.config : {}, results, fresh };
}

function panelOf(editor: Editor, wish: Wish) {
  switch (wish.show) {
    case "step":
      return stepPanel(editor, wish.path, wish.redrawn);
    case "kinds":
      return kindsPanel(editor, wish.place);
    case "new":
      return newStepPanel(editor, wish.place, wish.kind, wish.redrawn);
    case "inputs":
      return inputsPanel(editor, wish.input, wish.redrawn);
    case "output":
      return outputPanel(editor, wish.redrawn);
    case "settings":
      return settingsPanel(editor, wish.redrawn);
  }
}

/** Of the latest run whose trace the reader may see. */
async function latestResults(ctx: Context, behavior: Behavior): Promise<Map<string, unknown>> {
  const { items } = await listRuns(ctx, { behavior: behavior.id, limit: 1 });
  if (items[0] === undefined) return new Map();
  const { steps } = await getRun(ctx, items[0].id);
  return new Map(
    steps.flatMap((line) => (line.stepId === null || line.result === null ? [] : [[line.stepId, line.result]])),
  );
}

function lineOf(output: unknown): string {
  if (output === null) return "nothing";
  const text = typeof output === "string" ? output : JSON.stringify(output);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
