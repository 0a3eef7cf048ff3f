import { listPackages, listPackagesInput, shownPackage } from "../../../packages/browse.ts";
import { removePackage } from "../../../packages/uninstall.ts";
import { exportInput, exportPackage } from "../../../packages/export.ts";
import { importInput, importPackage } from "../../../packages/import.ts";
import { packageInput } from "../../../packages/plan.ts";
import { previewPackage } from "../../../packages/preview.ts";
import { packageJsonSchema } from "../../../packages/schema.ts";
import type { ApiRoute } from "../../route.ts";

/** A package holds whole programs. */
const bodyLimit = 2 * 1024 * 1024;

const routes: ApiRoute[] = [
  {
    method: "GET",
    path: "/packages",
    scope: "read",
    summary: "Packages that are installed",
    query: listPackagesInput,
    handle: async (ctx, { query }) => {
      const { items, next_cursor } = await listPackages(ctx, query);
      return { items: items.map(shownPackage), next_cursor };
    },
  },
  {
    method: "DELETE",
    path: "/packages/{id}",
    scope: "manage",
    summary: "Remove a package with its bots, behaviors, and the services that no account uses",
    handle: (ctx, { params }) => removePackage(ctx, params.id!),
  },
  {
    method: "POST",
    path: "/packages/preview",
    scope: "manage",
    summary: "What importing a package would change; changes nothing",
    body: packageInput,
    bodyLimit,
    handle: (ctx, { body }) => previewPackage(ctx, body),
  },
  {
    method: "POST",
    path: "/packages/import",
    scope: "manage",
    summary: "Install or update what a package holds, all of it or nothing",
    body: importInput,
    bodyLimit,
    handle: (ctx, { body }) => importPackage(ctx, body),
  },
  {
    method: "POST",
    path: "/packages/export",
    scope: "manage",
    summary: "Bots with their behaviors, and services, as a package without secrets",
    body: exportInput,
    handle: (ctx, { body }) => exportPackage(ctx, body),
  },
  {
    method: "GET",
    path: "/packages/schema.json",
    scope: "public",
    summary: "The format of packages as JSON Schema",
    handle: async () => packageJsonSchema(),
  },
];

export default routes;
