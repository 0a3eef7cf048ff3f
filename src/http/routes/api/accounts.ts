import { acceptHosts } from "../../../accounts/accept-hosts.ts";
import { getAccount, listAccounts, listAccountsInput, shownAccount } from "../../../accounts/browse.ts";
import { connectAccount, connectInput } from "../../../accounts/connect.ts";
import { disconnectAccount } from "../../../accounts/disconnect.ts";
import { editAccount, editAccountInput } from "../../../accounts/edit.ts";
import { pauseAccount, resumeAccount } from "../../../accounts/pause.ts";
import { presign, presignInput } from "../../../accounts/presign.ts";
import { listSharesInput, pageOfShares, shareAccount, shareInput, unshareAccount } from "../../../accounts/share.ts";
import { testAccount } from "../../../accounts/test.ts";
import type { Context } from "../../../context.ts";
import type { ApiRoute } from "../../route.ts";

const shown = async (ctx: Context, key: string) => shownAccount(await getAccount(ctx, key));

const routes: ApiRoute[] = [
  {
    method: "GET",
    path: "/accounts",
    scope: "read",
    summary: "Accounts that you may see",
    query: listAccountsInput,
    handle: async (ctx, { query }) => {
      const { items, next_cursor } = await listAccounts(ctx, query);
      return { items: items.map(shownAccount), next_cursor };
    },
  },
  {
    method: "POST",
    path: "/accounts",
    scope: "manage",
    summary: "Make an account from a key, or import tokens",
    body: connectInput,
    status: 201,
    handle: async (ctx, { body }) => shown(ctx, (await connectAccount(ctx, body)).id),
  },
  {
    method: "GET",
    path: "/accounts/{id}",
    scope: "read",
    summary: "One account",
    handle: (ctx, { params }) => shown(ctx, params.id!),
  },
  {
    method: "PATCH",
    path: "/accounts/{id}",
    scope: "manage",
    summary: "Rename an account or replace its credential",
    body: editAccountInput,
    handle: async (ctx, { params, body }) => shown(ctx, (await editAccount(ctx, params.id!, body)).id),
  },
  {
    method: "DELETE",
    path: "/accounts/{id}",
    scope: "manage",
    summary: "Disconnect an account",
    handle: async (ctx, { params }) => ({ revoked: await disconnectAccount(ctx, params.id!) }),
  },
  {
    method: "POST",
    path: "/accounts/{id}/test",
    scope: "execute",
    summary: "Ask the provider who this account is",
    handle: (ctx, { params }) => testAccount(ctx, params.id!),
  },
  {
    method: "POST",
    path: "/accounts/{id}/presign",
    scope: "execute",
    summary: "Sign an address, for whoever is to use it without Signet",
    body: presignInput,
    handle: (ctx, { params, body }) => presign(ctx, params.id!, body),
  },
  {
    method: "POST",
    path: "/accounts/{id}/pause",
    scope: "manage",
    summary: "Stop every use of an account",
    handle: async (ctx, { params }) => shown(ctx, (await pauseAccount(ctx, params.id!)).id),
  },
  {
    method: "POST",
    path: "/accounts/{id}/resume",
    scope: "manage",
    summary: "Let a paused account be used again",
    handle: async (ctx, { params }) => shown(ctx, (await resumeAccount(ctx, params.id!)).id),
  },
  {
    method: "POST",
    path: "/accounts/{id}/accept-hosts",
    scope: "manage",
    summary: "Let the credential go to hosts that the service gained since",
    handle: async (ctx, { params }) => {
      await acceptHosts(ctx, params.id!);
      return shown(ctx, params.id!);
    },
  },
  {
    method: "GET",
    path: "/accounts/{id}/shares",
    scope: "read",
    summary: "With whom an account is shared",
    query: listSharesInput,
    handle: (ctx, { params, query }) => pageOfShares(ctx, params.id!, query),
  },
  {
    method: "POST",
    path: "/accounts/{id}/shares",
    scope: "manage",
    summary: "Share an account",
    body: shareInput,
    status: 201,
    handle: (ctx, { params, body }) => shareAccount(ctx, params.id!, body),
  },
  {
    method: "DELETE",
    path: "/accounts/{id}/shares/{share}",
    scope: "manage",
    summary: "End a share",
    handle: (ctx, { params }) => unshareAccount(ctx, params.id!, params.share!),
  },
];

export default routes;
