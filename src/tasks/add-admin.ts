import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { addWorker } from "../people/add-worker.ts";
import type { Task } from "./tasks.ts";
import { withWorld } from "./with-world.ts";

/** Adds an admin; without a password they can act by tokens only until they are invited. */
export const addAdmin: Task = {
  name: "add-admin",
  usage: "add-admin --email E --name N [--password-stdin]",
  summary: "Add an admin. The password is read from standard input, never from the command line.",
  run: async (config, args) => {
    const { values } = parseArgs({
      args,
      options: {
        email: { type: "string" },
        name: { type: "string" },
        "password-stdin": { type: "boolean", default: false },
      },
    });
    if (!values.email) throw new Error("Give --email.");
    if (!values.name) throw new Error("Give --name.");
    const password = values["password-stdin"] ? (await text(process.stdin)).replace(/\r?\n$/, "") : undefined;
    const input = {
      email: values.email,
      name: values.name,
      role: "admin" as const,
      ...(password === undefined ? {} : { password }),
    };
    const worker = await withWorld(config, (ctx) => addWorker(ctx, input));
    process.stdout.write(`${worker.name} <${worker.email}> is an admin.\n`);
  },
};
