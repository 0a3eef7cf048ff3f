import knexFactory, { type Knex } from "knex";
import pg from "pg";

export type { Knex };

// Counts and sequence numbers fit a JavaScript number for the next 9 quadrillion rows.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

/** The one way to Postgres: query builder for pages and verbs, prepared statements for the hot path. */
export interface Database {
  knex: Knex;
  /** Runs a named prepared statement on a small pool of its own; `name` must stand for one text only. */
  prepared<Row>(name: string, text: string, values: unknown[]): Promise<Row[]>;
  /** As prepared(), for statements that answer nothing; resolves to the number of rows they touched. */
  write(name: string, text: string, values: unknown[]): Promise<number>;
  /** Runs a text of one or more statements; a connection on which it failed is not used again. */
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
  /** A new dedicated connection that the caller ends; for LISTEN and session locks. */
  connect(): Promise<pg.Client>;
  close(): Promise<void>;
}

/** Opens pools on `url`; connects lazily, so a wrong address shows at the first query. */
export function openDatabase(url: string, options: { max?: number } = {}): Database {
  const knex = knexFactory({
    client: "pg",
    connection: { connectionString: url, application_name: "signet", statement_timeout: 30_000 },
    pool: { min: 0, max: options.max ?? 10 },
    acquireConnectionTimeout: 10_000,
  });
  const pool = new pg.Pool({
    connectionString: url,
    max: 4,
    application_name: "signet-hot",
    connectionTimeoutMillis: 10_000,
  });
  // A connection that dies idle is replaced at the next query; without a listener it would end the process.
  pool.on("error", () => undefined);
  return {
    knex,
    prepared: async <Row>(name: string, text: string, values: unknown[]) =>
      (await pool.query({ name, text, values })).rows as Row[],
    write: async (name, text, values) => (await pool.query({ name, text, values })).rowCount ?? 0,
    query: async (text, values) => {
      // Several statements in one text have several results.
      const results = [await pool.query(text, values)].flat();
      return { rows: results.flatMap(({ rows }) => rows as unknown[]) };
    },
    connect: async () => {
      const client = new pg.Client({ connectionString: url, application_name: "signet-listen", keepAlive: true });
      client.on("error", () => undefined);
      await client.connect();
      return client;
    },
    close: async () => {
      await Promise.all([knex.destroy(), pool.end()]);
    },
  };
}

/** True when Postgres refused a row because a unique index already holds it. */
export function isDuplicate(error: unknown, constraint?: string): boolean {
  const known = error as { code?: string; constraint?: string };
  return known?.code === "23505" && (constraint === undefined || known.constraint === constraint);
}

/** True when the failure lies with the connection, not with the statement. */
export function isConnectionFailure(error: unknown): boolean {
  const code = (error as { code?: string })?.code ?? "";
  return /^(ECONN|EPIPE|ENOENT|ETIMEDOUT|57P0|08)/.test(code) || /Connection terminated|timeout/i.test(String(error));
}

/** Escapes `%`, `_` and `\` so that a search box's text is matched as it was typed. */
export function likePattern(text: string): string {
  return `%${text.replace(/[\\%_]/g, "\\$&")}%`;
}
