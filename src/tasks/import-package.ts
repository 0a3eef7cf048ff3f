import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import type { Owner } from "../access/actor.ts";
import type { Context } from "../context.ts";
import { isSignetError } from "../errors.ts";
import { importPackage } from "../packages/import.ts";
import { previewPackage, type Preview } from "../packages/preview.ts";
import type { PackageInput } from "../packages/plan.ts";
import { readPackageText } from "../packages/read.ts";
import { isId } from "../storage/id.ts";
import type { Task } from "./tasks.ts";
import { withWorld } from "./with-world.ts";

/** Installs a package from a file, or tells what that would change; both as JSON on standard output. */
export const importTask: Task = {
  name: "import",
  usage: "import FILE [--answers FILE] [--owner organization|team:NAME|worker:EMAIL] [--preview]",
  summary: "Install or update what a package holds, all of it or nothing.",
  run: async (config, args) => {
    const text = { type: "string" as const };
    const options = { answers: text, owner: text, preview: { type: "boolean" as const } };
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    if (positionals.length !== 1) throw new Error("Name the file of the package.");
    const pack = readPackageText(await readFile(positionals[0]!, "utf8"));
    const answers = values.answers === undefined ? {} : readPackageText(await readFile(values.answers, "utf8"));
    const told = await withWorld(config, async (ctx) => {
      const owner = values.owner === undefined ? undefined : await ownerIn(ctx, values.owner);
      const input = { package: pack, answers, ...(owner && { owner }) } as PackageInput;
      return values.preview ? previewPackage(ctx, input) : installed(ctx, input);
    });
    process.stdout.write(`${JSON.stringify(told, null, 2)}\n`);
  },
};

/** Everything that stands in the way in one sentence: the shell shows no more. */
async function installed(ctx: Context, input: PackageInput): Promise<Preview> {
  try {
    return await importPackage(ctx, input);
  } catch (error) {
    if (!isSignetError(error) || error.issues.length === 0) throw error;
    throw new Error(error.issues.map(({ path, message }) => `${path}: ${message}`).join(" "), { cause: error });
  }
}

async function ownerIn(ctx: Context, text: string): Promise<Owner> {
  if (text === "organization") return { type: "organization", id: null };
  const [, type, key] = /^(team|worker):(.+)$/.exec(text) ?? [];
  if (type === undefined) throw new Error("Write the owner as organization, team:NAME or worker:EMAIL.");
  const [table, column] = type === "team" ? ["teams", "name"] : ["workers", "email"];
  const query = ctx.db(table!);
  if (isId(key!)) query.where({ id: key });
  else query.whereRaw("lower(??) = lower(?)", [column!, key!.trim()]);
  const row = await query.first<{ id: string } | undefined>("id");
  if (!row) throw new Error(`There is no ${type} ${key}.`);
  return { type, id: row.id } as Owner;
}
