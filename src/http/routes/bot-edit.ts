import type { Bot } from "../../bots/bot.ts";
import { managedBot } from "../../bots/browse.ts";
import { editBot } from "../../bots/edit.ts";
import { invalid } from "../../errors.ts";
import { listCatalog } from "../../services/list-catalog.ts";
import { good, redirect, view, type Answer } from "../answer.ts";
import { attempt } from "../failure.ts";
import { fields } from "../form.ts";
import { get, post } from "../route.ts";
import { placed } from "../service-form.ts";
import { botPerson, hasLogo } from "../tile.ts";

interface Typed {
  name: string;
  slug: string;
  picture: string;
  config: string;
}

export default [
  get("/bots/:id/edit", async (ctx, { params }) => {
    const bot = await managedBot(ctx, params.id!);
    return show(
      bot,
      {
        name: bot.name,
        slug: bot.slug,
        picture: bot.picture ?? "",
        config: JSON.stringify(bot.config, null, 2),
      },
      null,
    );
  }),

  post("/bots/:id/edit", async (ctx, { params, form }) => {
    const bot = await managedBot(ctx, params.id!);
    const typed = fields(form, "name", "slug", "picture", "config");
    const { name, slug, picture } = typed;
    const result = await attempt(async () =>
      editBot(ctx, bot.id, { name, slug, picture: picture || null, config: readConfig(typed.config) }),
    );
    if (!result.ok) return show(bot, typed, placed(result.problems, ["name", "slug", "picture", "config"]));
    return redirect(`/bots/${bot.id}`, good(`${result.value.name} is saved.`));
  }),
];

function show(bot: Bot, typed: Typed, problems: ReturnType<typeof placed> | null): Answer {
  const data = {
    page: { title: `Edit ${bot.name}` },
    bot: botPerson(bot),
    typed,
    pictures: listCatalog({})
      .items.filter(({ key }) => hasLogo(key))
      .map(({ key, name }) => ({ value: key, label: name })),
    problems: problems ?? { lines: [], of: {} },
  };
  return view("bot-edit", data, { status: problems ? 400 : 200 });
}

function readConfig(typed: string): Record<string, unknown> {
  const config = parse(typed.trim() || "{}");
  if (config === null || typeof config !== "object" || Array.isArray(config))
    throw invalid("config", 'A configuration is a JSON object, such as {"region": "eu"}.');
  return config as Record<string, unknown>;
}

function parse(typed: string): unknown {
  try {
    return JSON.parse(typed);
  } catch (error) {
    throw invalid("config", `This is not JSON: ${(error as Error).message}.`);
  }
}
