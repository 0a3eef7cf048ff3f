import { addService, addServiceInput } from "../../../services/add.ts";
import { getService, listServices, listServicesInput, shownService } from "../../../services/browse.ts";
import { editService, editServiceInput } from "../../../services/edit.ts";
import { discover, discoverInput, type Discovered } from "../../../services/discover.ts";
import { registerService, registerServiceInput } from "../../../services/register.ts";
import { catalogEntry, type CatalogEntry } from "../../../services/catalog.ts";
import { listCatalog, listCatalogInput } from "../../../services/list-catalog.ts";
import { retireServiceWithAccounts } from "../../../accounts/disconnect.ts";
import type { ApiRoute } from "../../route.ts";

const routes: ApiRoute[] = [
  {
    method: "GET",
    path: "/catalog",
    scope: "read",
    summary: "Services that are ready to be set up",
    query: listCatalogInput,
    handle: async (_ctx, { query }) => {
      const { items, next_cursor } = listCatalog(query);
      return { items: items.map(shownEntry), next_cursor };
    },
  },
  {
    method: "GET",
    path: "/catalog/{key}",
    scope: "read",
    summary: "One of them",
    handle: async (_ctx, { params }) => shownEntry(catalogEntry(params.key!)),
  },
  {
    method: "GET",
    path: "/services",
    scope: "read",
    summary: "Services as set up here",
    query: listServicesInput,
    handle: async (ctx, { query }) => {
      const { items, next_cursor } = await listServices(ctx, query);
      return {
        items: items.map((service) => ({ ...shownService(ctx, service), accounts: service.accounts })),
        next_cursor,
      };
    },
  },
  {
    method: "POST",
    path: "/services",
    scope: "manage",
    summary: "Set a service up, from the catalog or by hand",
    body: addServiceInput,
    status: 201,
    handle: async (ctx, { body }) => shownService(ctx, await addService(ctx, body)),
  },
  {
    method: "POST",
    path: "/services/discover",
    scope: "manage",
    summary: "Ask a server at its well-known addresses how it lets people in (RFC 8414, OpenID Connect, RFC 9728)",
    body: discoverInput,
    handle: async (ctx, { body }) => shownDiscovery(await discover(ctx, body)),
  },
  {
    method: "POST",
    path: "/services/register",
    scope: "manage",
    summary: "Set a service up whose client registers itself at the server (RFC 7591)",
    body: registerServiceInput,
    status: 201,
    handle: async (ctx, { body }) => {
      const { service, secretEnds } = await registerService(ctx, body);
      return { ...shownService(ctx, service), client_secret_ends_at: secretEnds };
    },
  },
  {
    method: "GET",
    path: "/services/{id}",
    scope: "read",
    summary: "One service",
    handle: async (ctx, { params }) => shownService(ctx, await getService(ctx, params.id!)),
  },
  {
    method: "PATCH",
    path: "/services/{id}",
    scope: "manage",
    summary: "Change a service",
    body: editServiceInput,
    handle: async (ctx, { params, body }) => {
      const service = await getService(ctx, params.id!);
      return shownService(ctx, await editService(ctx, service.id, body));
    },
  },
  {
    method: "DELETE",
    path: "/services/{id}",
    scope: "manage",
    summary: "Delete a service together with its accounts",
    handle: async (ctx, { params }) => {
      const service = await getService(ctx, params.id!);
      return retireServiceWithAccounts(ctx, service.id);
    },
  },
];

export default routes;

function shownDiscovery({ kind, server, source, settings, scopes, otherHosts, baseUrl, issuers }: Discovered) {
  return {
    kind,
    issuer: server?.issuer ?? null,
    source,
    settings,
    scopes_supported: scopes,
    registration_endpoint: server?.registration ?? null,
    /** Hosts of the settings that are not the one that was asked: for a person to look at. */
    other_hosts: otherHosts,
    base_url: baseUrl,
    authorization_servers: issuers,
    notes: server?.notes ?? [],
  };
}

function shownEntry(entry: CatalogEntry) {
  const { key, name, kind, category, prompts, hosts, scopes, summary, documentation, status, notice, base_url } = entry;
  return {
    key,
    name,
    kind,
    category,
    prompts,
    hosts,
    scopes: scopes ?? [],
    summary,
    documentation,
    status,
    notice: notice ?? null,
    base_url: base_url ?? null,
  };
}
