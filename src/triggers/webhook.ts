import { z } from "zod";
import { invalid } from "../errors.ts";
import { checkTemplate } from "../expressions/check.ts";
import { mappingInput, type Mapping } from "./given.ts";
import { hmacSettings, isDescribed, SCHEMES, type HmacSettings } from "./schemes.ts";

/** What senders are answered with: where the run is to be found, something fixed, or what the run comes to. */
export const answerInput = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("accepted") }),
  z.strictObject({
    type: z.literal("fixed"),
    status: z
      .number("Enter a number.")
      .int("Enter a whole number.")
      .min(200, "Use 200 to 599.")
      .max(599, "Use 200 to 599.")
      .default(200),
    // No type that a browser runs: the answer comes from Signet's own address.
    content_type: z.enum(["application/json", "text/plain", "application/xml", "text/xml"]).default("text/plain"),
    /** May hold placeholders over `trigger`. */
    body: z
      .string()
      .max(16_384)
      .default("")
      .superRefine((text, check) => {
        const problem = checkTemplate(text);
        if (problem !== undefined) check.addIssue({ code: "custom", message: problem });
      }),
  }),
  z.strictObject({
    type: z.literal("output"),
    wait_seconds: z
      .number("Enter a number.")
      .int("Enter a whole number.")
      .min(1, "Wait at least a second.")
      .max(30, "Wait at most 30 seconds.")
      .default(10),
  }),
]);
export type WebhookAnswer = z.output<typeof answerInput>;

const name = z
  .string()
  .trim()
  .min(1, "Enter a name.")
  .max(100, "Use at most 100 characters.")
  .regex(/^\P{Cc}*$/u, "A name is one line without control characters.");

const fields = {
  name,
  scheme: z.enum(SCHEMES, `Choose one of ${SCHEMES.join(", ")}.`),
  /** Where the scheme is one that the webhook describes: what is signed, how, and where it stands. */
  settings: hmacSettings,
  /** What the sender signs with. Kept sealed, and never shown. */
  secret: z.string().min(8, "A signing secret has at least 8 characters.").max(1_000),
  /** Which input gets what; the others get fields of the body that are called as they are. */
  inputs: mappingInput,
  answer: answerInput,
  per_minute: z
    .number("Enter a number.")
    .int("Enter a whole number.")
    .min(1, "Enter 1 to 6000.")
    .max(6_000, "Enter 1 to 6000."),
};

export const addWebhookInput = z.strictObject({
  name: fields.name.default("Webhook"),
  scheme: fields.scheme.default("none"),
  settings: fields.settings.optional(),
  secret: fields.secret.optional(),
  inputs: fields.inputs.default(null),
  answer: fields.answer.default({ type: "accepted" }),
  per_minute: fields.per_minute.default(600),
});
export type AddWebhook = z.input<typeof addWebhookInput>;

export const editWebhookInput = z.strictObject({
  name: fields.name.optional(),
  scheme: fields.scheme.optional(),
  settings: fields.settings.optional(),
  secret: fields.secret.optional(),
  inputs: fields.inputs.optional(),
  answer: fields.answer.optional(),
  per_minute: fields.per_minute.optional(),
  state: z.enum(["active", "paused"]).optional(),
});
export type EditWebhook = z.input<typeof editWebhookInput>;

/** An address that starts a behavior. */
export interface Webhook {
  id: string;
  behaviorId: string;
  name: string;
  /** The end of its address; the whole is shown once. */
  lastFour: string;
  scheme: string;
  settings: HmacSettings | Record<string, never>;
  secretId: string | null;
  inputs: Mapping;
  answer: WebhookAnswer;
  perMinute: number;
  state: "active" | "paused";
  lastAt: Date | null;
  lastRunId: string | null;
  refusedAt: Date | null;
  refusedReason: string | null;
  createdBy: string;
  createdAt: Date;
}

/** Throws `invalid` naming what the scheme needs and has not. */
export function requireScheme(scheme: string, settings: unknown, hasSecret: boolean): void {
  if (isDescribed(scheme) && !hmacSettings.safeParse(settings).success)
    throw invalid("settings.header", "Say in which header the signature stands.");
  if (scheme !== "none" && !hasSecret) throw invalid("secret", "Enter the secret that the sender signs with.");
}
