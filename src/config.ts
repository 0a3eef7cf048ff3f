import { z } from "zod";

/** Entries separated by commas. */
const list = z
  .string()
  .default("")
  .transform((text) =>
    text
      .split(",")
      .map((entry) => entry.trim())
      .filter(Boolean),
  );

/** Addresses and ranges of proxies; a number of hops could be reached by anybody who sends the header (W-15). */
const proxies = list.refine(
  (entries) => entries.every((entry) => proxy.safeParse(entry).success),
  "must be addresses or ranges separated by commas, such as 10.0.0.0/8",
);

const proxy = z.union([z.enum(["loopback", "linklocal", "uniquelocal"]), z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]);

const port = z.coerce.number().int().min(0).max(65535);
const web = z
  .url({ protocol: /^https?$/, error: "must be an address such as https://signet.example.com" })
  .refine((text) => /^[^?#@]*$/.test(text), "must end with the host, port or path: no user, query or fragment");

/** Every setting Signet reads from its environment, and nothing else reads it (docs/settings.md). */
const schema = z.object({
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, "must start with postgres:// or postgresql://")
    .optional(),
  DATA_DIR: z.string().min(1).default("./data"),
  PORT: port.default(3000),
  HOST: z.string().min(1).default("127.0.0.1"),
  PUBLIC_URL: web.optional(),
  TRUST_PROXY: proxies,
  PROCESSES: z.union([z.literal("auto"), z.coerce.number().int().min(1).max(256)]).default(1),
  SIGNET_KEYS: z.string().optional(),
  /** Ranges, or one host and port, that outbound requests may reach although they are private. */
  OUTBOUND_ALLOW: list,
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
  SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\//, "must start with smtp:// or smtps://")
    .optional(),
  AUDIT_RETENTION_DAYS: z.coerce.number().int().min(1).optional(),
  NODE_ENV: z.string().optional(),
});

export interface Config {
  databaseUrl: string | undefined;
  dataDir: string;
  port: number;
  host: string;
  /** Origin (and path prefix, rarely) under which browsers reach Signet; no trailing slash. */
  publicUrl: string;
  /** Addresses of proxies whose X-Forwarded-* headers are believed; empty = nobody. */
  trustProxy: string[];
  processes: number | "auto";
  keys: string | undefined;
  outboundAllow: string[];
  logLevel: string;
  smtpUrl: string | undefined;
  auditRetentionDays: number | undefined;
  development: boolean;
}

/** A bad setting; the message is one line that names it and never repeats its value. */
export class ConfigError extends Error {}

/**
 * Reads the settings. Throws ConfigError with one line for the first bad value. Removes SIGNET_KEYS from the
 * environment, so that no child process or crash report inherits the keys (statement V-5).
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const given = Object.fromEntries(
    Object.keys(schema.shape)
      .filter((name) => env[name] !== undefined && env[name] !== "")
      .map((name) => [name, env[name]]),
  );
  const result = schema.safeParse(given);
  if (!result.success) {
    const first = result.error.issues[0]!;
    throw new ConfigError(`Setting ${first.path.join(".")}: ${first.message}.`);
  }
  refuseUnsafeRuntime(env);
  delete env.SIGNET_KEYS;
  const read = result.data;
  return {
    databaseUrl: read.DATABASE_URL,
    dataDir: read.DATA_DIR,
    port: read.PORT,
    host: read.HOST,
    publicUrl: (read.PUBLIC_URL ?? `http://localhost:${read.PORT}`).replace(/\/+$/, ""),
    trustProxy: read.TRUST_PROXY,
    processes: read.PROCESSES,
    keys: read.SIGNET_KEYS,
    outboundAllow: read.OUTBOUND_ALLOW,
    logLevel: read.LOG_LEVEL,
    smtpUrl: read.SMTP_URL,
    auditRetentionDays: read.AUDIT_RETENTION_DAYS,
    development: read.NODE_ENV === "development",
  };
}

/** Statement E-7: with certificate checks off, or a debugger open, no promise of Signet holds. */
function refuseUnsafeRuntime(env: NodeJS.ProcessEnv): void {
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === "0") {
    throw new ConfigError("Setting NODE_TLS_REJECT_UNAUTHORIZED: Signet does not run with certificate checks off.");
  }
  if (/--inspect|--insecure-http-parser/.test(env.NODE_OPTIONS ?? "")) {
    throw new ConfigError("Setting NODE_OPTIONS: Signet does not run with --inspect or --insecure-http-parser.");
  }
}
