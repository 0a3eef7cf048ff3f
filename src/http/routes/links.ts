import { beginLink, ownLink, type LinkRow } from "../../accounts/link.ts";
import { linkIsOver, linkOfBrowser, retypeLink } from "../../accounts/link-edit.ts";
import { saveLink } from "../../accounts/link-save.ts";
import type { Context } from "../../context.ts";
import { invalid } from "../../errors.ts";
import { getService } from "../../services/browse.ts";
import { accountForm, nameAndOwner, typedForm } from "../account-form.ts";
import { accountPath, changeable } from "../account-view.ts";
import { bad, good, redirect, view } from "../answer.ts";
import { attempt } from "../failure.ts";
import { text } from "../form.ts";
import { leadToProvider, linkFacts, linkPage, reconnected } from "../link-view.ts";
import { backWith, returnPath } from "../return-path.ts";
import { get, post, type Incoming } from "../route.ts";

export default [
  post("/accounts/link", async (ctx, request) => {
    const service = await getService(ctx, text(request.form, "service"));
    const back = returnPath(text(request.form, "back"));
    const wanted = { service: service.id, ...nameAndOwner(request.form), ...(back && { return_to: back }) };
    const begun = await attempt(() => beginLink(ctx, wanted));
    if (!begun.ok) return accountForm(ctx, service, typedForm(request.form, []), begun.problems);
    return leadToProvider(ctx, await ownLink(ctx, begun.value.id), request);
  }),

  post("/accounts/:slug/reconnect", async (ctx, request) => {
    const { account, path } = await changeable(ctx, request.params.slug!);
    const begun = await attempt(() => beginLink(ctx, { account: account.id }));
    if (!begun.ok) return redirect(path, bad(begun.problems.summary));
    return leadToProvider(ctx, await ownLink(ctx, begun.value.id), request);
  }),

  get("/links/:id", async (ctx, { params }) => {
    const link = await ownLink(ctx, params.id!);
    return link.state === "saved" ? savedAlready(ctx, link) : linkPage(ctx, link);
  }),

  post("/links/:id/depart", async (ctx, request) => {
    const link = await ownLink(ctx, request.params.id!);
    const ready = await attempt(() => again(ctx, link, request.form));
    if (!ready.ok) return linkPage(ctx, link, typedForm(request.form, []), ready.problems);
    return leadToProvider(ctx, ready.value, request);
  }),

  post("/links/:id/save", async (ctx, { params, form }) => {
    const link = await ownLink(ctx, params.id!);
    const account = await reconnected(ctx, link);
    const typed = account ? undefined : typedForm(form, []);
    const saved = await attempt(() => {
      if (account?.differs && text(form, "other_identity") === "")
        throw invalid("other_identity", "Tick the box if this identity is the one you mean, or link again.");
      return saveLink(ctx, link.id, account ? {} : nameAndOwner(form));
    });
    if (saved.ok) {
      const who = link.identity_label === null ? "" : ` as ${link.identity_label}`;
      const to = backWith(link.return_to, saved.value, accountPath(saved.value));
      return redirect(to, good(`${saved.value.name} is linked${who}.`));
    }
    const now = await ownLink(ctx, link.id);
    return now.state === "saved" ? savedAlready(ctx, now) : linkPage(ctx, now, typed, saved.problems);
  }),

  get(
    "/links/:id/done",
    async (ctx, { params, browser }) => {
      const link = await linkOfBrowser(ctx, params.id!, browser);
      if (link.worker_id === ctx.actor.id) return redirect(`/links/${link.id}`);
      const { service: _, ...facts } = await linkFacts(ctx, link);
      const who = link.identity_label ?? link.identity_id;
      const linked = link.state === "linked" || link.state === "saved";
      const page = { title: linked ? `Linked to ${facts.target.name}` : `Not linked to ${facts.target.name}` };
      return view("link-done", { page, ...facts, who, linked, error: link.error });
    },
    "public",
  ),
];

/** The link with what was typed, ready for another round; a new one when its time is over. */
async function again(ctx: Context, link: LinkRow, form: Incoming["form"]): Promise<LinkRow> {
  if (!linkIsOver(link, ctx.clock())) return retypeLink(ctx, link.id, nameAndOwner(form));
  const target =
    link.account_id === null ? { service: link.service_id, ...nameAndOwner(form) } : { account: link.account_id };
  const back = link.return_to === null ? {} : { return_to: link.return_to };
  return ownLink(ctx, (await beginLink(ctx, { ...target, ...back })).id);
}

async function savedAlready(ctx: Context, link: LinkRow) {
  const account = await reconnected(ctx, link);
  return redirect(account?.path ?? "/accounts", good("What was linked there is saved."));
}
