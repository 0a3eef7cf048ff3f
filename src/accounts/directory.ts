import type { Context } from "../context.ts";
import { SignetError } from "../errors.ts";
import type { Target } from "../outbound/ldap.ts";
import type { Directory } from "../signer/kind.ts";
import type { Opened, Ready } from "./ready.ts";

/** Where an account searches; undefined for one that sends requests. */
export function directoryOf({ kind, service }: Pick<Ready, "kind" | "service">): Directory | undefined {
  return kind.directory?.at(service.settings);
}

/** The host of a directory as host rules and the audit name it. */
export function directoryHost({ host, port }: Directory): string {
  return `${host}:${port}`;
}

/** The credential's own rule, whoever asks. Throws `host_not_allowed` or `address_denied`. */
export function requireDirectory(
  ctx: Context,
  { hosts, service }: Pick<Ready, "hosts" | "service">,
  directory: Directory,
): void {
  const host = directoryHost(directory);
  if (!hosts.includes(host)) {
    throw new SignetError(
      "host_not_allowed",
      `${service.name} moved to ${host} since this account was connected. Whoever manages the account accepts the host on its page.`,
    );
  }
  ctx.directories.judge(directory);
}

/** A directory with the opened credential, for one operation. */
export function targetOf({ kind }: Pick<Ready, "kind">, opened: Opened, timeoutMs: number): Target {
  const { secret, settings, certificate } = opened;
  const { at, bind } = kind.directory!;
  return { directory: at(settings), bind: bind(secret, settings), certificate, timeoutMs };
}
