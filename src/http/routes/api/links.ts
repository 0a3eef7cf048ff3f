import { getAccount, shownAccount } from "../../../accounts/browse.ts";
import { beginLink, beginLinkInput, ownLink, shownLink } from "../../../accounts/link.ts";
import { pollLink } from "../../../accounts/link-wait.ts";
import { saveLink, saveLinkInput } from "../../../accounts/link-save.ts";
import type { ApiRoute } from "../../route.ts";

const routes: ApiRoute[] = [
  {
    method: "POST",
    path: "/links",
    scope: "manage",
    summary: "Begin to link an account by consent; open the address in a browser",
    body: beginLinkInput,
    status: 201,
    handle: async (ctx, { body }) => {
      const { id, token, expiresAt } = await beginLink(ctx, body);
      return { id, url: `${ctx.publicUrl}/connect/${token}`, expires_at: expiresAt };
    },
  },
  {
    method: "GET",
    path: "/links/{id}",
    scope: "read",
    summary: "How far a link is",
    handle: async (ctx, { params }) => shownLink(await pollLink(ctx, await ownLink(ctx, params.id!)), ctx.clock()),
  },
  {
    method: "POST",
    path: "/links/{id}/save",
    scope: "manage",
    summary: "Save what was linked as an account",
    body: saveLinkInput,
    status: 201,
    handle: async (ctx, { params, body }) =>
      shownAccount(await getAccount(ctx, (await saveLink(ctx, params.id!, body)).id)),
  },
];

export default routes;
