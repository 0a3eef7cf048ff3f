import { z } from "zod";
import { blanksIn } from "../blanks.ts";
import { promptShape, type Prompts } from "../prompts.ts";
import { endpoint, linesToMap, list, map } from "../shapes.ts";
import { headerName } from "../text.ts";
import { wonShape } from "../won.ts";

// Names of what is kept of an account besides what is entered, and of what all accounts share.
const TAKEN = ["session", "login_host", "metadata"];
const SHARED = "client_secret";

const shape = z.strictObject({
  login_url: endpoint,
  method: z.enum(["POST", "PUT", "GET"]).default("POST"),
  login_auth: z.enum(["none", "basic"]).default("none"),
  body_format: z.enum(["json", "form"]).default("json"),
  body: z.string().max(10_000).optional(),
  login_headers: map.default({}),
  client_secret: z.string().min(8).max(4000).optional(),
  session_in: z.enum(["json", "header", "cookie"]).default("json"),
  session_path: z
    .string()
    .max(200)
    .regex(/^[^\s]*$/, "A path or name has no spaces.")
    .default(""),
  attach: z.enum(["header", "cookie"]).default("header"),
  header: headerName.default("Authorization"),
  format: z
    .string()
    .max(200)
    .regex(/^[\x20-\x7e]*$/, "Use plain characters only.")
    .refine((format) => format.includes("{session}"), "Write {session} where the session goes.")
    .default("Bearer {session}"),
  cookie_name: headerName.optional(),
  ...wonShape,
  metadata: map.default({}),
  logout_url: endpoint.optional(),
  logout_method: z.enum(["POST", "DELETE", "GET"]).default("POST"),
  labels: map.default({}),
  open_parts: list.default(["username"]),
});

export type Settings = z.infer<typeof shape>;

export const settingsSchema = shape.superRefine((settings, refinement) => {
  for (const [path, message] of problems(settings)) refinement.addIssue({ code: "custom", path: [path], message });
});

// What was won with what was entered.
const kept = {
  session: z.string().optional(),
  /** Host of the login address for which it was entered: the password goes nowhere else. */
  login_host: z.string().optional(),
  metadata: z.record(z.string(), z.string()).optional(),
};

export const secretSchema = z.strictObject(kept);

/** What was entered by name, and the session that was won with it. */
export type Secret = z.infer<typeof secretSchema> & { readonly [entered: string]: unknown };

export function secretSchemaFor(settings: Settings): z.ZodType<Secret> {
  return z.strictObject({ ...kept, ...promptShape(promptsOf(settings)) }) as unknown as z.ZodType<Secret>;
}

/** What an account is asked: all that a login names. */
export function promptsOf(settings: Partial<Settings>): Prompts {
  const { login_url: url = "", body = "", login_headers: headers = {}, login_auth: auth } = settings;
  const basic = auth === "basic" ? ["username", "password"] : [];
  const named = [...basic, ...[url, body, ...Object.values(headers)].flatMap(blanksIn)];
  const names = [...new Set(named)].filter((name) => name !== SHARED);
  return { names, open: settings.open_parts ?? [], labels: settings.labels ?? {} };
}

/** The fields of a form body. */
export function formFields(body: string): Record<string, string> {
  const fields = linesToMap(body);
  return typeof fields === "string" ? {} : fields;
}

function* problems(settings: Settings): Generator<[field: keyof Settings, sentence: string]> {
  const { body, body_format: format, session_in: from, session_path: path, attach, cookie_name: cookie } = settings;
  if (/[{}]/.test(new URL(settings.login_url).host))
    yield ["login_url", "The host of the login address is the same for all accounts; only its path may have {names}."];
  if (body !== undefined && format === "json" && !isJson(body))
    yield ["body", "Write JSON, with {username} and {password} inside its texts."];
  if (body !== undefined && format === "form" && typeof linesToMap(body) === "string")
    yield ["body", "Write one field on each line, as name=value."];
  const { names } = promptsOf(settings);
  const taken = names.find((name) => TAKEN.includes(name) || name.includes("."));
  if (taken !== undefined) yield ["body", `{${taken}} stands for something else; choose another name.`];
  if (names.length === 0)
    yield [
      "body",
      "Nothing of an account is sent: write {username} and {password} where they go, or choose HTTP Basic.",
    ];
  const shared = [settings.login_url, body ?? "", ...Object.values(settings.login_headers)].flatMap(blanksIn);
  if (shared.includes(SHARED) && settings.client_secret === undefined)
    yield ["client_secret", `Enter what {${SHARED}} stands for.`];
  if (from === "header" && !headerName.safeParse(path).success)
    yield ["session_path", "Enter the name of the header that holds the session."];
  if (from === "cookie" && attach === "header" && path === "")
    yield ["session_path", "Enter the name of the cookie that goes into the header."];
  if (from !== "cookie" && attach === "cookie" && cookie === undefined)
    yield ["cookie_name", "Enter the name of the cookie that takes the session."];
}

function isJson(body: string): boolean {
  try {
    JSON.parse(body);
    return true;
  } catch {
    return false;
  }
}
