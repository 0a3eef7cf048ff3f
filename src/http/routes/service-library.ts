import { catalog, searchCatalog, type CatalogEntry } from "../../services/catalog.ts";
import { view } from "../answer.ts";
import { kindLabel } from "../kind-fields.ts";
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
      const { category = "", kind = "" } = query;
      const q = (query.q ?? "").slice(0, 200);
      const found = searchCatalog({ q, category, kind });
      const library = {
        q,
        category,
        kind,
        categories: [
          { value: "", label: "Every category" },
          ...counted((entry) => entry.category, categoryName).sort((a, b) => a.label.localeCompare(b.label)),
        ],
        kinds: [{ value: "", label: "Every kind of sign-in" }, ...counted((entry) => entry.kind, kindLabel)],
        tiles: genericLast(found).map(tile),
        total: catalog().length,
        build: linkWith("/services/build", { name: q.trim().slice(0, 100) }),
      };
      return view("service-library", { page: { title: "Library" }, library });
    },
    "admin",
  ),
];

/** A filter's choices with how many entries each has, the commonest first. */
function counted(of: (entry: CatalogEntry) => string, name: (value: string) => string) {
  const counts = new Map<string, number>();
  for (const entry of catalog()) counts.set(of(entry), (counts.get(of(entry)) ?? 0) + 1);
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([value, count]) => ({ value, label: `${name(value)} (${count})` }));
}

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
