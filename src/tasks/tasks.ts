import type { Config } from "../config.ts";
import { addAdmin } from "./add-admin.ts";
import { doctor } from "./doctor.ts";
import { exportTask } from "./export-package.ts";
import { importTask } from "./import-package.ts";
import { issueTokenTask } from "./issue-token.ts";
import { migrateTask } from "./migrate.ts";

/** One thing an operator does from the shell. Results on standard output, everything else on standard error. */
export interface Task {
  name: string;
  usage: string;
  summary: string;
  /** Throws one sentence when it could not be done. */
  run(config: Config, args: string[]): Promise<void>;
}

export const tasks: ReadonlyMap<string, Task> = new Map(
  [addAdmin, issueTokenTask, migrateTask, doctor, exportTask, importTask].map((task) => [task.name, task]),
);
