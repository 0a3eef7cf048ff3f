import { argon2, randomBytes, timingSafeEqual, type Argon2Parameters } from "node:crypto";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { SignetError } from "../errors.ts";

/** OWASP's minimum for Argon2id, about 60 ms on two small cores; 64 MiB in 3 passes took 300 ms there (W-1). */
const MEMORY = 19_456;
const PASSES = 2;

/** More at once would only starve the thread pool, which file access and name look-ups share (W-1: at most 4). */
const AT_ONCE = Math.min(4, availableParallelism());
const MAX_WAITING = 200;

const MIN_LENGTH = 12;
const MAX_LENGTH = 200;

/** Verified against when there is no hash, so that an unknown person takes as long as a wrong password. */
const NO_HASH = phc(Buffer.alloc(16), Buffer.alloc(32));

/** The Argon2id hash of a password as a PHC string. Throws `unavailable` when too many are waiting. */
export async function hashPassword(plain: string): Promise<string> {
  const salt = randomBytes(16);
  return phc(salt, await derive(plain, { memory: MEMORY, passes: PASSES, lanes: 1, salt, length: 32 }));
}

/**
 * True when `plain` is what was hashed; takes the same time when `stored` is null, and is false then. Throws
 * `unavailable` when too many are waiting.
 */
export async function verifyPassword(plain: string, stored: string | null): Promise<boolean> {
  const { hash, ...cost } = parse(stored ?? NO_HASH);
  const same = timingSafeEqual(await derive(plain, { ...cost, length: hash.length }), hash);
  return same && stored !== null;
}

/** True for a hash made with other costs than today's; it is made anew at the next sign-in. */
export function needsUpgrade(stored: string): boolean {
  return !stored.startsWith(prefix());
}

/**
 * What is wrong with a new password, as a sentence, or undefined: length, the most common ones, and the words that
 * an attacker tries first (W-1; no composition rules). `words`: the person's email and name.
 */
export function passwordProblem(plain: string, words: string[]): string | undefined {
  const length = [...plain.normalize("NFKC")].length;
  if (length < MIN_LENGTH) return `Use at least ${MIN_LENGTH} characters; a few words in a row are fine.`;
  if (length > MAX_LENGTH) return `Use at most ${MAX_LENGTH} characters.`;
  const whole = plain.normalize("NFKC").toLowerCase();
  if (isCommon(whole)) return "This password is among the first that are tried. Choose another one.";
  const own = words.flatMap((word) => [word, word.split("@")[0]!]).map(bare);
  if (new Set(["signet", ...own]).has(bare(whole)) || words.some((word) => word.toLowerCase() === whole)) {
    return "Your name, your email and the word Signet are the first that are tried. Choose another password.";
  }
  return undefined;
}

const COMMON = new Set(
  readFileSync(join(import.meta.dirname, "common-passwords.txt"), "utf8")
    .split(/\s+/)
    .filter(Boolean),
);
const ROWS = ["01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm"];

/** On the list as it is or without a few digits and signs at its end, one short piece repeated, or a run of keys. */
function isCommon(whole: string): boolean {
  const word = whole.replace(/[^\p{L}]{1,6}$/u, "");
  if ([whole, word, asLetters(whole), asLetters(word)].some((form) => COMMON.has(form))) return true;
  if (/^(.{1,6}?)\1+$/su.test(whole)) return true;
  return ROWS.some((row) => row.includes(whole) || [...row].reverse().join("").includes(whole));
}

/** A name or word alone: nothing around it, no spaces or signs within. */
function bare(text: string): string {
  const trimmed = text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}]+$/u, "");
  return asLetters(trimmed).replace(/[^\p{L}]+/gu, "");
}

const LIKENESS: Record<string, string> = { "4": "a", "@": "a", "0": "o", "1": "i", "3": "e", "5": "s", $: "s" };

/** `p4ssw0rd` is `password`. */
function asLetters(text: string): string {
  return text.replace(/[4@0135$]/g, (sign) => LIKENESS[sign]!);
}

interface Cost {
  memory: number;
  passes: number;
  lanes: number;
  salt: Buffer;
}

function derive(plain: string, cost: Cost & { length: number }): Promise<Buffer> {
  const parameters: Argon2Parameters = {
    message: Buffer.from(plain.normalize("NFKC")),
    nonce: cost.salt,
    parallelism: cost.lanes,
    tagLength: cost.length,
    memory: cost.memory,
    passes: cost.passes,
  };
  return inTurn(
    () =>
      new Promise((resolve, reject) => {
        argon2("argon2id", parameters, (error, key) => (error ? reject(error) : resolve(key)));
      }),
  );
}

function prefix(): string {
  return `$argon2id$v=19$m=${MEMORY},t=${PASSES},p=1$`;
}

function phc(salt: Buffer, hash: Buffer): string {
  return `${prefix()}${unpadded(salt)}$${unpadded(hash)}`;
}

function unpadded(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}

function parse(stored: string): Cost & { hash: Buffer } {
  const match = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/.exec(stored);
  if (!match) throw new Error("A stored password hash is damaged.");
  const [memory, passes, lanes] = [Number(match[1]), Number(match[2]), Number(match[3])];
  return { memory, passes, lanes, salt: Buffer.from(match[4]!, "base64"), hash: Buffer.from(match[5]!, "base64") };
}

// The memory and threads of a process are shared by everything in it, so these two count for the whole process.
const waiting: (() => void)[] = [];
let running = 0;

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running < AT_ONCE) running++;
  else if (waiting.length < MAX_WAITING) await new Promise<void>((resolve) => waiting.push(resolve));
  else throw new SignetError("unavailable", "Too many people sign in at this moment. Try again.", { retryAfter: 5 });
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}
