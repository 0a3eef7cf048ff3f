import { getAccount } from "../../accounts/browse.ts";
import type { Context } from "../../context.ts";
import { invalid } from "../../errors.ts";
import { choicesFor } from "../../packages/choices.ts";
import { answerDraft, dropDraft, keepDraft, ownDraft, type Draft } from "../../packages/draft.ts";
import { importPackage } from "../../packages/import.ts";
import { libraryEntry } from "../../packages/library.ts";
import { readPackageText } from "../../packages/read.ts";
import { previewPackage } from "../../packages/preview.ts";
import { good, redirect, view, type Answer } from "../answer.ts";
import { attempt, type Problems } from "../failure.ts";
import { refused, text } from "../form.ts";
import { linkWith } from "../list-links.ts";
import { chosenOwner } from "../owner-field.ts";
import {
  draftPath,
  IMPORT,
  importSteps,
  ownerField,
  packOf,
  promptFields,
  secretFields,
  shownChanges,
  typedAnswers,
} from "../package-view.ts";
import { get, post, type Incoming } from "../route.ts";
import { libraryTiles } from "../package-tiles.ts";

/** A package of 2 MiB of JSON, as a form writes it. */
const FORM_LIMIT = 6 * 1024 * 1024;

export default [
  get(IMPORT, (ctx) => startPage(ctx)),

  post(
    IMPORT,
    async (ctx, { form }) => {
      const [key, json] = [text(form, "library"), text(form, "package")];
      const kept = await attempt(async () =>
        keepDraft(ctx, key === "" ? readPackageText(json) : libraryEntry(key).json),
      );
      return kept.ok ? redirect(draftPath(kept.value.id)) : startPage(ctx, json, kept.problems);
    },
    "signed-in",
    FORM_LIMIT,
  ),

  get(`${IMPORT}/:id`, async (ctx, { params, query }) => {
    const draft = await ownDraft(ctx, params.id!);
    return answersPage(ctx, { ...draft, answers: { ...draft.answers, ...(await linkedAnswer(ctx, query)) } });
  }),

  post(`${IMPORT}/:id`, async (ctx, { params, form }) => {
    const draft = await ownDraft(ctx, params.id!);
    const answers = typedAnswers(packOf(draft), form);
    const owner = chosenOwner(text(form, "owner")) as Draft["owner"];
    const typed = { ...draft, answers, owner };
    await answerDraft(ctx, draft.id, { answers, owner });
    const connect = text(form, "connect");
    if (connect !== "") return connectNew(ctx, typed, connect);
    const preview = await previewPackage(ctx, inputOf(typed));
    const wrong = Object.fromEntries(
      [
        ...preview.problems.filter(({ path }) => /^(answers\.|owner)/.test(path)),
        ...preview.missing
          .filter(({ type }) => type !== "secret")
          .map(({ key, type }) => ({ path: `answers.${key}`, message: MISSING[type] })),
      ].map(({ path, message }) => [path, message]),
    );
    if (Object.keys(wrong).length === 0) return redirect(`${draftPath(draft.id)}/preview`);
    return answersPage(ctx, typed, { summary: "", fields: wrong });
  }),

  get(`${IMPORT}/:id/preview`, async (ctx, { params }) => previewPage(ctx, await ownDraft(ctx, params.id!))),

  post(`${IMPORT}/:id/rename`, async (ctx, { params, form }) => {
    const draft = await ownDraft(ctx, params.id!);
    await answerDraft(ctx, draft.id, { renamed: { ...draft.renamed, ...renamedIn(form) } });
    return redirect(`${draftPath(draft.id)}/preview`);
  }),

  post(`${IMPORT}/:id/install`, async (ctx, { params, form }) => {
    const draft = await ownDraft(ctx, params.id!);
    const secrets = packOf(draft)
      .prompts.filter(({ type }) => type === "secret")
      .map(({ key }) => [key, text(form, `answers.${key}`)] as const)
      .filter(([, value]) => value !== "");
    const input = inputOf(draft);
    const answers = { ...input.answers, ...Object.fromEntries(secrets) };
    const done = await attempt(() => importPackage(ctx, { ...input, answers, expected: text(form, "expected") }));
    if (!done.ok) return previewPage(ctx, draft, done.problems);
    await dropDraft(ctx, draft.id);
    const { id, package: pack } = done.value;
    return redirect(`/settings/packages/${id}`, good(`${pack!.name} ${pack!.version} is installed.`));
  }),
];

