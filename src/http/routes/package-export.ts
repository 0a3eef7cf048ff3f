import { isAdmin } from "../../access/actor.ts";
import { listBots } from "../../bots/browse.ts";
import type { Context } from "../../context.ts";
import { exportPackage } from "../../packages/export.ts";
import { listServices } from "../../services/browse.ts";
import { download, view, type Answer } from "../answer.ts";
import { attempt, type Problems } from "../failure.ts";
import { fields, texts } from "../form.ts";
import { get, post, type Incoming } from "../route.ts";
import { tileOf } from "../tile.ts";

const PATH = "/settings/packages/export";
const NONE = { bots: [] as string[], services: [] as string[], name: "", version: "" };

export default [
  get(PATH, (ctx, { query }) => exportPage(ctx, { ...NONE, bots: query.bot ? [query.bot] : [] })),

  post(PATH, async (ctx, { form }) => {
    const typed = typedIn(form);
    const { name, version, bots, services } = typed;
    const made = await attempt(() =>
      exportPackage(ctx, { bots, services, ...(name && { name }), ...(version && { version }) }),
    );
    if (!made.ok) return exportPage(ctx, typed, made.problems);
    const text = `${JSON.stringify(made.value, null, 2)}\n`;
    return download(`${fileName(made.value)}.json`, "application/json; charset=utf-8", once(text));
  }),
];

function typedIn(form: Incoming["form"]) {
  return { bots: texts(form, "bots"), services: texts(form, "services"), ...trimmed(fields(form, "name", "version")) };
}

function trimmed<T extends Record<string, string>>(given: T): T {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, value.trim()])) as T;
}

async function exportPage(ctx: Context, typed: typeof NONE, problems: Problems | null = null): Promise<Answer> {
  const bots = (await listBots(ctx, { limit: 200 })).items;
  const services = isAdmin(ctx.actor) ? (await listServices(ctx, { limit: 200 })).items : [];
  const data = {
    page: { title: "Export a package" },
    typed,
    bots: bots.map(({ id, name, slug }) => ({ id, name, detail: slug, checked: typed.bots.includes(id) })),
    services: services.map(({ id, name, catalogKey }) => ({
      ...{ id, name, checked: typed.services.includes(id) },
      mark: tileOf({ name, catalog: catalogKey }),
    })),
    problems: problems ? [{ text: problems.summary }] : [],
    of: problems?.fields ?? {},
  };
  return view("package-export", data, { status: problems === null ? 200 : 400 });
}

function fileName({ name, version }: { name: string; version: string }): string {
  const words = name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return `${words.replace(/^-+|-+$/g, "") || "package"}-${version.replace(/[^0-9A-Za-z.-]/g, "-")}`;
}

async function* once(text: string): AsyncIterable<string> {
  yield text;
}
