import type { Context } from "../context.ts";
import { isSignetError } from "../errors.ts";
import { directoryHost, directoryOf, requireDirectory, targetOf } from "./directory.ts";
import type { Identified } from "./identify.ts";
import type { Usable } from "./send.ts";

const TIMEOUT = 15_000;
const UNKNOWN = { id: null, label: null };

/**
 * Signs in at a directory and asks who that is (RFC 4532). Recorded like every other test; never throws for what the
 * directory answers.
 */
export async function identifyInDirectory(
  ctx: Context,
  credential: Usable,
  account: { id: string | null; name: string },
): Promise<Identified> {
  const { service } = credential;
  const directory = directoryOf(credential)!;
  const facts = { account: account.name, service: service.name, method: "BIND", host: directoryHost(directory) };
  const record = (outcome: "pending" | "ok" | "failed", more: object = {}) =>
    ctx.audit.append(ctx, { action: "execute.test", outcome, account: account.id, facts: { ...facts, ...more } });
  const started = performance.now();
  try {
    requireDirectory(ctx, credential, directory);
    await record("pending");
    const opened = await credential.open(ctx);
    const target = targetOf(credential, opened, TIMEOUT);
    const told = await ctx.directories.whoAmI(target);
    const name = told ?? (target.bind.method === "simple" ? target.bind.dn : undefined);
    await record("ok", { duration_ms: Math.round(performance.now() - started) });
    return signedIn(service.name, name === undefined ? undefined : opened.redactor.redactText(name));
  } catch (error) {
    if (!isSignetError(error) || error.code === "audit_unavailable") throw error;
    await record("failed", { code: error.code });
    return { worked: false, status: null, identity: UNKNOWN, message: error.message };
  }
}

/** Directories tell names as `dn:cn=reader,…` or `u:DOMAIN\reader`. */
function signedIn(service: string, told: string | undefined): Identified {
  const name = told?.replace(/^(dn|u):/, "").slice(0, 300);
  if (!name) return { worked: true, status: null, identity: UNKNOWN, message: `${service} accepted it.` };
  return {
    worked: true,
    status: null,
    identity: { id: name, label: name },
    message: `${service} knows it as ${name}.`,
  };
}
