import type { Context } from "../../src/context.ts";
import { addService, type AddService } from "../../src/services/add.ts";
import { listServices } from "../../src/services/browse.ts";
import { editService } from "../../src/services/edit.ts";
import { CLIENT, SCOPE_NAMES } from "../acme/client.ts";

type ByHand = Extract<AddService, { kind: string }>;

/** The two services at Acme, set up by hand as any admin could; returns their ids. */
export async function seedServices(admin: Context, origin: string): Promise<{ crm: string; weather: string }> {
  return { crm: await service(admin, crm(origin)), weather: await service(admin, weather(origin)) };
}

function crm(origin: string): ByHand {
  return {
    kind: "oauth2",
    name: "Acme CRM",
    base_url: origin,
    settings: {
      authorize_url: `${origin}/oauth/authorize`,
      token_url: `${origin}/oauth/token`,
      revoke_url: `${origin}/oauth/revoke`,
      issuer: origin,
      client_id: CLIENT.id,
      client_secret: CLIENT.secret,
      scopes: SCOPE_NAMES,
    },
    test: { method: "GET", url: "/api/me", identity: { id: "id", label: "name" } },
  };
}

function weather(origin: string): ByHand {
  return {
    kind: "api_key",
    name: "Acme Weather",
    base_url: `${origin}/weather`,
    settings: { in: "header", name: "X-Api-Key" },
    test: { method: "GET", url: "/key", identity: { id: "id", label: "label" } },
  };
}

/** Adds the service, or leads it to where Acme is now. */
async function service(admin: Context, wanted: ByHand): Promise<string> {
  const { items } = await listServices(admin, { q: wanted.name });
  const known = items.find((one) => one.name === wanted.name);
  if (!known) return (await addService(admin, wanted)).id;
  if (known.baseUrl === wanted.base_url) return known.id;
  const { settings, base_url } = wanted;
  await editService(admin, known.id, { base_url: base_url!, hosts: [], ...(settings && { settings }) });
  return known.id;
}
