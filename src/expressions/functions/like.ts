import { Refusal } from "../refusal.ts";

/** Makes matching linear in the text: each of its characters is compared this many times at most. */
const PATTERN_LENGTH = 100;

const STAR = 42;
const ANY = 63;

/**
 * Whether a text fits a pattern in which * stands for any text, also none, and ? for one character. Only the last * is
 * ever tried again, so it can not be made to run away. Throws a Refusal for a pattern that is too long.
 */
export function isLike(text: string, pattern: string): boolean {
  if (pattern.length > PATTERN_LENGTH) throw new Refusal(`A pattern has ${PATTERN_LENGTH} characters at most.`);
  const wanted = Array.from({ length: pattern.length }, (_, index) => pattern.charCodeAt(index));
  let [at, next, afterStar, resume] = [0, 0, -1, 0];
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (wanted[next] === STAR) {
      afterStar = ++next;
      resume = at;
    } else if (wanted[next] === ANY) {
      at += text.codePointAt(at)! > 0xffff ? 2 : 1;
      next++;
    } else if (wanted[next] === code) {
      at++;
      next++;
    } else if (afterStar >= 0) {
      next = afterStar;
      at = ++resume;
    } else return false;
  }
  while (wanted[next] === STAR) next++;
  return next === wanted.length;
}
