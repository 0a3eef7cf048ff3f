import { createHmac, hash } from "node:crypto";
import type { Canonical } from "./canonical.ts";
import type { Keys } from "./settings.ts";
import type { Target } from "./target.ts";

export const ALGORITHM = "AWS4-HMAC-SHA256";

/** What a key signs, and what the key is derived for: `date/region/service/aws4_request`. */
export interface ToSign {
  text: string;
  scope: string;
}

/** The moment as signatures write it: `20150830T123600Z`. */
export function amzDate(now: Date): string {
  return now.toISOString().replace(/[-:]|\.\d+/g, "");
}

export function scopeOf({ region, service }: Target, now: Date): string {
  return `${amzDate(now).slice(0, 8)}/${region}/${service}/aws4_request`;
}

/** Signature Version 4, "create a string to sign". */
export function toSign(canonical: Canonical, target: Target, now: Date): ToSign {
  const scope = scopeOf(target, now);
  return { text: [ALGORITHM, amzDate(now), scope, hash("sha256", canonical.text)].join("\n"), scope };
}

/** The signature in hex. */
export function signature(keys: Keys, { text, scope }: ToSign): string {
  return createHmac("sha256", derived(keys, scope)).update(text).digest("hex");
}

// Four of the five HMACs of a signature are the same all day. What they make is kept for as long as somebody holds the
// opened keys, and no longer: the map holds on to neither.
const kept = new WeakMap<Keys, Map<string, Buffer>>();
const MAX_SCOPES = 16;

function derived(keys: Keys, scope: string): Buffer {
  const known = kept.get(keys) ?? new Map<string, Buffer>();
  kept.set(keys, known);
  const found = known.get(scope);
  if (found) return found;
  if (known.size >= MAX_SCOPES) known.clear();
  const key = scope
    .split("/")
    .reduce(
      (above, part) => createHmac("sha256", above).update(part).digest(),
      Buffer.from(`AWS4${keys.secret_access_key}`),
    );
  known.set(scope, key);
  return key;
}
