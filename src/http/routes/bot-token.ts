import { SCOPES } from "../../access/actor.ts";
import { usableAccounts } from "../../accounts/browse.ts";
import type { Bot } from "../../bots/bot.ts";
import { asActor, managedBot } from "../../bots/browse.ts";
import type { Context } from "../../context.ts";
import { notFound } from "../../errors.ts";
import { issueToken, listTokens, revokeToken, tokenInput, type TokenFacts } from "../../people/token.ts";
import { good, redirect, view } from "../answer.ts";
import { showBot } from "../bot-page.ts";
import { attempt } from "../failure.ts";
import { text, texts } from "../form.ts";
import { get, post } from "../route.ts";
import { placed } from "../service-form.ts";

export default [
  // The answer itself shows the token: a redirect would have to keep it somewhere.
  post("/bots/:id/tokens", async (ctx, { params, form }) => {
    const bot = await managedBot(ctx, params.id!);
    const name = text(form, "name");
    const scopes = texts(form, "scopes");
    const expires_at = text(form, "expires_at");
    const result = await attempt(async () => {
      const input = tokenInput.parse({ name, scopes, expires_at });
      const holder = { type: "bot" as const, id: bot.id };
      return issueToken(ctx, { holder, name: input.name, scopes: input.scopes, expiresAt: input.expires_at });
    });
    if (!result.ok) {
      const problems = placed(result.problems, ["name", "scopes", "expires_at"]);
      return showBot(ctx, bot, { name, scopes, expires_at, problems });
    }
    const { token, ...facts } = result.value;
    const data = { page: { title: `Token of ${bot.name}` }, bot: { id: bot.id, name: bot.name }, token, facts };
    return view("bot-token", { ...data, examples: await examples(ctx, bot) });
  }),

  get("/bots/:id/tokens/:token/revoke", async (ctx, { params }) => {
    const bot = await managedBot(ctx, params.id!);
    const facts = await tokenOf(ctx, bot, params.token!);
    const page = { title: `Revoke ${facts.name}` };
    return view("bot-token", { page, bot: { id: bot.id, name: bot.name }, token: null, facts });
  }),

  post("/bots/:id/tokens/:token/revoke", async (ctx, { params }) => {
    const bot = await managedBot(ctx, params.id!);
    const facts = await tokenOf(ctx, bot, params.token!);
    await revokeToken(ctx, { type: "bot", id: bot.id }, facts.id);
    return redirect(`/bots/${bot.id}`, good(`The token ${facts.name} is revoked.`));
  }),
];

async function tokenOf(ctx: Context, bot: Bot, id: string): Promise<TokenFacts> {
  const { items } = await listTokens(ctx, { type: "bot", id: bot.id }, { limit: 200 });
  const found = items.find((token) => token.id === id);
  if (!found) throw notFound("token");
  return found;
}

/** One call in each of the two ways, with an account that the bot may really use where there is one. */
async function examples(ctx: Context, bot: Bot): Promise<{ execute: string; proxy: string }> {
  const [account] = await usableAccounts({ ...ctx, actor: asActor(bot, SCOPES) });
  const slug = account?.slug ?? "ACCOUNT";
  const header = `-H "authorization: Bearer $SIGNET_TOKEN"`;
  const body = JSON.stringify({ account: slug, method: "GET", url: "/" });
  return {
    execute: `curl ${ctx.publicUrl}/api/v1/execute \\\n  ${header} \\\n  --json '${body}'`,
    proxy: `curl ${ctx.publicUrl}/proxy/${slug}/ \\\n  ${header}`,
  };
}
