import { z } from "zod";
import { invalid } from "../errors.ts";
import { isId } from "./id.ts";

/** One page of a list, and how to get the next. */
export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

/** The last row's sort values, as text. */
const cursorText = z
  .string()
  .max(500)
  .transform((text, check) => {
    try {
      return z
        .array(z.string())
        .min(1)
        .max(3)
        .parse(JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
    } catch {
      check.addIssue({ code: "custom", message: "This is not a cursor of this list." });
      return z.NEVER;
    }
  });

/** What every list takes: search text, page size, and where to go on. */
export const pageInput = {
  q: z
    .string()
    .trim()
    .max(200)
    .regex(/^[^\0]*$/, "A search holds no null character.")
    .optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: cursorText.optional(),
};

/** Makes a page of `limit + 1` rows: one more than asked tells that there is a next page. */
export function page<Row, T>(rows: Row[], limit: number, show: (row: Row) => T, key: (row: Row) => string[]): Page<T> {
  const shown = rows.slice(0, limit);
  const more = rows.length > limit;
  const next = more ? Buffer.from(JSON.stringify(key(shown.at(-1)!))).toString("base64url") : null;
  return { items: shown.map(show), next_cursor: next };
}

/** What lists without a search take. */
export const pageOnly = z.strictObject({ limit: pageInput.limit, cursor: pageInput.cursor });

/** What lists take that are short enough to come whole: a page only where one is asked for. */
export const shortListInput = {
  limit: z.coerce.number().int().min(1).max(1000).optional(),
  cursor: cursorText.optional(),
};

/** A page of a list in memory, behind the item of the cursor. Throws `invalid` for a cursor of no item. */
export function pageOf<T>(
  items: T[],
  { limit = items.length, cursor }: { limit?: number | undefined; cursor?: string[] | undefined },
  key: (item: T) => string,
): Page<T> {
  const last = cursor === undefined ? -1 : items.findIndex((item) => key(item) === cursor[0]);
  if (cursor !== undefined && last < 0) throw invalid("cursor", "This is not a cursor of this list.");
  return page(
    items.slice(last + 1, last + limit + 2),
    limit,
    (item) => item,
    (item) => [key(item)],
  );
}

/**
 * The sort values of a cursor, whose last one is an id; a made-up one must not reach the database.
 * Throws `invalid` naming `cursor`.
 */
export function keyset(cursor: string[], sort: "id" | "name"): string[] {
  const fits = cursor.length === (sort === "id" ? 1 : 2) && isId(cursor.at(-1)!) && !cursor.join("").includes("\0");
  if (!fits) throw invalid("cursor", "This is not a cursor of this list.");
  return cursor;
}
