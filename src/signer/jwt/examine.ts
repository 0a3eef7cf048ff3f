import { invalid, isSignetError } from "../../errors.ts";
import { mint, readKey } from "./mint.ts";
import type { Secret, Settings } from "./settings.ts";

/**
 * The key with what its file says of it, tried out: a key that can not sign, or says too little, is not kept. Throws
 * `invalid` at the field, in words that say what to paste.
 */
export function examine(entered: Secret, settings: Settings): Secret {
  try {
    const [keyId, key] = parts(settings, entered.key);
    const { id, issuer } = readKey(settings, key);
    const kept: Secret = { issuer, key_id: keyId ?? id, ...entered, key };
    const nobody = { now: new Date(0), nonce: () => "0".repeat(32), challenge: undefined };
    mint(settings, kept, { method: "GET", url: new URL("https://unknown.invalid/") }, nobody);
    return kept;
  } catch (error) {
    throw isSignetError(error) ? invalid("secret.key", error.message) : error;
  }
}

/** The key's id, where it is pasted together with the key, and the key itself. */
function parts(settings: Settings, pasted: string): [id: string | undefined, key: string] {
  const sign = settings.key_separator ?? "";
  if (sign === "") return [undefined, pasted];
  const at = pasted.indexOf(sign);
  if (at < 1) throw invalid("secret.key", `Paste the whole key, with the "${sign}" in its middle.`);
  return [pasted.slice(0, at), pasted.slice(at + 1)];
}
