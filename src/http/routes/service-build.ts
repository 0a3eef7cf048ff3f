import { addService } from "../../services/add.ts";
import { discover } from "../../services/discover.ts";
import { registerService } from "../../services/register.ts";
import type { Context } from "../../context.ts";
import type { Kind } from "../../signer/kind.ts";
import { good, redirect, type Answer } from "../answer.ts";
import { maskedCommand } from "../curl-mask.ts";
import { attempt } from "../failure.ts";
import { text } from "../form.ts";
import { allKinds, readSettings, storedTexts, typedTexts } from "../kind-fields.ts";
import { get, post, type Incoming } from "../route.ts";
import { buildPage, choosePage, type Draft } from "../service-build.ts";
import { filledIn, foundBefore } from "../service-discovery.ts";
import { readServiceExample } from "../service-example.ts";
import { EMPTY_SERVICE, readService, typedService } from "../service-form.ts";

export default [
  get(
    "/services/build",
    (_ctx, { query }) => {
      const name = (query.name ?? "").trim().slice(0, 100);
      const kind = kindCalled(query.kind);
      if (!kind) return choosePage(name);
      const settings = storedTexts(kind, {});
      return buildPage({ kind, typed: { ...EMPTY_SERVICE, name }, settings, address: "", found: null });
    },
    "admin",
  ),

  post(
    "/services/build",
    async (ctx, { form, query }) => {
      const kind = kindCalled(text(form, "kind") || query.kind);
      if (!kind) return fromExample(form);
      switch (actOf(kind, form)) {
        case "discover":
          return fillIn(ctx, draftOf(kind, form), form);
        case "register":
          return register(ctx, draftOf(kind, form), form);
        default:
          return create(ctx, draftOf(kind, form), form);
      }
    },
    "admin",
  ),
];

function kindCalled(id: string | undefined): Kind | undefined {
  return allKinds().find((kind) => kind.id === id);
}

function draftOf(kind: Kind, form: Incoming["form"]): Draft {
  const settings = typedTexts(kind.settings, form);
  const [address, found] = [text(form, "url").trim(), foundBefore(form)];
  return { kind, typed: typedService(form), settings, address, found, sent: form };
}

/** What to do with the form; Enter in the address, before there are any endpoints, means to fill them in. */
function actOf(kind: Kind, form: Incoming["form"]): string {
  if (kind.discovery === undefined) return "create";
  if (text(form, "issuer") !== "") return "discover";
  const empty = kind.settings
    .filter(({ type, required }) => type === "url" && required)
    .every(({ name }) => text(form, `settings.${name}`).trim() === "");
  return text(form, "act") || (empty && text(form, "url").trim() !== "" ? "discover" : "create");
}

async function fillIn(ctx: Context, draft: Draft, form: Incoming["form"]): Promise<Answer> {
  const address = text(form, "issuer") || draft.address;
  const found = await attempt(() => discover(ctx, { url: address }));
  if (!found.ok) return buildPage({ ...draft, address, problems: found.problems });
  return buildPage({ ...draft, address, ...filledIn(draft.kind, draft, draft.found, address, found.value) });
}

/** What the form says, for the verbs. Throws `invalid`. */
function inputOf({ kind }: Draft, form: Incoming["form"]) {
  const { base_url, test, ...given } = readService(form);
  const more = { ...(base_url !== null && { base_url }), ...(test !== null && { test }) };
  return { ...given, ...more, settings: readSettings(kind, form, false) };
}

async function create(ctx: Context, draft: Draft, form: Incoming["form"]): Promise<Answer> {
  const made = await attempt(async () => addService(ctx, { kind: draft.kind.id, ...inputOf(draft, form) }));
  if (!made.ok) return buildPage({ ...draft, problems: made.problems });
  return done(made.value, "");
}

async function register(ctx: Context, draft: Draft, form: Incoming["form"]): Promise<Answer> {
  const registration = draft.found?.registration;
  const given = { url: draft.found?.address ?? draft.address, ...(registration && { registration }) };
  const made = await attempt(async () => registerService(ctx, { ...given, ...inputOf(draft, form) }));
  if (!made.ok) return buildPage({ ...draft, problems: made.problems });
  const { service, secretEnds } = made.value;
  const ends = secretEnds ? ` The client secret ends on ${secretEnds.toISOString().slice(0, 10)}.` : "";
  return done(service, ` Signet has registered itself there.${ends}`);
}

function done({ id, name }: { id: string; name: string }, more: string): Answer {
  const next = { href: `/accounts/new?service=${id}`, action: "Link your account" };
  return redirect(`/services/${id}`, { ...good(`${name} is set up.${more} Next, link your account.`), ...next });
}

async function fromExample(form: Incoming["form"]): Promise<Answer> {
  const [command, wish] = [text(form, "curl"), text(form, "name").trim()];
  const read = await attempt(async () => readServiceExample(command));
  if (!read.ok) return choosePage(wish, { command: maskedCommand(command), problems: read.problems });
  const { kind, typed, settings, notes } = read.value;
  const name = wish || typed.name;
  return buildPage({ kind, typed: { ...typed, name }, settings, address: "", found: null, example: notes });
}
