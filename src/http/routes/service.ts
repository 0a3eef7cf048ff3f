import { isAdmin } from "../../access/actor.ts";
import { countAccounts, listAccounts } from "../../accounts/browse.ts";
import { callbackUrl } from "../../context.ts";
import { ownerNames } from "../../people/owner.ts";
import { getService } from "../../services/browse.ts";
import { originOf } from "../../services/catalog.ts";
import type { Service } from "../../services/service.ts";
import { certificateFacts } from "../../signer/certificate.ts";
import type { Fact } from "../../signer/kind.ts";
import { serviceCertificate } from "../../signer/tls.ts";
import { accountPath, byConsent, callsBack } from "../account-view.ts";
import { view } from "../answer.ts";
import { kindOf } from "../kind-fields.ts";
import { tileOf } from "../tile.ts";
import { ownerPerson } from "../owner-field.ts";
import { get } from "../route.ts";

const SHOWN = 20;

export default [
  get("/services/:id", async (ctx, { params }) => {
    const service = await getService(ctx, params.id!);
    const { items } = await listAccounts(ctx, { service: service.id, limit: SHOWN });
    const counts = await countAccounts(ctx, { service: service.id });
    const names = await ownerNames(
      ctx,
      items.map((account) => account.owner),
    );
    const rows = items.map((account) => ({
      href: accountPath(account),
      name: account.name,
      identity: account.identity.label,
      owner: ownerPerson(account.owner, names),
      state: account.state,
    }));
    const admin = isAdmin(ctx.actor);
    const data = {
      page: { title: service.name },
      shown: shown(service, admin),
      admin,
      checks: admin ? checklist(service, counts.all) : [],
      callback: callsBack(service) && admin ? callbackUrl(ctx) : null,
      accounts: { rows, total: counts.all, broken: counts.needs_reconnect, more: counts.all > rows.length },
    };
    return view("service", data);
  }),
];

function shown(service: Service, admin: boolean) {
  const kind = kindOf(service.kind);
  const origin = originOf(service.catalogKey);
  const { scopes } = service.settings as { scopes?: string[] };
  const meanings = new Map(origin?.scopes?.map((scope) => [scope.name, scope.meaning]));
  return {
    id: service.id,
    name: service.name,
    mark: tileOf({ name: service.name, catalog: service.catalogKey }),
    summary: origin?.summary ?? kind.summary,
    notice: origin?.notice ?? null,
    kind: kind.label,
    origin: origin?.name ?? null,
    documentation: origin?.documentation ?? null,
    accountHelp: origin?.account_help ?? null,
    baseUrl: service.baseUrl,
    hosts: service.hosts,
    scopes: (scopes ?? []).map((name) => ({ name, meaning: meanings.get(name) ?? null })),
    settings: admin ? plainSettings(service) : [],
    hidden: admin ? kind.settings.filter((field) => service.hidden.includes(field.name)).map(({ label }) => label) : [],
    certificate: admin ? certificateOf(service) : [],
    headers: admin ? Object.entries(service.headers) : [],
    test: admin ? service.test : null,
    createdAt: service.createdAt,
    updatedAt: service.updatedAt,
  };
}

/** What makes a service work, with what is done. A link that was finished proves the callback address. */
function checklist(service: Service, accounts: number) {
  const kind = kindOf(service.kind);
  const secret = kind.settings.some((field) => service.hidden.includes(field.name));
  const [first] = plainSettings(service);
  // Where accounts bring keys of their own, a client of the service's may still introduce them.
  const client = byConsent(service) || secret || service.settings.client_id !== undefined;
  const registered = client
    ? {
        label: "Registered at the provider",
        detail: `${first ? `${first.label} ${first.text}, ` : ""}${secret ? "secret saved, hidden" : "no secret: a public client"}`,
        state: "done",
        action: { label: "Edit", href: `/services/${service.id}/edit` },
      }
    : { label: "Nothing to register at the provider", detail: "Each account brings its own key.", state: "done" };
  const callback = {
    label: "Callback address registered",
    detail:
      accounts > 0
        ? "Accounts came back to it."
        : "Copy the address below into the provider's console. The first link proves it.",
    state: accounts > 0 ? "done" : "todo",
  };
  return [
    registered,
    ...(callsBack(service) ? [callback] : []),
    kind.directory
      ? {
          label: "Test",
          detail: "Each account signs in before it is kept, and whenever you press Test now.",
          state: "done",
        }
      : service.test
        ? {
            label: "Test request",
            detail: `${service.test.method} ${service.test.url} tells whether an account works.`,
            state: "done",
          }
        : {
            label: "Test request",
            detail: "Without one, Signet can not tell whose account was linked or whether it works.",
            state: "todo",
            action: { label: "Choose one", href: `/services/${service.id}/edit#field-test-url` },
          },
    accounts > 0
      ? { label: "Accounts linked", detail: accounts === 1 ? "One account" : `${accounts} accounts`, state: "done" }
      : { label: "Accounts linked", detail: "Link your own to try the service.", state: "todo" },
  ];
}

/** What a service's client certificate says of itself. */
function certificateOf(service: Service): Fact[] {
  const certificate = serviceCertificate(service.settings);
  return certificate === undefined ? [] : certificateFacts(certificate);
}

/** The few settings by which an admin recognises the service; the rest is on the page that edits them. */
function plainSettings(service: Service): { label: string; text: string }[] {
  const kind = kindOf(service.kind);
  const types = kind.directory ? ["text", "url"] : ["text"];
  return kind.settings
    .filter((field) => !field.advanced && !field.hidden && types.includes(field.type))
    .flatMap((field) => {
      const value = service.settings[field.name];
      return typeof value === "string" && value !== "" ? [{ label: field.label, text: value }] : [];
    });
}
