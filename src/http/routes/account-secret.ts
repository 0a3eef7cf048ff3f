import { editAccount } from "../../accounts/edit.ts";
import type { Context } from "../../context.ts";
import { invalid } from "../../errors.ts";
import { getService } from "../../services/browse.ts";
import { asksEnd, secretFields, typedForm, typedSecret, wasTried, type TypedAccount } from "../account-form.ts";
import { accountCrumbs, byConsent, byRenewal, changeable } from "../account-view.ts";
import { good, redirect, view } from "../answer.ts";
import { attempt, type Problems } from "../failure.ts";
import { refused, text } from "../form.ts";
import { get, post } from "../route.ts";

// Reconnect, for kinds with a key: replace the key.

export default [
  get("/accounts/:slug/secret", async (ctx, { params }) => page(ctx, params.slug!)),

  post("/accounts/:slug/secret", async (ctx, { params, form }) => {
    const { account, path } = await changeable(ctx, params.slug!);
    const service = await getService(ctx, account.serviceId);
    const fields = secretFields(service);
    const typed = typedForm(form, fields);
    // Where nothing is entered, access is asked for anew.
    const secret = typedSecret(form, fields) ?? (fields.length === 0 && byRenewal(service) ? {} : undefined);
    const saved = await attempt(() => {
      const expires = asksEnd(service) ? typed.expiresOn || null : account.expiresOn;
      const first = fields.find((field) => field.hidden) ?? fields[0];
      if (secret === undefined && expires === account.expiresOn && first !== undefined)
        throw invalid(`secret.${first.name}`, `Enter the new ${first.label.toLowerCase()}.`);
      const replaced = secret === undefined ? {} : { secret, try: text(form, "anyway") === "" };
      return editAccount(ctx, account.id, { ...replaced, expires_on: expires });
    });
    if (!saved.ok) return page(ctx, account.id, typed, saved.problems);
    return redirect(path, good(saidAfter(account.name, secret, fields.length > 0)));
  }),
];

function saidAfter(name: string, secret: object | undefined, entered: boolean): string {
  if (secret === undefined) return "Saved.";
  return entered ? `The key of ${name} is replaced.` : `Access is asked for anew with ${name}.`;
}

async function page(ctx: Context, key: string, typed?: TypedAccount, problems: Problems | null = null) {
  const { account, path, tile } = await changeable(ctx, key);
  const service = await getService(ctx, account.serviceId);
  // Consent is won again from the account's page.
  if (byConsent(service)) return redirect(path);
  const data = {
    page: { title: `Reconnect ${account.name}` },
    tile,
    crumbs: accountCrumbs(account),
    path,
    target: { name: service.name },
    typed: typed ?? { open: {}, expiresOn: account.expiresOn ?? "" },
    secrets: secretFields(service),
    asksEnd: asksEnd(service),
    renews: byRenewal(service),
    tried: wasTried(problems),
    problems: problems && refused(problems),
  };
  return view("account-secret", data, { status: problems === null ? 200 : 400 });
}
