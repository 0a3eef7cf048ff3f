import { listNotices, listNoticesInput, shownNotice } from "../../../notices/browse.ts";
import { markRead, markReadInput } from "../../../notices/mark-read.ts";
import type { ApiRoute } from "../../route.ts";

const routes: ApiRoute[] = [
  {
    method: "GET",
    path: "/notices",
    scope: "read",
    summary: "What bots told you, newest first",
    query: listNoticesInput,
    handle: async (ctx, { query }) => {
      const { items, next_cursor } = await listNotices(ctx, query);
      return { items: items.map(shownNotice), next_cursor };
    },
  },
  {
    method: "POST",
    path: "/notices/read",
    scope: "manage",
    summary: "Mark your notices as read, all of them or up to one",
    body: markReadInput,
    handle: async (ctx, { body }) => ({ marked: await markRead(ctx, body) }),
  },
];

export default routes;
