import { connectAccount } from "../../accounts/connect.ts";
import { unfinishedLink } from "../../accounts/link-edit.ts";
import { isAdmin } from "../../access/actor.ts";
import type { Context } from "../../context.ts";
import { getService, listServices } from "../../services/browse.ts";
import { kindOf } from "../../signer/kinds.ts";
import { accountForm, formOf, freshForm, nameAndOwner, secretFields, typedForm, typedSecret } from "../account-form.ts";
import { accountPath, byConsent } from "../account-view.ts";
import { good, redirect, view } from "../answer.ts";
import { attempt, type Problems } from "../failure.ts";
import { text } from "../form.ts";
import { backWith } from "../return-path.ts";
import { get, post } from "../route.ts";
import { tileOf } from "../tile.ts";

export default [
  get("/accounts/new", async (ctx, { query }) => {
    if (query.service === undefined) return pick(ctx, query.q?.trim() ?? "", query.cursor || undefined);
    const service = await getService(ctx, query.service);
    // Whoever comes back from the provider by the browser's own button finds what they had typed.
    const left = byConsent(service) && !query.back ? await unfinishedLink(ctx, service.id) : undefined;
    return accountForm(ctx, service, left ? formOf(left) : freshForm(ctx, service, query));
  }),

  post("/accounts/new", async (ctx, { form }) => {
    const service = await getService(ctx, text(form, "service"));
    const fields = secretFields(service);
    const typed = typedForm(form, fields);
    if (byConsent(service)) return accountForm(ctx, service, typed, notLinkedYet(service.name));
    const saved = await attempt(() =>
      connectAccount(ctx, {
        ...nameAndOwner(form),
        service: service.id,
        secret: typedSecret(form, fields) ?? {},
        expires_on: typed.expiresOn === "" ? null : typed.expiresOn,
        try: text(form, "anyway") === "",
      }),
    );
    if (!saved.ok) return accountForm(ctx, service, typed, saved.problems);
    const { name, identity } = saved.value;
    const who = identity.label === null ? "" : ` ${service.name} knows it as ${identity.label}.`;
    const to = backWith(typed.back, saved.value, accountPath(saved.value));
    return redirect(to, good(`${name} is connected.${who}`));
  }),
];

/** First step: which service. */
async function pick(ctx: Context, q: string, cursor: string | undefined) {
  const { items, next_cursor } = await listServices(ctx, { limit: 100, ...(q && { q }), ...(cursor && { cursor }) });
  const tiles = items.map((service) => ({
    href: `/accounts/new?service=${service.id}`,
    label: service.name,
    help: kindOf(service.kind).label,
    service: tileOf({ name: service.name, catalog: service.catalogKey }),
  }));
  const next = next_cursor && `/accounts/new?${new URLSearchParams({ ...(q && { q }), cursor: next_cursor })}`;
  const pager = { first: cursor ? "/accounts/new" : null, next };
  return view("account-new", { page: { title: "New account" }, tiles, q, pager, admin: isAdmin(ctx.actor) });
}

function notLinkedYet(service: string): Problems {
  return { summary: `Nothing is linked yet. Follow “Link to ${service}” first; then save.`, fields: {} };
}
