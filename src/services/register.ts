import { z } from "zod";
import { callbackUrl, type Context } from "../context.ts";
import { invalid } from "../errors.ts";
import type { Client, Registered } from "../signer/discovery.ts";
import { addService, requireAdmin, takenName } from "./add.ts";
import { discover, discoverInput, discovering, type Discovered } from "./discover.ts";
import { recorded } from "./recorded.ts";
import { define, nameSchema, testSchema, type Service } from "./service.ts";

export const registerServiceInput = z.strictObject({
  /** The address under which the server describes itself. */
  url: discoverInput.shape.url,
  /** Must be given as discovery showed it where it is on another host than the one that was asked. */
  registration: z.string().max(2000).optional(),
  name: nameSchema,
  /** Win over what the server says of itself. */
  settings: z.record(z.string(), z.unknown()).default({}),
  hosts: z.array(z.string().max(260)).max(100).default([]),
  base_url: z.string().max(2000).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  test: testSchema.optional(),
});
export type RegisterService = z.input<typeof registerServiceInput>;

/**
 * Sets a service up whose client registers itself at the server (RFC 7591): what it is given goes from there into the
 * vault and is shown to nobody. Intent and outcome are recorded. For admins. Throws as discover() and addService() do;
 * when the service can not be made after all, the registration is taken back.
 */
export async function registerService(
  ctx: Context,
  given: RegisterService,
): Promise<{ service: Service; secretEnds: Date | null }> {
  requireAdmin(ctx);
  const { url, registration, settings, ...rest } = registerServiceInput.parse(given);
  const found = await discover(ctx, { url });
  const endpoint = endpointOf(found, url, registration);
  const wanted = { ...found.settings, ...settings };
  const service = { kind: found.kind, ...rest, base_url: rest.base_url ?? found.baseUrl ?? undefined };
  // Everything that a person could still correct, before a client exists that nobody uses.
  define({ ...service, settings: { ...wanted, client_id: "to be registered" } });
  await requireFreeName(ctx, rest.name);
  const won = await register(ctx, rest.name, found, endpoint, wanted);
  try {
    const made = await addService(ctx, { ...service, settings: { ...wanted, ...won.settings } });
    return { service: made, secretEnds: won.secretEnds };
  } catch (error) {
    await discovering()
      .discovery.unregister(won.settings, ctx.control.to([endpoint.host]))
      .catch(() => false);
    throw error;
  }
}

function endpointOf(found: Discovered, url: string, shown: string | undefined): URL {
  const endpoint = found.server?.registration;
  if (endpoint === undefined)
    throw invalid("url", `${url} lets no client register itself. Register this hub on the provider's pages.`);
  const { host } = new URL(endpoint);
  if (found.otherHosts.includes(host) && shown !== endpoint) {
    throw invalid("registration", `Clients register at ${endpoint}, which is another host. Say that you mean it.`);
  }
  return new URL(endpoint);
}

async function requireFreeName(ctx: Context, name: string): Promise<void> {
  const taken = await ctx.db("services").whereRaw("lower(name) = lower(?)", [name]).first("id");
  if (taken) throw takenName();
}

function register(
  ctx: Context,
  name: string,
  found: Discovered,
  endpoint: URL,
  settings: Record<string, unknown>,
): Promise<Registered> {
  const client: Client = {
    name: `Signet (${new URL(ctx.publicUrl).host})`,
    home: ctx.publicUrl,
    redirectUri: callbackUrl(ctx),
    settings,
    scopes: Array.isArray(settings.scopes) ? settings.scopes.map(String) : [],
    renews: found.server?.renews ?? true,
  };
  const facts = { service: name, host: endpoint.host, issuer: found.server?.issuer ?? null };
  return recorded(
    ctx,
    { action: "service.registered", facts },
    () => discovering().discovery.register(endpoint.href, client, ctx.control.to([endpoint.host])),
    ({ settings: won, secretEnds }) => ({
      client: String(won.client_id),
      secret_ends: secretEnds?.toISOString() ?? null,
    }),
  );
}
