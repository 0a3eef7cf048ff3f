import { z } from "zod";
import { partLabel } from "./key-parts.ts";
import type { Fact, Field } from "./kind.ts";

// What an account is asked, where the settings of its service say so and what it is called there.

export interface Prompts {
  names: string[];
  /** Those that are no secret, and are shown. */
  open: readonly string[];
  /** The words for those that are not called by their names. */
  labels: Readonly<Record<string, string>>;
}

const entered = z
  .string()
  .min(1, "This is required.")
  .max(8192)
  .regex(/^[^\u0000-\u001f\u007f]*$/, "It has a control character; copy it again.");

export function promptShape({ names }: Prompts): Record<string, z.ZodString> {
  return Object.fromEntries(names.map((name) => [name, entered]));
}

export function promptFields(prompts: Prompts): Field[] {
  return prompts.names.map((name) => ({
    name,
    label: labelOf(prompts, name),
    type: "text",
    required: true,
    hidden: !prompts.open.includes(name),
  }));
}

export function promptFacts(prompts: Prompts, secret: Readonly<Record<string, unknown>>): Fact[] {
  return prompts.names
    .filter((name) => secret[name] !== undefined)
    .map((name) => ({
      label: labelOf(prompts, name),
      value: prompts.open.includes(name) ? String(secret[name]) : "saved, hidden",
    }));
}

export function labelOf({ labels }: Prompts, name: string): string {
  return labels[name] ?? (name === "username" ? "User name" : partLabel(name));
}
