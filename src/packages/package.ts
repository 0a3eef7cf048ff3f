import { z } from "zod";
import { slugInput } from "../accounts/account.ts";
import { behaviorSlug, behaviorTitle } from "../behaviors/behavior.ts";
import { programInput } from "../behaviors/inputs.ts";
import { steps } from "../behaviors/program.ts";
import { botConfig, botName, botPicture } from "../bots/bot.ts";
import { botLimits } from "../bots/limits.ts";
import { nameSchema, testSchema, uidInput } from "../services/service.ts";

export const PROMPT_TYPES = ["text", "secret", "picklist", "account", "service"] as const;

const scalar = z.union([z.string().max(10_000), z.number(), z.boolean()]);

/** One thing that is asked before a package is installed; `{{{ prompts.key }}}` stands for the answer. */
export const packagePrompt = z
  .strictObject({
    key: z
      .string()
      .regex(/^[a-zA-Z][a-zA-Z0-9_]{0,59}$/, "A key holds letters, digits and _, and begins with a letter."),
    type: z.enum(PROMPT_TYPES),
    label: z.string().trim().min(1, "Say what is asked.").max(200),
    help: z.string().max(1000).optional(),
    /** True unless said otherwise. */
    required: z.boolean().optional(),
    default: scalar.optional(),
    /** What a picklist offers. */
    options: z
      .array(z.union([z.string().min(1).max(200), z.strictObject({ value: scalar, label: z.string().max(200) })]))
      .min(1)
      .max(200)
      .optional(),
    /** For an account or a service: key of the catalog, or uid of a service. */
    service: z.string().min(1).max(120).optional(),
  })
  .superRefine((prompt, check) => {
    const issue = (path: string, message: string) => check.addIssue({ code: "custom", path: [path], message });
    if (prompt.type === "picklist" && prompt.options === undefined) issue("options", "A picklist needs options.");
    if (prompt.type === "secret" && prompt.default !== undefined) issue("default", "A secret has no default.");
    if (prompt.type === "service" && prompt.service === undefined) issue("service", "Name the service by its key.");
  });
export type PackagePrompt = z.output<typeof packagePrompt>;

/** From the catalog (answers to its prompts as settings), or by kind; both for one that was made from the catalog. */
export const packageService = z
  .strictObject({
    uid: uidInput,
    catalog: z.string().min(1).max(100).optional(),
    kind: z.string().min(1).max(60).optional(),
    name: nameSchema.optional(),
    settings: z.record(z.string(), z.unknown()).default({}),
    hosts: z.array(z.string().max(260)).max(100).optional(),
    base_url: z.string().max(2000).optional(),
    headers: z.record(z.string(), z.string()).optional(),
    test: testSchema.optional(),
  })
  .superRefine(({ catalog, kind, name }, check) => {
    const issue = (path: string, message: string) => check.addIssue({ code: "custom", path: [path], message });
    if (catalog === undefined && kind === undefined) issue("catalog", "Name an entry of the catalog, or a kind.");
    if (catalog === undefined && name === undefined) issue("name", "Enter a name.");
  });
export type PackageService = z.output<typeof packageService>;

export const packageBot = z.strictObject({
  uid: uidInput,
  slug: slugInput,
  name: botName,
  config: botConfig.default({}),
  limits: botLimits.default({}),
  picture: botPicture.nullish(),
});
export type PackageBot = z.output<typeof packageBot>;

/** When a behavior runs by itself. */
export const packageSchedule = z.strictObject({
  uid: uidInput.optional(),
  cron: z.string().max(200).optional(),
  at: z.string().max(100).optional(),
  time_zone: z.string().max(100).optional(),
  inputs: z.record(z.string(), z.unknown()).optional(),
  duplicates: z.enum(["allow", "keep_first", "keep_last"]).optional(),
});

export const packageBehavior = z.strictObject({
  uid: uidInput,
  /** Slug or uid of a bot of the package, or slug of one that is there. */
  bot: z.string().min(1, "Name the bot by slug or uid.").max(120),
  slug: behaviorSlug,
  title: behaviorTitle,
  public: z.boolean().default(false),
  inputs: z.array(programInput).max(50, "A behavior has at most 50 inputs.").default([]),
  steps: steps.default([]),
  output: z.unknown().default(null),
  schedules: z.array(packageSchedule).max(20).optional(),
});
export type PackageBehavior = z.output<typeof packageBehavior>;

/** A JSON file that installs services, bots and behaviors after asking its prompts. */
export const packageSchema = z
  .strictObject({
    signet_package: z.literal(1, "Signet reads packages of format 1."),
    name: z.string().trim().min(1, "Enter a name.").max(100, "Use at most 100 characters."),
    uid: uidInput,
    version: z.string().regex(/^[0-9A-Za-z][0-9A-Za-z.+-]{0,49}$/, "Write a version such as 1.2."),
    description: z.string().max(2000).default(""),
    /** What must be set up before: keys of the catalog. */
    requires: z.strictObject({ services: z.array(z.string().max(100)).max(50).optional() }).optional(),
    prompts: z.array(packagePrompt).max(50).default([]),
    services: z.array(packageService).max(50).default([]),
    bots: z.array(packageBot).max(50).default([]),
    behaviors: z.array(packageBehavior).max(200).default([]),
  })
  .superRefine((pack, check) => {
    for (const [list, name] of [
      ["prompts", "key"],
      ["services", "uid"],
      ["bots", "uid"],
      ["bots", "slug"],
      ["behaviors", "uid"],
    ] as const) {
      const seen = new Set<string>();
      for (const [index, item] of pack[list].entries()) {
        const value = (item as unknown as Record<string, string>)[name]!;
        if (seen.has(value))
          check.addIssue({
            code: "custom",
            path: [list, index, name],
            message: `There is another “${value}” already.`,
          });
        seen.add(value);
      }
    }
  });
export type Package = z.output<typeof packageSchema>;

/** The bot of the package that a behavior names, if it is one of the package. */
export function botOf(pack: Pick<Package, "bots">, key: string): PackageBot | undefined {
  return pack.bots.find(({ slug, uid }) => slug === key || uid === key);
}
