import { addService } from "../../services/add.ts";
import { redirect, view, type Answer } from "../answer.ts";
import { attempt } from "../failure.ts";
import { text } from "../form.ts";
import {
  allKinds,
  drawFields,
  kindOf,
  readSettings,
  secretsAgain,
  storedTexts,
  typedTexts,
  type DrawnField,
} from "../kind-fields.ts";
import { get, post } from "../route.ts";
import {
  EMPTY_SERVICE,
  placed,
  readService,
  SERVICE_FIELDS,
  typedService,
  type ServiceTexts,
} from "../service-form.ts";

export default [
  get(
    "/services/build",
    (_ctx, { query }) => {
      if (!allKinds().some((kind) => kind.id === query.kind)) return choose();
      const kind = kindOf(query.kind!);
      return show(kind.id, { typed: EMPTY_SERVICE, fields: drawFields(kind.settings, storedTexts(kind, {})) });
    },
    "admin",
  ),

  post(
    "/services/build",
    async (ctx, { form, query }) => {
      const chosen = text(form, "kind") || (query.kind ?? "");
      if (!allKinds().some((kind) => kind.id === chosen)) return choose();
      const kind = kindOf(chosen);
      const result = await attempt(async () => {
        const { base_url, test, ...given } = readService(form);
        const more = { ...(base_url !== null && { base_url }), ...(test !== null && { test }) };
        return addService(ctx, { kind: kind.id, ...given, ...more, settings: readSettings(kind, form, false) });
      });
      if (result.ok) {
        const { id, name } = result.value;
        const flash = { kind: "good" as const, text: `${name} is set up. Next, link your account.` };
        return redirect(`/services/${id}`, {
          ...flash,
          href: `/accounts/new?service=${id}`,
          action: "Link your account",
        });
      }
      const names = [...SERVICE_FIELDS, ...kind.settings.map((field) => `settings.${field.name}`)];
      const problems = placed(result.problems, names);
      const fields = drawFields(kind.settings, typedTexts(kind.settings, form), problems.of);
      return show(kind.id, { typed: typedService(form), fields: secretsAgain(fields, form), problems });
    },
    "admin",
  ),
];

function choose(): Answer {
  const tiles = allKinds().map((kind) => ({
    href: `/services/build?kind=${kind.id}`,
    label: kind.label,
    help: kind.summary,
    icon: iconOf(kind),
  }));
  return view("service-build", { page: { title: "Build a service" }, tiles, chosen: null });
}

function show(
  id: string,
  draft: { typed: ServiceTexts; fields: DrawnField[]; problems?: ReturnType<typeof placed> },
): Answer {
  const kind = kindOf(id);
  const { label, summary } = kind;
  const chosen = { id, label, summary, icon: iconOf(kind) };
  const page = { title: `Build a service: ${label}` };
  return view("service-build", { page, tiles: [], chosen, draft }, { status: draft.problems ? 400 : 200 });
}

function iconOf(kind: ReturnType<typeof kindOf>): string {
  return kind.consent ? "hand" : "key-round";
}
