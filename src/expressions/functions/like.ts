import { Refusal } from "../refusal.ts";

/** Makes matching linear in the text: each of its characters is compared this many times at most. */
const PATTERN_LENGTH = 200;

/**
 * Whether a text fits a pattern in which * stands for any text, also none, and ? for one character. Only the last * is
 * ever tried again, so it can not be made to run away. Throws a Refusal for a pattern that is too long.
 */
export function isLike(text: string, pattern: string): boolean {
  if (pattern.length > PATTERN_LENGTH) throw new Refusal(`A pattern has ${PATTERN_LENGTH} characters at most.`);
  let at = 0;
  let wanted = 0;
  let afterStar = -1;
  let resume = 0;
  while (at < text.length) {
    if (pattern[wanted] === "*") {
      afterStar = ++wanted;
      resume = at;
    } else if (pattern[wanted] === "?" || (wanted < pattern.length && pattern[wanted] === text[at])) {
      at += pattern[wanted] === "?" ? widthAt(text, at) : 1;
      wanted++;
    } else if (afterStar >= 0) {
      wanted = afterStar;
      at = ++resume;
    } else return false;
  }
  while (pattern[wanted] === "*") wanted++;
  return wanted === pattern.length;
}

/** A character outside the common ones takes two places. */
function widthAt(text: string, at: number): number {
  return text.codePointAt(at)! > 0xffff ? 2 : 1;
}
