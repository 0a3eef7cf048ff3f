import type { Definition } from "./functions/definition.ts";
import { dates } from "./functions/dates.ts";
import { encodings } from "./functions/encodings.ts";
import { hashes } from "./functions/hashes.ts";
import { lists } from "./functions/lists.ts";
import { macros } from "./functions/macros.ts";
import { maps } from "./functions/maps.ts";
import { numbers } from "./functions/numbers.ts";
import { texts } from "./functions/texts.ts";

/** All functions beyond CEL's own, as they are registered. Each says the same of the same arguments, always. */
export const DEFINITIONS: readonly Definition[] = [
  ...texts,
  ...encodings,
  ...hashes,
  ...dates,
  ...numbers,
  ...lists,
  ...maps,
  ...macros,
];

/** A function as the editor and the documentation show it. */
export interface FunctionHelp {
  name: string;
  signature: string;
  /** One sentence. */
  help: string;
  /** A call, and the JSON value that it results in. */
  example: string;
  result: unknown;
}

/** For the editor's help and the documentation: every function, in the order of its kind. */
export const FUNCTIONS: readonly FunctionHelp[] = DEFINITIONS.map(({ signature, help, example, result }) => ({
  name: nameOf(signature),
  ...{ signature, help, example, result },
}));

/** The name in a signature. */
export function nameOf(signature: string): string {
  return /(\w+)\(/.exec(signature)![1]!;
}
