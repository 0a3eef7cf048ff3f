import { importInput, importPackage } from "../../../packages/import.ts";
import { packageInput } from "../../../packages/plan.ts";
import { previewPackage } from "../../../packages/preview.ts";
import { packageJsonSchema } from "../../../packages/schema.ts";
import type { ApiRoute } from "../../route.ts";

/** A package holds whole programs. */
const bodyLimit = 2 * 1024 * 1024;

const routes: ApiRoute[] = [
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
    method: "GET",
    path: "/packages/schema.json",
    scope: "public",
    summary: "The format of packages as JSON Schema",
    handle: async () => packageJsonSchema(),
  },
];

export default routes;
