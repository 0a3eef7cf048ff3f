import type { Context } from "../../context.ts";
import { issueOwnToken, listTokens, revokeToken, type TokenFacts } from "../../people/token.ts";
import { actingWorker } from "../../people/worker.ts";
import { good, redirect, view } from "../answer.ts";
import { attempt } from "../failure.ts";
import { fields, refused, texts } from "../form.ts";
import { linkWith } from "../list-links.ts";
import { get, post } from "../route.ts";
import { settingsTabs } from "../settings-view.ts";

const NEW = { typed: { name: "", scopes: ["execute", "read"], expires_at: "" }, problems: null };

export default [
  get("/settings/tokens", async (ctx, { query }) => {
    const { items, next_cursor } = await listTokens(ctx, holder(ctx), query.cursor ? { cursor: query.cursor } : {});
    const list = {
      label: "Your tokens",
      noun: ["token", "tokens"],
      columns: [
        { key: "name", label: "Name" },
        { key: "scopes", label: "Scopes", kind: "tags" },
        { key: "expires", label: "Expires", kind: "time" },
        { key: "used", label: "Last used", kind: "time", align: "end" },
      ],
      rows: items.map((token) => row(ctx, token)),
      filtered: false,
      pager: {
        next: next_cursor && linkWith("/settings/tokens", { cursor: next_cursor }),
        first: query.cursor && "/settings/tokens",
      },
      empty: {
        icon: "key-round",
        title: "No tokens",
        text: "A token lets your scripts act for you at Signet's API.",
        action: { label: "New token", href: "/settings/tokens/new" },
      },
    };
    return view("settings-tokens", { page: { title: "Tokens" }, tabs: settingsTabs(ctx, "Tokens"), list });
  }),

  get("/settings/tokens/new", () => view("settings-token-new", { page: { title: "New token" }, ...NEW })),

  post("/settings/tokens", async (ctx, { form }) => {
    const typed = { ...fields(form, "name", "expires_at"), scopes: texts(form, "scopes") };
    const result = await attempt(() => issueOwnToken(ctx, typed as Parameters<typeof issueOwnToken>[1]));
    if (result.ok)
      return view("settings-token-shown", {
        page: { title: "Your new token" },
        token: result.value,
        hub: ctx.publicUrl,
      });
    const data = { page: { title: "New token" }, typed, problems: refused(result.problems) };
    return view("settings-token-new", data, { status: 400 });
  }),

  post("/settings/tokens/:token/revoke", async (ctx, { params }) => {
    await revokeToken(ctx, holder(ctx), params.token!);
    return redirect("/settings/tokens", good("Revoked. Whatever used this token is refused from now on."));
  }),
];

function holder(ctx: Context) {
  return { type: "worker", id: actingWorker(ctx).id } as const;
}

function row(ctx: Context, token: TokenFacts) {
  const ended = token.expiresAt !== null && token.expiresAt <= ctx.clock();
  return {
    cells: {
      name: { text: token.name, detail: `ends in ${token.lastFour}${ended ? ", expired" : ""}` },
      scopes: token.scopes,
      expires: { at: token.expiresAt },
      used: { at: token.lastUsedAt },
    },
    menu: [{ label: "Revoke", action: `/settings/tokens/${token.id}/revoke`, icon: "ban", kind: "danger" }],
    menuLabel: `More for ${token.name}`,
  };
}
