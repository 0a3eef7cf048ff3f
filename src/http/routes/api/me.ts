import { issueOwnToken, listTokens, listTokensInput, revokeToken, tokenInput } from "../../../people/token.ts";
import { actingWorker } from "../../../people/worker.ts";
import { shownIssued, shownTokens } from "../../tokens.ts";
import type { ApiRoute } from "../../route.ts";

const routes: ApiRoute[] = [
  {
    method: "GET",
    path: "/me",
    scope: "read",
    summary: "Whom this token speaks for",
    handle: async ({ actor }) => ({
      type: actor.type,
      id: actor.id,
      name: actor.name,
      role: actor.type === "worker" ? actor.role : null,
      scopes: actor.scopes,
    }),
  },
  {
    method: "GET",
    path: "/me/tokens",
    scope: "read",
    summary: "Your tokens, without the tokens themselves",
    query: listTokensInput,
    handle: async (ctx, { query }) =>
      shownTokens(await listTokens(ctx, { type: "worker", id: actingWorker(ctx).id }, query)),
  },
  {
    method: "POST",
    path: "/me/tokens",
    scope: "manage",
    summary: "Issue a token of your own; it is in this answer and never again",
    body: tokenInput,
    status: 201,
    handle: async (ctx, { body }) => shownIssued(await issueOwnToken(ctx, body)),
  },
  {
    method: "DELETE",
    path: "/me/tokens/{token}",
    scope: "manage",
    summary: "Revoke one of your tokens",
    handle: (ctx, { params }) => revokeToken(ctx, { type: "worker", id: actingWorker(ctx).id }, params.token!),
  },
];

export default routes;
