import { z } from "zod";
import { pageOf, shortListInput, type Page } from "../storage/page.ts";
import { catalog, type CatalogEntry } from "./catalog.ts";

export const listCatalogInput = z.strictObject({
  q: z.string().max(200).optional(),
  kind: z.string().optional(),
  category: z.string().optional(),
  ...shortListInput,
});

/** Entries of the catalog that fit, by name: all of them, or a page where one is asked for. */
export function listCatalog(given: z.input<typeof listCatalogInput>): Page<CatalogEntry> {
  const { q = "", kind, category, ...place } = listCatalogInput.parse(given);
  const fits = (entry: CatalogEntry) =>
    `${entry.name} ${entry.key} ${entry.summary}`.toLowerCase().includes(q.toLowerCase()) &&
    (!kind || entry.kind === kind) &&
    (!category || entry.category === category);
  return pageOf(catalog().filter(fits), place, (entry) => entry.key);
}
