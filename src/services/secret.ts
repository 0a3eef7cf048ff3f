import type { Context } from "../context.ts";
import type { Service } from "./service.ts";
import { kindOf } from "../signer/kinds.ts";
import type { Binding, SealedSecret } from "../vault/vault.ts";

/** The hidden settings of a service go only to its own endpoints, never to its API hosts. */
export function serviceBinding(id: string, kind: string, settings: Record<string, unknown>): Binding {
  const hosts = kindOf(kind).controlHosts?.(settings) ?? [];
  return { subject: `service:${id}`, provider: `service:${id}`, hosts };
}

/** A service's settings with the hidden ones among them, and the hosts these were sealed for. */
export async function openSettings(
  ctx: Context,
  service: Service,
): Promise<{ settings: unknown; controlHosts: string[] }> {
  const own = kindOf(service.kind).controlHosts?.(service.settings) ?? [];
  if (service.secretId === null) return { settings: service.settings, controlHosts: own };
  const sealed = (await ctx.vault.fetch(ctx.db, service.secretId)) as SealedSecret;
  const hidden = ctx.vault.open<Record<string, unknown>>(sealed, `service:${service.id}`);
  return {
    settings: { ...service.settings, ...hidden },
    controlHosts: own.filter((host) => sealed.hosts.includes(host)),
  };
}
