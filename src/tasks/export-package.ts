import { parseArgs } from "node:util";
import { exportPackage } from "../packages/export.ts";
import { servicesWith } from "../services/browse.ts";
import { isId } from "../storage/id.ts";
import type { Context } from "../context.ts";
import type { Task } from "./tasks.ts";
import { withWorld } from "./with-world.ts";

/** Writes bots and services as a package to standard output. */
export const exportTask: Task = {
  name: "export",
  usage: "export [--bots A,B] [--services C,D] [--name N] [--version V]",
  summary: "Print bots with their behaviors, and services (by id, uid or catalog key), as a package without secrets.",
  run: async (config, args) => {
    const text = { type: "string" as const };
    const { values } = parseArgs({ args, options: { bots: text, services: text, name: text, version: text } });
    const pack = await withWorld(config, async (ctx) =>
      exportPackage(ctx, {
        bots: listIn(values.bots),
        services: await servicesIn(ctx, listIn(values.services)),
        ...(values.name !== undefined && { name: values.name }),
        ...(values.version !== undefined && { version: values.version }),
      }),
    );
    process.stdout.write(`${JSON.stringify(pack, null, 2)}\n`);
  },
};

function listIn(text: string | undefined): string[] {
  return (text ?? "")
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean);
}

async function servicesIn(ctx: Context, keys: string[]): Promise<string[]> {
  const named = keys.filter((key) => !isId(key));
  const found = [...(await servicesWith(ctx, { uids: named })), ...(await servicesWith(ctx, { catalog: named }))];
  for (const key of named)
    if (!found.some(({ uid, catalogKey }) => uid === key || catalogKey === key))
      throw new Error(`There is no service ${key}.`);
  return [...keys.filter(isId), ...found.map(({ id }) => id)];
}
