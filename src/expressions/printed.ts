import { LIST_LENGTH, TEXT_LENGTH } from "./limits.ts";
import { Refusal } from "./refusal.ts";
import { Meter, toPlain } from "./values.ts";

/** A value as it stands in a text: texts as they are, null as nothing, lists and maps as JSON. */
export function printed(value: unknown): string {
  if (typeof value === "string") return value;
  const plain = toPlain(value, new Meter(TEXT_LENGTH));
  if (plain === null) return "";
  return typeof plain === "object" ? JSON.stringify(plain) : String(plain);
}

/** Texts in a row. Throws a Refusal when they are too long together, before they take the memory. */
export function joined(list: unknown[], separator: unknown): string {
  const between = printed(separator);
  const texts: string[] = [];
  let length = 0;
  for (const item of list) {
    const text = printed(item);
    length += text.length + between.length;
    fits(length);
    texts.push(text);
  }
  return texts.join(between);
}

/** Throws a Refusal when a text of `length` is longer than texts may be. */
export function fits(length: number): void {
  if (length > TEXT_LENGTH) throw new Refusal(`A text grew beyond ${TEXT_LENGTH} characters.`);
}

/** Throws a Refusal when a list of `length` is longer than lists may be. */
export function holds(length: number): void {
  if (length > LIST_LENGTH) throw new Refusal(`A list grew beyond ${LIST_LENGTH} items.`);
}
