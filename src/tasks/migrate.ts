import { openDatabase } from "../storage/database.ts";
import { findHome } from "../storage/home.ts";
import { migrate } from "../storage/migrate.ts";
import type { Task } from "./tasks.ts";

/** Brings the database up to date; npm start does the same by itself. */
export const migrateTask: Task = {
  name: "migrate",
  usage: "migrate",
  summary: "Bring the database up to date.",
  run: async (config) => {
    const home = await findHome(config);
    const database = openDatabase(home.databaseUrl, { max: 2 });
    try {
      const taken = await migrate(database);
      process.stdout.write(taken.length === 0 ? "The database is up to date.\n" : `${taken.join("\n")}\n`);
    } finally {
      await database.close();
      await home.leave();
    }
  },
};
