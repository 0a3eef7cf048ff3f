import { callbackUrl, type Context } from "../../context.ts";
import { addService } from "../../services/add.ts";
import { consoleSteps } from "../../services/browse.ts";
import { catalogEntry } from "../../services/catalog.ts";
import { callsBack } from "../account-view.ts";
import { redirect, view, type Answer } from "../answer.ts";
import { attempt } from "../failure.ts";
import { text } from "../form.ts";
import {
  drawPrompts,
  kindOf,
  promptDefaults,
  readPrompts,
  secretsAgain,
  typedPrompts,
  type DrawnField,
} from "../kind-fields.ts";
import { linkWith } from "../list-links.ts";
import { tileOf } from "../tile.ts";
import { get, post } from "../route.ts";
import { placed } from "../service-form.ts";

export default [
  get(
    "/services/new",
    (ctx, { query }) => {
      if (!query.catalog) return redirect("/services/library");
      const entry = catalogEntry(query.catalog);
      return show(ctx, entry.key, { name: entry.name, fields: drawPrompts(entry, promptDefaults(entry)) });
    },
    "admin",
  ),

  post(
    "/services/new",
    async (ctx, { form, query }) => {
      const entry = catalogEntry(query.catalog ?? "");
      const name = text(form, "name");
      const result = await attempt(() =>
        addService(ctx, { catalog: entry.key, name, settings: readPrompts(entry, form) }),
      );
      if (result.ok) {
        const { id } = result.value;
        const flash = { kind: "good" as const, text: `${result.value.name} is set up. Next, link your account.` };
        return redirect(`/services/${id}`, {
          ...flash,
          href: `/accounts/new?service=${id}`,
          action: "Link your account",
        });
      }
      const names = ["name", ...entry.prompts.map((prompt) => `settings.${prompt.key}`)];
      const problems = placed(result.problems, names);
      const fields = secretsAgain(drawPrompts(entry, typedPrompts(entry, form), problems.of), form);
      return show(ctx, entry.key, { name, fields, problems });
    },
    "admin",
  ),
];

interface Setup {
  name: string;
  fields: DrawnField[];
  problems?: ReturnType<typeof placed>;
}

function show(ctx: Context, key: string, setup: Setup): Answer {
  const entry = catalogEntry(key);
  const kind = kindOf(entry.kind);
  const callback = callbackUrl(ctx);
  const provider = {
    name: entry.name,
    mark: tileOf({ name: entry.name, catalog: entry.key }),
    summary: entry.summary,
    notice: entry.notice,
    retired: entry.status === "retired",
    documentation: entry.documentation,
    steps: consoleSteps(key, callback),
    callback: callsBack(entry) ? callback : null,
    kind: { label: kind.label, summary: kind.summary },
    hosts: entry.hosts.filter((host) => !host.includes("{")),
    accountHelp: entry.account_help,
  };
  const page = { title: `Set up ${entry.name}` };
  const action = linkWith("/services/new", { catalog: key });
  return view("service-new", { page, provider, setup, action }, { status: setup.problems ? 400 : 200 });
}
