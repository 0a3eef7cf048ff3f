import { getBot } from "../../bots/browse.ts";
import { editBot } from "../../bots/edit.ts";
import { good, redirect } from "../answer.ts";
import { showBot } from "../bot-page.ts";
import { text } from "../form.ts";
import { get, post } from "../route.ts";

export default [
  get("/bots/:id", async (ctx, { params }) => showBot(ctx, await getBot(ctx, params.id!))),

  post("/bots/:id/switch", async (ctx, { params, form }) => {
    const enabled = text(form, "enabled") === "true";
    const bot = await editBot(ctx, params.id!, { enabled });
    const told = enabled ? `${bot.name} is on.` : `${bot.name} is off: its tokens are refused everywhere.`;
    return redirect(`/bots/${bot.id}`, good(told));
  }),
];
