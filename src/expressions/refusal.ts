/** Why a text can not be read or evaluated: a sentence for its author. Stays in this room; callers get a SignetError. */
export class Refusal extends Error {
  /** Where in the text, counted from 0; undefined when it is about the values. */
  readonly at: number | undefined;
  /** Whether a key or item is not there, which `default` forgives. */
  readonly missing: boolean;

  constructor(sentence: string, more: { at?: number | undefined; missing?: boolean } = {}) {
    super(sentence);
    this.name = "Refusal";
    this.at = more.at;
    this.missing = more.missing ?? false;
  }
}

/** The sentence with its place in the whole text: "At line 2, character 5: …". */
export function located(sentence: string, text: string, at: number | undefined): string {
  if (at === undefined) return sentence;
  const before = text.slice(0, at).split("\n");
  const character = before.at(-1)!.length + 1;
  const place = text.includes("\n") ? `line ${before.length}, character ${character}` : `character ${character}`;
  return `At ${place}: ${sentence}`;
}
