import { isAdmin } from "../../access/actor.ts";
import { listServices, type ServiceLine } from "../../services/browse.ts";
import { catalog } from "../../services/catalog.ts";
import { view } from "../answer.ts";
import { allKinds, kindLabel } from "../kind-fields.ts";
import { linkWith, pagerOf } from "../list-links.ts";
import { tileOf } from "../tile.ts";
import { get } from "../route.ts";

const PATH = "/services";

export default [
  get(PATH, async (ctx, { query }) => {
    const { q, kind, cursor } = query;
    const { items, next_cursor } = await listServices(ctx, { q, kind: kind || undefined, cursor });
    const filter = (label: string, id?: string) => ({
      label,
      href: linkWith(PATH, { q, kind: id }),
      current: (kind || undefined) === id,
    });
    const list = {
      label: "Connected Services",
      noun: ["service", "services"],
      search: { action: PATH, q, hidden: { kind } },
      filters: [filter("Every kind"), ...allKinds().map((one) => filter(one.label, one.id))],
      columns: [
        { key: "name", label: "Service", kind: "name" },
        { key: "kind", label: "Kind" },
        { key: "hosts", label: "Hosts", narrow: false },
        { key: "accounts", label: "Accounts", kind: "number", align: "end" },
        { key: "updated", label: "Updated", kind: "time", align: "end" },
      ],
      rows: items.map(row),
      count: null,
      filtered: Boolean(q || kind || cursor),
      clear: PATH,
      pager: pagerOf(PATH, { q, kind, cursor }, next_cursor),
      empty: emptiness(isAdmin(ctx.actor)),
    };
    return view("services", { page: { title: "Connected Services" }, list, admin: isAdmin(ctx.actor) });
  }),
];

function row(service: ServiceLine) {
  const [first, ...others] = service.hosts;
  return {
    href: `${PATH}/${service.id}`,
    cells: {
      name: {
        text: service.name,
        detail: service.baseUrl,
        service: tileOf({ name: service.name, catalog: service.catalogKey }),
      },
      kind: kindLabel(service.kind),
      hosts: { text: first, detail: others.length > 0 ? `and ${others.length} more` : null },
      accounts: service.accounts,
      updated: service.updatedAt,
    },
  };
}

function emptiness(admin: boolean) {
  const title = "No services yet";
  if (!admin)
    return { icon: "blocks", title, text: "Once an admin has set one up, you can link your own account to it here." };
  const text = `Pick one of ${catalog().length} ready-made services, or build your own from any kind of sign-in.`;
  return { icon: "blocks", title, text, action: { label: "Open the library", href: "/services/library" } };
}
