import { createHash, createHmac } from "node:crypto";
import { Refusal } from "../refusal.ts";
import type { Definition } from "./definition.ts";
import { bytesOf } from "./encodings.ts";

export const hashes: Definition[] = [
  {
    signature: "sha256(any): string",
    help: "The SHA-256 of a text (as UTF-8) or of bytes, hexadecimal.",
    ...{ example: 'sha256("abc").substring(0, 16)', result: "ba7816bf8f01cfea" },
    run: (value: unknown) => digest("sha256", value),
  },
  {
    signature: "sha1(any): string",
    help: "The SHA-1 of a text (as UTF-8) or of bytes, hexadecimal; for providers that still ask for it.",
    ...{ example: 'sha1("abc").substring(0, 16)', result: "a9993e364706816a" },
    run: (value: unknown) => digest("sha1", value),
  },
  {
    signature: "md5(any): string",
    help: "The MD5 of a text (as UTF-8) or of bytes, hexadecimal; for identifiers, such as a mail address's at Mailchimp.",
    ...{ example: 'md5("abc")', result: "900150983cd24fb0d6963f7d28e17f72" },
    run: (value: unknown) => digest("md5", value),
  },
  {
    signature: "hmac(string, any, any): string",
    help: 'The HMAC by "sha256", "sha512", "sha1" or "md5", of a key and a text, hexadecimal.',
    ...{ example: 'hmac("sha1", "key", "text")', result: "369e2959eb49450338b212748f77d8ded74847bb" },
    run: (algorithm: string, key: unknown, value: unknown) => mac(algorithm, key, value).toString("hex"),
  },
  {
    signature: "hmac_base64(string, any, any): string",
    help: "The same in Base64.",
    ...{ example: 'hmac_base64("sha1", "key", "text")', result: "Np4pWetJRQM4shJ0j3fY3tdIR7s=" },
    run: (algorithm: string, key: unknown, value: unknown) => mac(algorithm, key, value).toString("base64"),
  },
];

const ALGORITHMS = ["sha256", "sha512", "sha1", "md5"];

function digest(algorithm: string, value: unknown): string {
  return createHash(algorithm).update(bytesOf(value)).digest("hex");
}

function mac(algorithm: string, key: unknown, value: unknown): Buffer {
  if (!ALGORITHMS.includes(algorithm)) {
    throw new Refusal(`There is no HMAC by “${algorithm.slice(0, 40)}” here; there are ${ALGORITHMS.join(", ")}.`);
  }
  return createHmac(algorithm, bytesOf(key)).update(bytesOf(value)).digest();
}
