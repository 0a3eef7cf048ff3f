import { Optional } from "@marcbachmann/cel-js";
import { Duration, UnsignedInt } from "@marcbachmann/cel-js/evaluator";
import { DEPTH, RESULT_BYTES, STRUCTURE } from "./limits.ts";
import { Refusal } from "./refusal.ts";
import { isRecord } from "./scope.ts";

/** JSON as CEL has it: maps that hold nothing but their own keys, and whole numbers as CEL's int. */
export function fromJson(value: unknown, depth = 0): unknown {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value !== "object" || value === null) return value;
  // The way to a value counts here, and not in a result.
  if (depth === DEPTH + STRUCTURE.maxDepth) throw tooDeep();
  if (Array.isArray(value)) return value.map((item) => fromJson(item, depth + 1));
  const map = new Map<string, unknown>();
  for (const key of Object.keys(value)) map.set(key, fromJson((value as Record<string, unknown>)[key], depth + 1));
  return map;
}

/** Counts what a result will have as JSON: at least, to stop in time, and at most, to spare small ones the measuring. */
export class Meter {
  least = 0;
  most = 0;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(least: number, most: number): void {
    this.least += least;
    this.most += most;
    if (this.least > this.#limit) throw tooLarge(this.#limit);
  }
}

/** The same as `toPlain`, refusing what is longer than a result may be as JSON. Adds what it is to `total`. */
export function resultOf(value: unknown, total?: Meter): unknown {
  const meter = new Meter(RESULT_BYTES);
  const plain = toPlain(value, meter);
  if (meter.most > RESULT_BYTES && Buffer.byteLength(JSON.stringify(plain)) > RESULT_BYTES)
    throw tooLarge(RESULT_BYTES);
  total?.add(meter.least, meter.most);
  return plain;
}

/**
 * A plain JSON value from one of CEL, or a copy of one that is plain: objects have no prototype, so that no key of
 * theirs means anything. Throws a Refusal for what is no data, too deep, or longer than the meter allows.
 */
export function toPlain(value: unknown, meter: Meter, depth = 0): unknown {
  switch (typeof value) {
    case "string":
      meter.add(value.length + 2, value.length * 6 + 2);
      return value;
    case "boolean":
      meter.add(4, 5);
      return value;
    case "number":
      return ofNumber(value, meter);
    case "bigint":
      meter.add(1, 22);
      return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value);
    case "undefined":
      return toPlain(null, meter);
    case "object":
      return value === null ? (meter.add(4, 4), null) : ofObject(value, meter, depth);
    default:
      throw notData();
  }
}

function ofNumber(value: number, meter: Meter): number {
  if (!Number.isFinite(value)) throw new Refusal("The result is not a number: a division by zero, or beyond all size.");
  meter.add(1, 25);
  return value === 0 ? 0 : value;
}

function ofObject(value: object, meter: Meter, depth: number): unknown {
  if (value instanceof Optional) return toPlain(value.hasValue() ? value.value() : null, meter, depth);
  if (value instanceof Date) return toPlain(isoText(value), meter);
  if (value instanceof Uint8Array) {
    meter.add(value.length, value.length * 2);
    return Buffer.from(value).toString("base64");
  }
  if (depth === DEPTH) throw tooDeep();
  meter.add(2, 2);
  if (Array.isArray(value)) return value.map((item) => (meter.add(0, 1), toPlain(item, meter, depth + 1)));
  if (value instanceof Map) return ofEntries(value as Map<unknown, unknown>, meter, depth);
  if (isRecord(value)) return ofEntries(Object.entries(value), meter, depth);
  return ofLibrary(value, meter);
}

function ofEntries(entries: Iterable<[unknown, unknown]>, meter: Meter, depth: number): unknown {
  const record = Object.create(null) as Record<string, unknown>;
  for (const [key, value] of entries) {
    const name = String(key);
    if (value === undefined) continue;
    meter.add(name.length + 3, name.length * 6 + 4);
    record[name] = toPlain(value, meter, depth + 1);
  }
  return record;
}

function ofLibrary(value: object, meter: Meter): unknown {
  if (value instanceof UnsignedInt) return toPlain(value.value, meter);
  if (value instanceof Duration) {
    return toPlain(durationText(value), meter);
  }
  // Types, the only other thing that an expression can hold and that has a name: type(1) is int.
  if (/^\[object Type</.test(String(Object.prototype.toString.call(value)))) {
    return toPlain((value as { name: string }).name, meter);
  }
  throw notData();
}

/** A duration in seconds, such as 90s or -1.5s. */
export function durationText({ seconds, nanos }: Duration): string {
  const nanoseconds = seconds * 1_000_000_000n + BigInt(nanos);
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  const fraction = String(size % 1_000_000_000n)
    .padStart(9, "0")
    .replace(/0+$/, "");
  return `${nanoseconds < 0n ? "-" : ""}${size / 1_000_000_000n}${fraction && `.${fraction}`}s`;
}

/** A moment as ISO text; throws a Refusal for one that calculation has led out of the calendar. */
export function isoText(moment: Date): string {
  const year = moment.getUTCFullYear();
  if (!(year >= 1 && year <= 9999)) throw new Refusal("The moment is outside the years 1 to 9999.");
  return moment.toISOString();
}

function tooDeep(): Refusal {
  return new Refusal(`The data is nested deeper than ${DEPTH} levels.`);
}

function tooLarge(limit: number): Refusal {
  const what = limit > RESULT_BYTES ? "All results together are" : "The result is";
  return new Refusal(`${what} larger than ${limit / 1024 / 1024} MiB; take less of the data.`);
}

function notData(): Refusal {
  return new Refusal("The result is not data; name a value or call a function.");
}
