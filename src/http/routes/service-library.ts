import { catalog, searchCatalog, type CatalogEntry } from "../../services/catalog.ts";
import { view } from "../answer.ts";
import { allKinds, kindLabel } from "../kind-fields.ts";
import { linkWith } from "../list-links.ts";
import { tileOf } from "../tile.ts";
import { get } from "../route.ts";

/** Categories whose name is not simply their key with a capital letter. */
const CATEGORIES: Record<string, string> = {
  ai: "AI",
  cms: "Websites",
  crm: "CRM",
  generic: "Any other service",
  hr: "HR",
  home: "Smart home",
};

export default [
  get(
    "/services/library",
    (_ctx, { query }) => {
      const { q = "", category = "", kind = "" } = query;
      const library = {
        q: q.slice(0, 200),
        category,
        kind,
        categories: [
          { value: "", label: "Every category" },
          ...[...new Set(catalog().map((entry) => entry.category))]
            .map((value) => ({ value, label: categoryName(value) }))
            .sort((a, b) => a.label.localeCompare(b.label)),
        ],
        kinds: [
          { value: "", label: "Every kind of sign-in" },
          ...allKinds().map((one) => ({ value: one.id, label: one.label })),
        ],
        tiles: genericLast(searchCatalog({ q: q.slice(0, 200), category, kind })).map(tile),
        total: catalog().length,
      };
      return view("service-library", { page: { title: "Library" }, library });
    },
    "admin",
  ),
];

/** "Any service …" is for those who did not find theirs. */
function genericLast(entries: CatalogEntry[]): CatalogEntry[] {
  const generic = (entry: CatalogEntry) => Number(entry.category === "generic");
  return entries.toSorted((a, b) => generic(a) - generic(b));
}

function tile(entry: CatalogEntry) {
  return {
    href: linkWith("/services/new", { catalog: entry.key }),
    name: entry.name,
    about: `${categoryName(entry.category)} · ${kindLabel(entry.kind)}`,
    mark: tileOf({ name: entry.name, catalog: entry.key }),
    status: entry.status,
  };
}

function categoryName(key: string): string {
  return CATEGORIES[key] ?? key[0]!.toUpperCase() + key.slice(1);
}
