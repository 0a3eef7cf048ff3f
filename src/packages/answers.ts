import { getAccount, type AccountLine } from "../accounts/browse.ts";
import type { Context } from "../context.ts";
import { isSignetError, type Issue } from "../errors.ts";
import { servicesWith } from "../services/browse.ts";
import { originOf } from "../services/catalog.ts";
import type { Service } from "../services/service.ts";
import type { Package, PackagePrompt } from "./package.ts";

export type Answers = Record<string, unknown>;

/** A service that an answer asks for, made from the catalog together with the rest. */
export interface Wanted {
  catalog: string;
  name: string | undefined;
  settings: Record<string, unknown>;
}

/** What a prompt was answered with. */
export interface Answered {
  prompt: PackagePrompt;
  /** Undefined: nothing was answered. A service that is still to be made has no value yet. */
  value?: unknown;
  account?: AccountLine;
  service?: Service;
  make?: Wanted;
  /** The package itself brings the service that is meant. */
  own?: string;
}

export interface Read {
  answered: Map<string, Answered>;
  missing: PackagePrompt[];
  problems: Issue[];
}

/** Reads the answers to a package's prompts: each checked, defaults put in, what is missing named. */
export async function readAnswers(ctx: Context, pack: Package, answers: Answers): Promise<Read> {
  const read: Read = { answered: new Map(), missing: [], problems: [] };
  for (const prompt of pack.prompts) {
    const given = Object.hasOwn(answers, prompt.key) ? answers[prompt.key] : undefined;
    const value = given === undefined || given === null || given === "" ? prompt.default : given;
    const answered: Answered = { prompt };
    read.answered.set(prompt.key, answered);
    const problem = value === undefined ? unanswered(pack, answered, read) : await readOne(ctx, pack, answered, value);
    if (problem !== undefined) read.problems.push({ path: `answers.${prompt.key}`, message: problem });
  }
  const known = new Set(pack.prompts.map(({ key }) => key));
  for (const key of Object.keys(answers))
    if (!known.has(key)) read.problems.push({ path: `answers.${key}`, message: "The package does not ask this." });
  return read;
}

function unanswered(pack: Package, answered: Answered, read: Read): undefined {
  const { prompt } = answered;
  const own = prompt.type === "service" ? pack.services.find(({ uid }) => uid === prompt.service) : undefined;
  if (own) answered.own = own.uid;
  else if (prompt.required !== false) read.missing.push(prompt);
}

/** What is wrong with an answer, as a sentence. */
async function readOne(ctx: Context, pack: Package, answered: Answered, value: unknown): Promise<string | undefined> {
  const { prompt } = answered;
  switch (prompt.type) {
    case "secret":
      if (typeof value !== "string") return "This must be text.";
      answered.value = value;
      return undefined;
    case "text":
      return readScalar(answered, value);
    case "picklist":
      return offered(prompt, value) ? readScalar(answered, value) : "Choose one of what is offered.";
    case "account":
      return typeof value === "string" ? readAccount(ctx, answered, value) : "Name an account by id or short name.";
    case "service":
      return readService(ctx, pack, answered, value);
  }
}

/** Answers are values, not programs: what is filled in must not be taken for a template later. */
function readScalar(answered: Answered, value: unknown): string | undefined {
  if (!["string", "number", "boolean"].includes(typeof value)) return "This must be text.";
  if (typeof value === "string" && value.length > 10_000) return "Use at most 10,000 characters.";
  if (typeof value === "string" && /\{\{|\}\}/.test(value)) return "An answer can not hold {{ or }}.";
  answered.value = value;
  return undefined;
}

function offered({ options = [] }: PackagePrompt, value: unknown): boolean {
  return options.some((option) => (typeof option === "string" ? option : option.value) === value);
}

async function readAccount(ctx: Context, answered: Answered, key: string): Promise<string | undefined> {
  const account = await visible(() => getAccount(ctx, key));
  if (!account) return "There is no such account, or it is not visible to you.";
  const wanted = answered.prompt.service;
  if (wanted !== undefined && !(await isOf(ctx, account, wanted)))
    return `${account.name} is an account of ${account.service.name}; one of ${serviceLabel(wanted)} is wanted.`;
  answered.account = account;
  answered.value = account.id;
  return undefined;
}

async function isOf(ctx: Context, { service }: AccountLine, wanted: string): Promise<boolean> {
  if (service.catalog === wanted || service.id === wanted) return true;
  const [named] = await servicesWith(ctx, { uids: [wanted] });
  return named?.id === service.id;
}

async function readService(
  ctx: Context,
  pack: Package,
  answered: Answered,
  value: unknown,
): Promise<string | undefined> {
  const wanted = answered.prompt.service!;
  if (typeof value === "string") {
    if (pack.services.some(({ uid }) => uid === value)) {
      answered.own = value;
      return undefined;
    }
    const fitting = [
      ...(await servicesWith(ctx, { catalog: [wanted] })),
      ...(await servicesWith(ctx, { uids: [wanted] })),
    ];
    const service = fitting.find(({ id, uid, name }) => [id, uid, name].includes(value));
    if (!service) return `There is no such service of ${serviceLabel(wanted)}.`;
    answered.service = service;
    answered.value = service.id;
    return undefined;
  }
  const create = (value as { create?: { name?: unknown; settings?: unknown } } | null)?.create;
  const asked = create !== null && typeof create === "object" && typeof (create.settings ?? {}) === "object";
  if (!asked) return "Name a service by id, or give { create: { settings } }.";
  if (!originOf(wanted)) return `There is no ${wanted} in the library to make one from.`;
  answered.make = {
    catalog: wanted,
    name: typeof create.name === "string" && create.name.trim() !== "" ? create.name : undefined,
    settings: (create.settings ?? {}) as Record<string, unknown>,
  };
  return undefined;
}

/** A key of the catalog as people know it. */
export function serviceLabel(key: string): string {
  return originOf(key)?.name ?? key;
}

async function visible<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isSignetError(error) && error.code === "not_found") return undefined;
    throw error;
  }
}
