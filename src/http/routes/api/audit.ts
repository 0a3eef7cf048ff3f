import { isAdmin } from "../../../access/actor.ts";
import { listAudit, listAuditInput, shownEvent } from "../../../audit/browse.ts";
import { verify } from "../../../audit/verify.ts";
import { SignetError } from "../../../errors.ts";
import type { ApiRoute } from "../../route.ts";

const routes: ApiRoute[] = [
  {
    method: "GET",
    path: "/audit",
    scope: "read",
    summary: "What was done, newest first",
    query: listAuditInput,
    handle: async (ctx, { query }) => {
      const { items, next_cursor } = await listAudit(ctx, query);
      return { items: items.map(shownEvent), next_cursor };
    },
  },
  {
    method: "GET",
    path: "/audit/verify",
    scope: "read",
    summary: "Check the whole chain",
    handle: async (ctx) => {
      if (!isAdmin(ctx.actor)) throw new SignetError("forbidden", "Checking the audit is for admins.");
      return verify(ctx.database, ctx.audit);
    },
  },
];

export default routes;
