// Keeps secrets that come back in answers from the caller (statement E-13). A seat belt, not the wall: a provider
// that answers with its own transformation of a secret is not recognised.

/** Shorter strings occur by chance; cutting them would damage answers and reveal them by their gaps. */
const MIN_LENGTH = 6;
const PREFIX = 3;

type Span = [from: number, to: number];

/** Recognises a set of secrets in raw, base64, hex and percent-encoded form, in text of one byte per character. */
export class Redactor {
  readonly #pattern: RegExp | undefined;
  readonly #needles: string[];
  readonly #prefixes: Set<string>;
  readonly #longest: number;

  constructor(secrets: string[]) {
    this.#needles = [...new Set(secrets.filter((secret) => secret.length >= MIN_LENGTH).flatMap(encodings))];
    // Longest first, so that an encoding that contains another is covered whole.
    this.#needles.sort((a, b) => b.length - a.length);
    this.#pattern =
      this.#needles.length === 0
        ? undefined
        : new RegExp(this.#needles.map((needle) => needle.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")).join("|"), "g");
    this.#prefixes = new Set(this.#needles.map((needle) => needle.slice(0, PREFIX)));
    this.#longest = this.#needles[0]?.length ?? 0;
  }

  /** The same text with each secret covered by as many asterisks, so that lengths stay true. */
  redact(latin1: string): string {
    return cover(latin1, this.spans(latin1));
  }

  /** Where secrets stand in `latin1`, in order; those that touch or overlap are one span. */
  spans(latin1: string): Span[] {
    const spans: Span[] = [];
    const pattern = this.#pattern;
    if (pattern === undefined) return spans;
    pattern.lastIndex = 0;
    // Searching goes on inside what was found: the beginning of another secret may lie there.
    for (let found; (found = pattern.exec(latin1)); pattern.lastIndex = found.index + 1) {
      join(spans, [found.index, found.index + found[0].length]);
    }
    return spans;
  }

  /** As redact(), for bytes; the very same buffer when there is nothing to cover. */
  redactBytes(bytes: Buffer): Buffer {
    const text = bytes.toString("latin1");
    const clean = this.redact(text);
    return clean === text ? bytes : Buffer.from(clean, "latin1");
  }

  /** As redact(), for ordinary text such as a header or a parsed string. */
  redactText(text: string): string {
    return this.#pattern === undefined
      ? text
      : Buffer.from(this.redact(Buffer.from(text, "utf8").toString("latin1")), "latin1").toString("utf8");
  }

  /** Where the end of `text` could be the beginning of a secret; its length when it can not. */
  splitPoint(text: string): number {
    for (let at = Math.max(0, text.length - this.#longest + 1); at < text.length; at++) {
      const rest = text.length - at;
      if (rest >= PREFIX && !this.#prefixes.has(text.slice(at, at + PREFIX))) continue;
      const tail = text.slice(at);
      if (this.#needles.some((needle) => needle.length > tail.length && needle.startsWith(tail))) return at;
    }
    return text.length;
  }
}

/** Redacts a stream of chunks; holds back only what may be the beginning of a secret. */
export class RedactedStream {
  readonly #redactor: Redactor;
  #held = "";
  /** So much of what is held belongs to a secret whose beginning was covered already. */
  #covered = 0;

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
  }

  push(chunk: Buffer): Buffer {
    const text = this.#held + chunk.toString("latin1");
    const split = this.#redactor.splitPoint(text);
    const spans = this.#spans(text);
    this.#held = text.slice(split);
    const across = spans.find(([from, to]) => from <= split && split < to);
    this.#covered = across === undefined ? 0 : across[1] - split;
    return Buffer.from(cover(text, spans).slice(0, split), "latin1");
  }

  end(): Buffer {
    return Buffer.from(cover(this.#held, this.#spans(this.#held)), "latin1");
  }

  #spans(text: string): Span[] {
    const spans: Span[] = this.#covered > 0 ? [[0, this.#covered]] : [];
    for (const span of this.#redactor.spans(text)) join(spans, span);
    return spans;
  }
}

function join(spans: Span[], span: Span): void {
  const last = spans.at(-1);
  if (last !== undefined && span[0] <= last[1]) last[1] = Math.max(last[1], span[1]);
  else spans.push(span);
}

function cover(text: string, spans: Span[]): string {
  if (spans.length === 0) return text;
  let covered = "";
  let at = 0;
  for (const [from, to] of spans) {
    covered += text.slice(at, from) + "*".repeat(to - from);
    at = to;
  }
  return covered + text.slice(at);
}

function encodings(secret: string): string[] {
  const bytes = Buffer.from(secret, "utf8");
  const latin1 = bytes.toString("latin1");
  const hex = bytes.toString("hex");
  const percent = hex.replace(/../g, "%$&");
  const component = encodeURIComponent(secret);
  const json = Buffer.from(JSON.stringify(secret).slice(1, -1), "utf8").toString("latin1");
  const aligned = [0, 1, 2].map((shift) => alignedBase64(bytes, shift));
  return [
    latin1,
    json,
    json.replaceAll("/", "\\/"),
    component,
    component.replace(/%../g, (escape) => escape.toLowerCase()),
    new URLSearchParams({ s: secret }).toString().slice(2),
    percent,
    percent.toUpperCase(),
    hex,
    hex.toUpperCase(),
    ...aligned,
    ...aligned.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
  ].filter((text) => text.length >= MIN_LENGTH);
}

/** The characters of a base64 text that depend on `bytes` alone when they begin `shift` bytes into a group. */
function alignedBase64(bytes: Buffer, shift: number): string {
  const text = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString("base64")
    .replace(/=+$/, "");
  const lead = [0, 2, 3][shift]!;
  const complete = (bytes.length + shift) % 3 === 0;
  return text.slice(lead, complete ? undefined : -1);
}
