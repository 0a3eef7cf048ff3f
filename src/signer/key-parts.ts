import { z } from "zod";
import { blanksIn, type Blanks } from "./blanks.ts";
import { MASK, type Fact, type Field } from "./kind.ts";
import { credential, lastFour } from "./text.ts";

// A key may come in several parts, such as a key and the id of an application: one part for each blank in what is sent.

/** A part that is no secret, such as an e-mail address; it may be short, and is shown. */
const open = z
  .string()
  .min(1, "This is required.")
  .max(500)
  .regex(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/, "Use plain characters, without spaces around.");

export interface Parts {
  names: string[];
  /** Those that are no secret. */
  open: string[];
}

/** The parts that stand in `texts`, the key itself first. */
export function partsIn(texts: string[], openParts: readonly string[]): Parts {
  const names = [...new Set(["key", ...texts.flatMap(blanksIn)])];
  return { names, open: names.filter((name) => openParts.includes(name)) };
}

export function partsSchema({ names, open: visible }: Parts): z.ZodType<Record<string, string>> {
  return z.strictObject(Object.fromEntries(names.map((name) => [name, visible.includes(name) ? open : credential])));
}

export function partFields({ names, open: visible }: Parts): Field[] {
  return names.map((name) => ({
    name,
    label: partLabel(name),
    type: "text",
    required: true,
    ...(visible.includes(name) ? {} : { hidden: true }),
  }));
}

/** As they stand in a request that is only looked at. */
export function maskedParts({ names, open: visible }: Parts): Blanks {
  return Object.fromEntries(names.map((name) => [name, visible.includes(name) ? `{${name}}` : MASK]));
}

export function partFacts({ names, open: visible }: Parts, secret: Blanks): Fact[] {
  return names.map((name) => {
    const value = secret[name] ?? "";
    return { label: partLabel(name), value: visible.includes(name) ? value : lastFour(value) };
  });
}

/** "app_id" becomes "App ID". */
export function partLabel(name: string): string {
  const words = name.replaceAll("_", " ");
  return `${words[0]!.toUpperCase()}${words.slice(1)}`.replace(/\bid\b/i, "ID");
}
