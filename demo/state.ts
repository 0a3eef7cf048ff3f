import { randomBytes, randomInt } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError } from "../src/config.ts";

/** What one demo folder remembers besides its database. */
export interface State {
  /** Of everybody in the demo. */
  password: string;
  /** Signs Acme's cookies. */
  cookieKey: string;
  /** Where Acme was last; the services in the database point there. */
  acmePort?: number;
  /** The bot's token, which Signet itself can not show again. */
  botToken?: string;
}

const FILE = "demo.json";
const WORDS =
  "amber birch cedar comet coral delta ember fjord hazel indigo juniper lagoon maple opal river saffron tundra";

/**
 * Reads what the folder remembers, or makes it a demo folder when it is new.
 * Throws ConfigError for a folder that holds something else: the demo touches nobody's data.
 */
export async function openState(folder: string): Promise<State> {
  await mkdir(folder, { recursive: true, mode: 0o711 });
  if (existsSync(join(folder, FILE))) return JSON.parse(await readFile(join(folder, FILE), "utf8")) as State;
  if (readdirSync(folder).length > 0)
    throw new ConfigError(`${folder} is not a demo folder. Set DEMO_DATA_DIR to a new or empty one.`);
  const words = WORDS.split(" ");
  const password = `${[0, 1, 2].map(() => words[randomInt(words.length)]).join(" ")} ${randomInt(100, 1000)}`;
  const state = { password, cookieKey: randomBytes(32).toString("base64url") };
  await saveState(folder, state);
  return state;
}

/** Writes it for this user's eyes only. */
export async function saveState(folder: string, state: State): Promise<void> {
  const draft = join(folder, `${FILE}.draft`);
  await writeFile(draft, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  await rename(draft, join(folder, FILE));
}
