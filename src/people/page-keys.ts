import { z } from "zod";
import { invalid } from "../errors.ts";
import { isId } from "../storage/id.ts";
import { pageInput } from "../storage/page.ts";

/** What lists without a search take. */
export const pageOnly = z.strictObject({ limit: pageInput.limit, cursor: pageInput.cursor });

/**
 * The sort values of a cursor, whose last one is an id; a made-up one must not reach the database.
 * Throws `invalid` naming `cursor`.
 */
export function keyset(cursor: string[], sort: "id" | "name"): string[] {
  const fits = cursor.length === (sort === "id" ? 1 : 2) && isId(cursor.at(-1)!) && !cursor.join("").includes("\0");
  if (!fits) throw invalid("cursor", "This is not a cursor of this list.");
  return cursor;
}
