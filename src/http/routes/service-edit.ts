import { getService } from "../../services/browse.ts";
import { editService } from "../../services/edit.ts";
import type { Service } from "../../services/service.ts";
import { good, redirect, view, type Answer } from "../answer.ts";
import { attempt } from "../failure.ts";
import {
  drawFields,
  kindOf,
  readSettings,
  secretsAgain,
  storedTexts,
  typedTexts,
  type DrawnField,
} from "../kind-fields.ts";
import { tileOf } from "../tile.ts";
import { get, post } from "../route.ts";
import {
  placed,
  readService,
  SERVICE_FIELDS,
  storedService,
  typedService,
  type ServiceTexts,
} from "../service-form.ts";

export default [
  get(
    "/services/:id/edit",
    async (ctx, { params }) => {
      const service = await getService(ctx, params.id!);
      const kind = kindOf(service.kind);
      const fields = drawFields(kind.settings, storedTexts(kind, service.settings), {}, service.hidden);
      return show(service, { typed: storedService(service), fields });
    },
    "admin",
  ),

  post(
    "/services/:id/edit",
    async (ctx, { params, form }) => {
      const service = await getService(ctx, params.id!);
      const kind = kindOf(service.kind);
      const result = await attempt(async () =>
        editService(ctx, service.id, {
          ...readService(form, service.test),
          settings: readSettings(kind, form, true),
        }),
      );
      if (result.ok) return redirect(`/services/${service.id}`, good(`${result.value.name} is saved.`));
      const names = [...SERVICE_FIELDS, ...kind.settings.map((field) => `settings.${field.name}`)];
      const problems = placed(result.problems, names);
      const drawn = drawFields(kind.settings, typedTexts(kind.settings, form), problems.of, service.hidden);
      return show(service, { typed: typedService(form), fields: secretsAgain(drawn, form), problems });
    },
    "admin",
  ),
];

function show(
  service: Service,
  draft: { typed: ServiceTexts; fields: DrawnField[]; problems?: ReturnType<typeof placed> },
): Answer {
  const edited = {
    id: service.id,
    name: service.name,
    mark: tileOf({ name: service.name, catalog: service.catalogKey }),
    kind: kindOf(service.kind).label,
    http: kindOf(service.kind).directory === undefined,
  };
  const page = { title: `Edit ${service.name}` };
  return view("service-edit", { page, edited, draft }, { status: draft.problems ? 400 : 200 });
}