const MISSING = {
  account: "Choose an account, or connect a new one.",
  service: "Choose a service.",
  picklist: "Choose one.",
  text: "Enter this.",
  secret: "Enter this.",
};

function inputOf({ package: pack, answers, owner, renamed }: Draft) {
  return { package: pack, answers, rename: renamed, ...(owner !== undefined && { owner }) };
}

function renamedIn(form: Incoming["form"]): Record<string, string> {
  const names = Object.keys(form).filter((name) => name.startsWith("rename."));
  return Object.fromEntries(
    names.map((name) => [name.slice("rename.".length), text(form, name).trim()]).filter(([, value]) => value !== ""),
  ) as Record<string, string>;
}

async function startPage(ctx: Context, typed = "", problems: Problems | null = null): Promise<Answer> {
  const lines = problems && Object.entries(problems.fields).map(([path, message]) => ({ text: where(path, message) }));
  const data = {
    page: { title: "Import a package" },
    steps: importSteps("package"),
    typed,
    problem: problems?.summary ?? null,
    lines: lines?.slice(0, 20) ?? null,
    tiles: await libraryTiles(ctx),
  };
  return view("package-import", data, { status: problems === null ? 200 : 400 });
}

function where(path: string, message: string): string {
  return path === "" || path === "package" ? message : `${path}: ${message}`;
}

async function answersPage(ctx: Context, draft: Draft, problems: Problems | null = null): Promise<Answer> {
  const pack = packOf(draft);
  const preview = await previewPackage(ctx, inputOf(draft));
  const asked = problems && refused(problems);
  const data = {
    page: { title: `Import ${pack.name}` },
    steps: importSteps("answers", draft.id),
    path: draftPath(draft.id),
    pack: { name: pack.name, version: pack.version, description: pack.description },
    installed: preview.installed,
    fields: await promptFields(ctx, pack, draft.answers, problems?.fields ?? {}),
    owner: { ...(await ownerField(ctx, draft, preview)), problem: problems?.fields.owner ?? null },
    owns: preview.changes.some(({ what, action }) => what === "bot" && action !== "unchanged" && action !== "update"),
    secrets: pack.prompts.filter(({ type }) => type === "secret").map(({ label }) => label),
    problems: asked?.lines ?? [],
  };
  return view("package-answers", data, { status: problems === null ? 200 : 400 });
}

/** The account that somebody comes back with from linking it, for the prompt that they left for it. */
async function linkedAnswer(ctx: Context, { prompt, account }: Incoming["query"]): Promise<Record<string, string>> {
  if (prompt === undefined || account === undefined) return {};
  return { [prompt]: (await getAccount(ctx, account)).id };
}

/** To where an account is linked; it comes back with it when that is saved. */
async function connectNew(ctx: Context, draft: Draft, key: string): Promise<Answer> {
  const choices = (await choicesFor(ctx, packOf(draft))).get(key);
  const [service] = choices?.services ?? [];
  if (!service) throw invalid("connect", "There is no service to link an account of.");
  const back = linkWith(draftPath(draft.id), { prompt: key });
  return redirect(linkWith("/accounts/new", { service: service.id, back }));
}

async function previewPage(ctx: Context, draft: Draft, problems: Problems | null = null): Promise<Answer> {
  const pack = packOf(draft);
  const preview = await previewPackage(ctx, inputOf(draft));
  const unanswered = preview.missing.filter(({ type }) => type !== "secret");
  if (unanswered.length > 0 && problems === null) return redirect(draftPath(draft.id));
  const changes = shownChanges(preview);
  const data = {
    page: { title: `Import ${pack.name}` },
    steps: importSteps("preview", draft.id),
    path: draftPath(draft.id),
    pack: { name: pack.name, version: pack.version, description: pack.description },
    installed: preview.installed,
    changes: changes.filter(({ action }) => action !== "conflict"),
    conflicts: changes.filter(({ action }) => action === "conflict"),
    idle: changes.every(({ action }) => action === "unchanged"),
    edits: preview.edits,
    leftOut: preview.left_out,
    problems: problems
      ? [{ text: problems.summary }]
      : preview.problems.map(({ path, message }) => ({ text: where(path, message) })),
    secrets: secretFields(pack, preview),
    ready: preview.problems.length === 0 && preview.conflicts === 0 && unanswered.length === 0,
    expected: preview.fingerprint,
  };
  return view("package-preview", data, { status: problems === null ? 200 : 400 });
}
