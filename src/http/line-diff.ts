import { diffLines } from "diff";

/** One line of a comparison; `gap` stands for unchanged lines that are left out. */
export interface DiffLine {
  kind: "same" | "added" | "removed" | "gap";
  text: string;
}

/** How many unchanged lines are shown around a change. */
const AROUND = 3;

/** What changed from one text to another, line by line; nothing when they are equal. */
export function diffOf(before: string, after: string): DiffLine[] {
  const lines = diffLines(before, after).flatMap(({ value, added, removed }): DiffLine[] => {
    const kind = added ? "added" : removed ? "removed" : "same";
    return value
      .replace(/\n$/, "")
      .split("\n")
      .map((text) => ({ kind, text }));
  });
  const near = lines.map((_, index) =>
    lines.slice(Math.max(0, index - AROUND), index + AROUND + 1).some(({ kind }) => kind !== "same"),
  );
  return lines.flatMap((line, index): DiffLine[] => {
    if (near[index]) return [line];
    return (near[index - 1] ?? false)
      ? [{ kind: "gap", text: "" }]
      : index === 0 && near.some(Boolean)
        ? [{ kind: "gap", text: "" }]
        : [];
  });
}
