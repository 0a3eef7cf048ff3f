import { accountScopes } from "./account-scopes.ts";
import type { LinkRow } from "../accounts/link.ts";
import type { Context } from "../context.ts";
import { ownerKey } from "../people/owner.ts";
import { originOf } from "../services/catalog.ts";
import type { Service } from "../services/service.ts";
import type { Field } from "../signer/kind.ts";
import { kindOf } from "../signer/kinds.ts";
import { view, type Answer } from "./answer.ts";
import { byConsent, byRenewal, leadsTo } from "./account-view.ts";
import type { Problems } from "./failure.ts";
import { refused, text } from "./form.ts";
import { chosenOwner, ownerOptions } from "./owner-field.ts";
import { returnPath } from "./return-path.ts";
import type { Incoming } from "./route.ts";
import { tileOf } from "./tile.ts";

// The account form: a new account by key or by consent.

type Form = Incoming["form"];

/** What was typed into the form, besides what is hidden: that is typed again. */
export interface TypedAccount {
  name: string;
  owner: string;
  expiresOn: string;
  /** Fields of the secret that are no secrets themselves, such as a user name. */
  open: Record<string, string>;
  /** The path of the page that waits for the account, or "". */
  back: string;
}

export function secretFields(service: { kind: string; settings: Record<string, unknown> }): Field[] {
  return kindOf(service.kind).secret(service.settings);
}

/** A certificate says for itself when it ends. */
export function asksEnd(service: { kind: string }): boolean {
  return kindOf(service.kind).validity === undefined;
}

export function freshForm(ctx: Context, service: Service, { owner, back }: Record<string, string>): TypedAccount {
  return {
    name: service.name,
    owner: owner || `worker:${ctx.actor.id}`,
    expiresOn: "",
    open: {},
    back: returnPath(back),
  };
}

export function typedForm(form: Form, fields: Field[]): TypedAccount {
  const open = fields.filter((field) => !field.hidden).map(({ name }) => [name, text(form, `secret.${name}`)]);
  return {
    name: text(form, "name"),
    owner: text(form, "owner"),
    expiresOn: text(form, "expires_on"),
    open: Object.fromEntries(open) as Record<string, string>,
    back: returnPath(text(form, "back")),
  };
}

/** The form for what a link under way will become. */
export function formOf(link: LinkRow): TypedAccount {
  const owner = ownerKey({ type: link.owner_type, id: link.owner_id } as Parameters<typeof ownerKey>[0]);
  return { name: link.name, owner, expiresOn: "", open: {}, back: link.return_to ?? "" };
}

/** Name and owner as verbs take them. */
export function nameAndOwner(form: Form) {
  const owner = chosenOwner(text(form, "owner"));
  return { name: text(form, "name"), ...(owner === undefined ? {} : { owner }) };
}

/** The typed secret, fields that were left empty left out; undefined when all were. */
export function typedSecret(form: Form, fields: Field[]): Record<string, string> | undefined {
  const given = fields
    .map(({ name }) => [name, text(form, `secret.${name}`)] as const)
    .filter(([, value]) => value !== "");
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

/** True when the provider refused the credential, rather than the form being filled in wrongly. */
export function wasTried(problems: Problems | null): boolean {
  return problems?.fields.secret !== undefined;
}

/** The page of the form, with all that was typed and what is to be corrected. */
export async function accountForm(
  ctx: Context,
  service: Service,
  typed: TypedAccount,
  problems: Problems | null = null,
): Promise<Answer> {
  const consent = byConsent(service);
  const data = {
    page: { title: `New ${service.name} account`, section: "accounts" },
    tile: tileOf({ name: service.name, catalog: service.catalogKey }),
    target: { id: service.id, name: service.name },
    typed,
    owners: await ownerOptions(ctx),
    asked: consent ? accountScopes(service) : null,
    secrets: secretFields(service),
    asksEnd: asksEnd(service),
    help: originOf(service.catalogKey)?.account_help ?? null,
    renews: byRenewal(service),
    tried: wasTried(problems),
    problems: problems && refused(problems),
  };
  const status = problems === null ? 200 : 400;
  return view(consent ? "account-link" : "account-key", data, leadsTo(service, status));
}
