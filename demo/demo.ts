import { join } from "node:path";
import { ConfigError, readConfig, type Config } from "../src/config.ts";
import { announce, onStop, openFront, prepareData } from "../src/serve.ts";
import { startAcme } from "./acme/acme.ts";
import { seed } from "./seed.ts";
import { openState, saveState } from "./state.ts";

// npm run demo: the same program on a folder of its own, with a fictional provider on loopback. Whatever stops the
// start is one clear line on standard error and exit code 1.

/** What to undo, newest last. */
const opened: (() => Promise<unknown>)[] = [];

const started = start();
onStop(async () => {
  // Not in the middle of it: nothing that is being opened may be left behind.
  await started.catch(() => undefined);
  await close();
});
try {
  await started;
} catch (error) {
  const text = error instanceof Error ? error.message : String(error);
  const hint = error instanceof ConfigError ? "" : " Remove the demo's folder to begin afresh.";
  process.stderr.write(
    `The demo did not start. ${text.split("\n")[0]!.replace(/\bDATA_DIR/g, "DEMO_DATA_DIR")}${hint}\n`,
  );
  await close();
  process.exit(1);
}

async function start(): Promise<void> {
  const base = demoConfig();
  const folder = base.dataDir;
  const state = await openState(folder);
  const home = await prepareData(base);
  opened.push(() => home.leave());
  const { publicUrl, port } = base;
  const ports = [state.acmePort, port + 1, 0].filter((one) => one !== undefined && one !== port && one <= 65_535);
  const acme = await startAcme({ ports: ports as number[], folder, publicUrl, cookieKey: state.cookieKey });
  opened.push(() => acme.close());
  const config = { ...base, outboundAllow: [`127.0.0.1:${acme.port}`] };
  const front = await openFront(config, home.databaseUrl);
  opened.push(() => front.close());
  const botToken = await seed(front.world, acme.origin, state);
  await saveState(folder, { ...state, acmePort: acme.port, botToken });
  process.stdout.write(welcome(config, acme.origin, state.password, botToken));
  await announce(config, front.world);
}

async function close(): Promise<void> {
  for (const undo of opened.splice(0).reverse()) await undo().catch(() => undefined);
}

/** The settings of npm start, without those that lead to other data. */
function demoConfig(): Config {
  const { DEMO_DATA_DIR, DATABASE_URL: _url, OUTBOUND_ALLOW: _allow, PROCESSES: _many, ...env } = process.env;
  delete process.env.SIGNET_KEYS;
  delete env.SIGNET_KEYS;
  const DATA_DIR = DEMO_DATA_DIR || join(import.meta.dirname, "../demo-data");
  return readConfig({ LOG_LEVEL: "warn", ...env, DATA_DIR });
}

function welcome({ publicUrl }: Config, acme: string, password: string, token: string): string {
  const body = JSON.stringify({ account: "acme-crm", url: "/api/me" });
  return `
Sign in       ${publicUrl}
  Email       ada@example.com (the admin); ben@example.com and cleo@example.com are workers
  Password    ${password}
Acme          ${acme} (a fictional provider on this machine, with what you need to set it up by hand)

A request of the bot “Helpdesk helper”, signed by Signet with an account whose token the bot never sees:
curl -sS ${publicUrl}/api/v1/execute -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' -d '${body}'

`;
}
