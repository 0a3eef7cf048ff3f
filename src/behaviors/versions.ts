import { z } from "zod";
import type { Context } from "../context.ts";
import { invalid, notFound } from "../errors.ts";
import { page, pageInput, type Page } from "../storage/page.ts";
import { getBehavior } from "./browse.ts";
import type { Program } from "./program.ts";

/** A behavior as somebody saved it once. */
export interface Version {
  version: number;
  title: string;
  public: boolean;
  program: Program;
  savedBy: { id: string | null; name: string };
  savedAt: Date;
}

export const listVersionsInput = z.strictObject({ limit: pageInput.limit, cursor: pageInput.cursor });

interface VersionRow {
  version: number;
  title: string;
  public: boolean;
  program: Program;
  saved_by: string | null;
  saved_by_name: string;
  saved_at: Date;
}

/** Versions of a behavior that the actor may see, the newest first. Throws `not_found`. */
export async function listVersions(
  ctx: Context,
  key: string,
  given: z.input<typeof listVersionsInput>,
): Promise<Page<Version>> {
  const { limit, cursor } = listVersionsInput.parse(given);
  const behavior = await getBehavior(ctx, key);
  const query = ctx
    .db("behavior_versions")
    .where("behavior_id", behavior.id)
    .orderBy("version", "desc")
    .limit(limit + 1);
  if (cursor) {
    if (cursor.length !== 1 || !/^\d{1,9}$/.test(cursor[0]!))
      throw invalid("cursor", "This is not a cursor of this list.");
    query.where("version", "<", Number(cursor[0]));
  }
  return page((await query) as VersionRow[], limit, toVersion, (row) => [String(row.version)]);
}

/** One version. Throws `not_found`. */
export async function getVersion(ctx: Context, key: string, version: number): Promise<Version> {
  const behavior = await getBehavior(ctx, key);
  const known = Number.isSafeInteger(version) && version > 0 && version <= behavior.version;
  const row = known
    ? ((await ctx.db("behavior_versions").where({ behavior_id: behavior.id, version }).first()) as
        VersionRow | undefined)
    : undefined;
  if (!row) throw notFound("version");
  return toVersion(row);
}

/** As the API shows it; with inputs, steps and output where one version is asked for. */
export function shownVersion({ version, title, program, savedBy, savedAt, ...rest }: Version, whole: boolean) {
  return { version, title, public: rest.public, saved_by: savedBy, saved_at: savedAt, ...(whole && program) };
}

function toVersion(row: VersionRow): Version {
  return {
    version: row.version,
    title: row.title,
    public: row.public,
    program: row.program,
    savedBy: { id: row.saved_by, name: row.saved_by_name },
    savedAt: row.saved_at,
  };
}
