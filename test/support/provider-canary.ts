import type { World } from "../../src/context.ts";

/** Secrets that were planted, everything that was seen, and whether one turned up in the other. */
export class Canary {
  readonly #planted: { kind: string; forms: string[]; allowed: RegExp[] }[] = [];
  readonly #seen: { where: string; text: string }[] = [];

  /** Remembers a secret; `allowed` says where it belongs, as a pattern over what saw() was told. */
  plant(kind: string, value: string, ...allowed: RegExp[]): string {
    if (value.length < 12) throw new Error(`${kind} is too short to be found by its form.`);
    this.#planted.push({ kind, forms: formsOf(value), allowed });
    return value;
  }

  saw(where: string, what: string | Buffer): void {
    // One byte is one character, so that bytes and text are searched alike.
    const text = typeof what === "string" ? Buffer.from(what, "utf8").toString("latin1") : what.toString("latin1");
    this.#seen.push({ where, text });
  }

  get count(): number {
    return this.#seen.length;
  }

  /** What was planted and how often it was seen where it belongs. */
  get kinds(): string[] {
    return [...new Set(this.#planted.map(({ kind }) => kind))].sort();
  }

  /** Kinds of secrets that were seen where they belong: proof that the search finds what is there. */
  found(): string[] {
    const kinds = this.#planted.filter(({ forms, allowed }) =>
      this.#seen.some(
        ({ where, text }) => allowed.some((one) => one.test(where)) && forms.some((form) => text.includes(form)),
      ),
    );
    return [...new Set(kinds.map(({ kind }) => kind))].sort();
  }

  leaks(): string[] {
    const leaks = new Set<string>();
    for (const { where, text } of this.#seen) {
      for (const { kind, forms, allowed } of this.#planted) {
        if (allowed.some((one) => one.test(where))) continue;
        const form = forms.findIndex((one) => text.includes(one));
        if (form >= 0) leaks.add(`${kind} (form ${form}) in ${where}`);
      }
    }
    return [...leaks].sort();
  }

  /** Watches every answer to this process's requests that go to `origin`, until the returned function is called. */
  watch(origin: string): () => void {
    const real = globalThis.fetch;
    globalThis.fetch = async (input, init) => {
      const answer = await real(input, init);
      const url = new URL(input instanceof Request ? input.url : String(input));
      if (url.origin !== origin) return answer;
      const where = `${init?.method ?? "GET"} ${url.pathname}`;
      for (const [name, value] of answer.headers) this.saw(`header ${name} of ${where}`, value);
      this.saw(`body of ${where}`, await answer.clone().text());
      return answer;
    };
    return () => (globalThis.fetch = real);
  }

  /** Every column of every row of every table. */
  async dump({ database }: World): Promise<void> {
    const { rows: tables } = await database.knex.raw<{ rows: { name: string }[] }>(
      "select table_name as name from information_schema.tables where table_schema = 'public' order by 1",
    );
    for (const { name } of tables) {
      for (const row of await database.knex(name).select("*")) {
        for (const [column, value] of Object.entries(row)) {
          if (value === null) continue;
          const plain = Buffer.isBuffer(value) ? value : typeof value === "string" ? value : JSON.stringify(value);
          this.saw(`database ${name}.${column}`, plain);
        }
      }
    }
  }
}

/** A secret as it may be written: plain, in base64 at any place of a longer text, in hex, escaped for URLs, JSON, HTML. */
export function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret, "utf8");
  const aligned = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    // The characters at both ends depend on the neighbours too.
    return text.slice(shift === 0 ? 0 : shift + 1, (bytes.length + shift) % 3 === 0 ? undefined : -1);
  });
  const hex = bytes.toString("hex");
  const percent = hex.replace(/../g, "%$&");
  const html = secret
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
  const forms = [
    secret,
    html,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    new URLSearchParams({ s: secret }).toString().slice(2),
    ...aligned,
    ...aligned.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
    hex,
    hex.toUpperCase(),
    percent,
    percent.toUpperCase(),
  ];
  return [...new Set(forms.map((form) => Buffer.from(form, "utf8").toString("latin1")))];
}
