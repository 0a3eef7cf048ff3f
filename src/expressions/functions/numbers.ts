import { Refusal } from "../refusal.ts";
import type { Definition } from "./definition.ts";

export const numbers: Definition[] = [
  {
    signature: "round(number): int",
    help: "The nearest whole number; halves go up.",
    ...{ example: "round(2.5)", result: 3 },
    run: (value: unknown) => whole(value, Math.round),
  },
  {
    signature: "round(number, int): number",
    help: "Rounded to a number of decimal places, 0 to 15.",
    ...{ example: "round(2.345, 1)", result: 2.3 },
    run: places,
  },
  {
    signature: "floor(number): int",
    help: "The whole number below or equal.",
    ...{ example: "floor(-1.5)", result: -2 },
    run: (value: unknown) => whole(value, Math.floor),
  },
  {
    signature: "ceil(number): int",
    help: "The whole number above or equal.",
    ...{ example: "ceil(1.2)", result: 2 },
    run: (value: unknown) => whole(value, Math.ceil),
  },
  {
    signature: "abs(number): number",
    help: "Without its sign.",
    ...{ example: "abs(-3)", result: 3 },
    run: (value: unknown) => (typeof value === "bigint" ? (value < 0n ? -value : value) : Math.abs(finite(value))),
  },
];

function whole(value: unknown, rounded: (value: number) => number): bigint {
  return typeof value === "bigint" ? value : BigInt(rounded(finite(value)));
}

function places(value: unknown, count: bigint): bigint | number {
  if (count < 0n || count > 15n) throw new Refusal("A number is rounded to 0 to 15 decimal places.");
  if (typeof value === "bigint") return value;
  const number = finite(value);
  // The decimal point is moved in the number's own text, where no binary fraction is in the way.
  const [digits, exponent = "0"] = String(number).split("e");
  const rounded = Math.round(Number(`${digits}e${Number(exponent) + Number(count)}`));
  return Number.isSafeInteger(rounded) ? Number(`${rounded}e-${count}`) : number;
}

function finite(value: unknown): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new Refusal("Only numbers can be rounded; write int(…) or double(…) around a text.");
}
