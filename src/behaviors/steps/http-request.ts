import { z } from "zod";
import { chooseAccount } from "../../accounts/choose.ts";
import { executeInput, type ExecuteInput } from "../../accounts/request-input.ts";
import { SignetError } from "../../errors.ts";
import { isTemplate } from "../../expressions/check.ts";
import type { Place } from "../../expressions/evaluator.ts";
import { fitting, present } from "../rendered.ts";
import { baseStep, failing, stepKind, type Performance, type Step, type StepField } from "../step.ts";

const { query, headers, body_text, body_base64, form } = executeInput.shape;

/** An account by id, slug or template, or one of a service: the caller's own, else the bot's team's, else any. */
export const accountInput = z.union(
  [
    z.string().trim().min(1, "Choose an account.").max(500),
    z.strictObject({ service: z.string().trim().min(1).max(100) }),
  ],
  "Choose an account.",
);

/** The fields of a step that are about a request; every kind that sends one has them. */
export interface RequestStep extends Step {
  account: z.output<typeof accountInput>;
  method: string;
  url: string;
}

interface HttpRequest extends RequestStep {
  fail_on?: "4xx" | "5xx" | undefined;
}

export const requestShape = {
  account: accountInput,
  method: z.string().max(200).default("GET"),
  url: z.string().min(1, "Enter an address or a path.").max(16_384),
  query: z.union([query, z.string()]).optional(),
  headers,
  body: z.unknown().optional(),
  body_text,
  body_base64,
  form: z.union([form, z.string()]).optional(),
  timeout_ms: z.number().int().min(1).max(120_000).optional(),
  follow_redirects: z.boolean().optional(),
  max_response_bytes: z.number().int().min(0).max(10_485_760).optional(),
  retries: z.number().int().min(0).max(5).optional(),
};

export const requestFields: StepField[] = [
  { name: "account", label: "Account", type: "account", required: true },
  {
    name: "method",
    label: "Method",
    type: "choice",
    options: ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"].map((value) => ({ value, label: value })),
  },
  {
    name: "url",
    label: "URL",
    type: "text",
    required: true,
    example: "/contacts/{{ inputs.id }}",
    help: "A path under the account's base URL, or a whole address.",
  },
  { name: "query", label: "Query", type: "pairs", example: "email: {{ inputs.email }}" },
  { name: "headers", label: "Headers", type: "pairs", example: "accept: application/json" },
  { name: "body", label: "Body as JSON", type: "json", example: '{ "name": "{{ inputs.name }}" }' },
  { name: "form", label: "Body as form", type: "pairs", rare: true },
  { name: "body_text", label: "Body as text", type: "long", rare: true },
  { name: "body_base64", label: "Body as Base64", type: "text", rare: true },
];

/** Fields of a request that few steps need. */
export const rareRequestFields: StepField[] = [
  { name: "timeout_ms", label: "Time limit in milliseconds", type: "number", rare: true },
  { name: "max_response_bytes", label: "Largest answer in bytes", type: "number", rare: true },
  { name: "retries", label: "Retries where they are safe", type: "number", rare: true },
  { name: "follow_redirects", label: "Follow redirects", type: "checkbox", rare: true },
];

export const httpRequest = stepKind<HttpRequest>({
  kind: "http_request",
  label: "Execute HTTP Request",
  help: "Sends a request that Signet signs with an account.",
  icon: "send",
  acts: true,
  schema: (steps) =>
    z.strictObject({
      ...baseStep,
      ...failing(steps),
      do: z.literal("http_request"),
      ...requestShape,
      fail_on: z.enum(["4xx", "5xx"]).optional(),
    }) as unknown as z.ZodType<HttpRequest>,
  fields: [
    ...requestFields,
    {
      name: "fail_on",
      label: "Fails on",
      type: "choice",
      options: [
        { value: "", label: "A refusal or a lost connection" },
        { value: "5xx", label: "Also an answer from 500 on" },
        { value: "4xx", label: "Also an answer from 400 on" },
      ],
    },
    ...rareRequestFields,
  ],
  addresses: ["url"],
  results: [
    { name: "status", about: "the status of the answer, such as 200" },
    { name: "headers", about: "the answer's headers, names in lower case" },
    { name: "body", about: "the answer's body, JSON already read" },
  ],
  line: ({ method, url }) => `${method} ${url}`,
  names: namesOf,
  perform: async (step, at) => {
    const input = await requestOf(step, at);
    const answer = await at.execute(input);
    const bound = step.fail_on === "4xx" ? 400 : step.fail_on === "5xx" ? 500 : Infinity;
    if (answer.status >= bound) throw new Refused(answer.status, resultOf(answer));
    return resultOf(answer);
  },
});

/** What a step with an account names, for "where used". */
export function namesOf({ account }: Pick<RequestStep, "account">): { names: "account" | "service"; key: string }[] {
  if (typeof account === "object") return [{ names: "service", key: account.service }];
  return isTemplate(account) ? [] : [{ names: "account", key: account }];
}

/** The account of a step: the one that its template names, or one of its service. */
export async function accountOf({ account }: Pick<RequestStep, "account">, at: Performance): Promise<string> {
  return typeof account === "string" ? String(await at.render(account)) : chooseAccount(at.ctx, account);
}

/** An answer that the step counts as a failure; later steps and `on_error` can still read it. */
export class Refused extends SignetError {
  readonly result: object;

  constructor(status: number, result: object, sentence = `The provider answered ${status}.`) {
    super("upstream_invalid", sentence);
    this.result = result;
  }
}

/** The request of a step, filled in; used by every step that sends one. */
export async function requestOf(step: RequestStep, at: Performance): Promise<ExecuteInput> {
  const {
    id: _id,
    do: _do,
    title: _title,
    disabled: _off,
    on_error: _on,
    retry: _retry,
    account: _account,
    url,
    fail_on: _fail,
    ...rest
  } = step as HttpRequest;
  const rendered = await at.render(rest as Partial<ExecuteInput>, placeOf);
  for (const field of ["headers", "form"] as const)
    if (rendered[field]) rendered[field] = present(rendered[field] as Record<string, string | null>);
  const request = { max_response_bytes: 1_048_576, ...rendered, account: await accountOf(step, at) };
  return fitting(executeInput, { ...request, url: await at.renderUrl(url) });
}

/** What is filled into a header ends no line. */
function placeOf([first]: (string | number)[]): Place {
  return first === "headers" ? "header" : "value";
}

/** What later steps read of an answer. */
export function resultOf({
  status,
  headers,
  body,
  body_base64,
  url,
  truncated,
}: Awaited<ReturnType<Performance["execute"]>>) {
  return { status, headers, body, ...(body_base64 !== null && { body_base64 }), url, ...(truncated && { truncated }) };
}
