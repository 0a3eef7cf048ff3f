import { slugify } from "../accounts/account.ts";
import { getAccount, type AccountLine } from "../accounts/browse.ts";
import type { Step } from "../behaviors/step.ts";
import type { Context } from "../context.ts";
import { isSignetError } from "../errors.ts";
import { isTemplate } from "../expressions/check.ts";
import { serviceOf } from "../services/browse.ts";
import type { Service } from "../services/service.ts";
import { kindOf } from "../signer/kinds.ts";
import { isId } from "../storage/id.ts";
import { serviceLabel } from "./answers.ts";
import type { PackagePrompt, PackageService } from "./package.ts";

/** A service as a package says it, its hidden settings as prompts. */
export function exportedService(service: Service): { service: PackageService; prompts: PackagePrompt[] } {
  const { uid, kind, catalogKey, name, settings, hosts, baseUrl, headers, test } = service;
  const fields = kindOf(kind).settings.filter((field) => service.hidden.includes(field.name));
  const prompts = fields.map((field) => ({
    key: keyOf(`${slugify(name)}-${field.name}`),
    type: "secret" as const,
    label: `${name}: ${field.label}`,
  }));
  const asked = fields.map((field, index) => [field.name, `{{{ prompts.${prompts[index]!.key} }}}`]);
  return {
    prompts,
    service: {
      uid,
      ...(catalogKey !== null && { catalog: catalogKey }),
      ...{ kind, name, settings: { ...settings, ...Object.fromEntries(asked) } },
      // A directory's host follows from its address.
      ...(kindOf(kind).directory === undefined && { hosts }),
      ...(baseUrl !== null && { base_url: baseUrl }),
      ...(Object.keys(headers).length > 0 && { headers }),
      ...(test !== null && { test }),
    },
  };
}

/** Turns the accounts and services that steps name into prompts, each account once, in the order of its first use. */
export class AccountPrompts {
  readonly prompts: PackagePrompt[] = [];
  readonly #ctx: Context;
  /** Services that the package brings: their accounts can only be linked afterwards. */
  readonly #brought: Set<string>;
  readonly #known = new Map<string, string>();

  constructor(ctx: Context, services: Service[]) {
    this.#ctx = ctx;
    this.#brought = new Set(services.map(({ id }) => id));
  }

  /** What stands for an account, given by id or slug. */
  async placeholder(key: string): Promise<string> {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const account = await this.#find(key);
    const same = account && (this.#known.get(account.id) ?? this.#known.get(account.slug));
    const text = same ?? `{{{ prompts.${await this.#ask(account)} }}}`;
    this.#known.set(key, text);
    if (account) this.#known.set(account.id, text).set(account.slug, text);
    return text;
  }

  /** Steps as a package says them. `called` names the behavior that another names by id. */
  async inSteps(steps: Step[], called: (key: string) => Promise<string>): Promise<Step[]> {
    return (await this.#portable(steps, called)) as Step[];
  }

  async #portable(value: unknown, called: (key: string) => Promise<string>): Promise<unknown> {
    if (Array.isArray(value)) {
      const list = [];
      for (const item of value) list.push(await this.#portable(item, called));
      return list;
    }
    if (value === null || typeof value !== "object") return value;
    const isStep = typeof (value as { do?: unknown }).do === "string";
    const shown: Record<string, unknown> = {};
    for (const [key, item] of Object.entries(value)) {
      const plainText = typeof item === "string" && !isTemplate(item);
      if (isStep && key === "account" && plainText) shown[key] = await this.placeholder(item);
      else if (isStep && key === "account" && typeof item === "object")
        shown[key] = await this.#service(item as object);
      else if (isStep && key === "behavior" && plainText) shown[key] = await called(item);
      else shown[key] = await this.#portable(item, called);
    }
    return shown;
  }

  /** A step that takes any account of a service: by the key of the catalog where it has one, else asked for. */
  async #service(wish: object): Promise<object> {
    const { service: key } = wish as { service?: unknown };
    if (typeof key !== "string" || !isId(key)) return wish;
    const service = await serviceOf(this.#ctx, key).catch(() => undefined);
    if (!service) return wish;
    if (service.catalogKey !== null) return { service: service.catalogKey };
    const asked = this.#free(`${slugify(service.name)}-service`);
    const known = this.prompts.find(({ type, service: uid }) => type === "service" && uid === service.uid);
    if (!known) this.prompts.push({ key: asked, type: "service", label: service.name, service: service.uid });
    return { service: `{{{ prompts.${known?.key ?? asked} }}}` };
  }

  async #ask(account: AccountLine | undefined): Promise<string> {
    const service = account && (await serviceOf(this.#ctx, account.service.id));
    const label = service === undefined ? "Account" : `${serviceLabel(service.catalogKey ?? service.name)} account`;
    const key = this.#free(slugify(label));
    const same = this.prompts.filter((prompt) => prompt.type === "account" && prompt.label.startsWith(label)).length;
    this.prompts.push({
      key,
      type: "account",
      label: same === 0 ? label : `${label} ${same + 1}`,
      ...(service && { service: service.catalogKey ?? service.uid }),
      ...(service && this.#brought.has(service.id) && { required: false }),
    });
    return key;
  }

  async #find(key: string): Promise<AccountLine | undefined> {
    try {
      return await getAccount(this.#ctx, key);
    } catch (error) {
      // What the exporting person may not see is asked for without a hint.
      if (isSignetError(error) && error.code === "not_found") return undefined;
      throw error;
    }
  }

  #free(wished: string): string {
    const key = keyOf(wished);
    const taken = new Set(this.prompts.map((prompt) => prompt.key));
    let free = key;
    for (let number = 2; taken.has(free); number++) free = `${key}_${number}`;
    return free;
  }
}

/** A prompt's key made of words. */
function keyOf(text: string): string {
  const key = text.replace(/[^a-zA-Z0-9]+/g, "_").slice(0, 50);
  return /^[a-zA-Z]/.test(key) ? key : `p_${key}`;
}
