import { randomBytes } from "node:crypto";
import type { Context } from "../context.ts";
import type { Challenge, Circumstances } from "../signer/kind.ts";

/** What signing may use at this moment; the signer itself has neither a clock nor chance. */
export function circumstances(ctx: Pick<Context, "clock">, challenge?: Challenge): Circumstances {
  return { now: ctx.clock(), nonce, challenge };
}

function nonce(): string {
  return randomBytes(16).toString("hex");
}
