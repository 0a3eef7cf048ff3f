import { addBot, addBotInput } from "../../../bots/add.ts";
import { getBot, listBots, listBotsInput, managedBot, shownBot } from "../../../bots/browse.ts";
import { deleteBot, editBot, editBotInput } from "../../../bots/edit.ts";
import { issueToken, listTokens, listTokensInput, revokeToken, tokenInput } from "../../../people/token.ts";
import { shownIssued, shownTokens } from "../../tokens.ts";
import type { z } from "zod";
import type { ApiRoute } from "../../route.ts";

const routes: ApiRoute[] = [
  {
    method: "GET",
    path: "/bots",
    scope: "read",
    summary: "Bots that you may see",
    query: listBotsInput,
    handle: async (ctx, { query }) => {
      const { items, next_cursor } = await listBots(ctx, query);
      return { items: items.map(shownBot), next_cursor };
    },
  },
  {
    method: "POST",
    path: "/bots",
    scope: "manage",
    summary: "Make a bot",
    body: addBotInput,
    status: 201,
    handle: async (ctx, { body }) => shownBot(await addBot(ctx, body)),
  },
  {
    method: "GET",
    path: "/bots/{id}",
    scope: "read",
    summary: "One bot",
    handle: async (ctx, { params }) => shownBot(await getBot(ctx, params.id!)),
  },
  {
    method: "PATCH",
    path: "/bots/{id}",
    scope: "manage",
    summary: "Change a bot",
    body: editBotInput,
    handle: async (ctx, { params, body }) => shownBot(await editBot(ctx, params.id!, body)),
  },
  {
    method: "DELETE",
    path: "/bots/{id}",
    scope: "manage",
    summary: "Delete a bot",
    handle: (ctx, { params }) => deleteBot(ctx, params.id!),
  },
  {
    method: "GET",
    path: "/bots/{id}/tokens",
    scope: "read",
    summary: "A bot's tokens, without the tokens themselves",
    query: listTokensInput,
    handle: async (ctx, { params, query }) =>
      shownTokens(await listTokens(ctx, { type: "bot", id: (await managedBot(ctx, params.id!)).id }, query)),
  },
  {
    method: "POST",
    path: "/bots/{id}/tokens",
    scope: "manage",
    summary: "Issue a token; it is in this answer and never again",
    body: tokenInput,
    status: 201,
    handle: async (ctx, { params, body }) => {
      const { name, scopes, expires_at } = body as z.output<typeof tokenInput>;
      const holder = { type: "bot" as const, id: (await managedBot(ctx, params.id!)).id };
      return shownIssued(await issueToken(ctx, { holder, name, scopes, expiresAt: expires_at }));
    },
  },
  {
    method: "DELETE",
    path: "/bots/{id}/tokens/{token}",
    scope: "manage",
    summary: "Revoke a token",
    handle: async (ctx, { params }) =>
      revokeToken(ctx, { type: "bot", id: (await managedBot(ctx, params.id!)).id }, params.token!),
  },
];

export default routes;
