import type { Bot } from "../../bots/bot.ts";
import { managedBot } from "../../bots/browse.ts";
import { deleteBot } from "../../bots/edit.ts";
import type { Context } from "../../context.ts";
import { listTokens } from "../../people/token.ts";
import { good, redirect, view, type Answer } from "../answer.ts";
import { behaviorsThatStop } from "../behaviors-that-stop.ts";
import { text } from "../form.ts";
import { get, post } from "../route.ts";
import { botPerson } from "../tile.ts";

export default [
  get("/bots/:id/delete", async (ctx, { params }) => show(ctx, await managedBot(ctx, params.id!), null)),

  post("/bots/:id/delete", async (ctx, { params, form }) => {
    const bot = await managedBot(ctx, params.id!);
    if (text(form, "typed").trim() !== bot.name) return show(ctx, bot, `Type the name exactly as it is: ${bot.name}`);
    await deleteBot(ctx, bot.id);
    return redirect("/bots", good(`${bot.name} is deleted.`));
  }),
];

async function show(ctx: Context, bot: Bot, problem: string | null): Promise<Answer> {
  const [{ items }, behaviors] = await Promise.all([
    listTokens(ctx, { type: "bot", id: bot.id }, { limit: 200 }),
    behaviorsThatStop(ctx, bot.id),
  ]);
  const tokens = items.map((token) => ({
    text: `Token ${token.name}`,
    detail: token.lastUsedAt === null ? "never used" : `ends in ${token.lastFour}`,
  }));
  const stops = [...behaviors, ...tokens];
  const data = { page: { title: `Delete ${bot.name}` }, bot: botPerson(bot), stops, problem };
  return view("bot-delete", data, { status: problem === null ? 200 : 400 });
}
