import { z } from "zod";
import type { Field } from "../../kind.ts";
import { endpoint, flag, list, map } from "../../shapes.ts";
import { parameter } from "./parameter.ts";

/** How access is renewed, and how long it lasts. */
export const refreshShape = {
  refresh_url: endpoint.optional(),
  refresh_method: z.enum(["GET", "POST"]).optional(),
  refresh_auth: z.enum(["basic", "body", "none"]).optional(),
  refresh_with: z.enum(["refresh_token", "access_token"]).optional(),
  refresh_token_param: parameter.optional(),
  refresh_grant: z.string().min(1).max(200).optional(),
  refresh_params: map.default({}),
  repeat_redirect_uri_on_refresh: flag.default(false),
  refresh_margin_seconds: z.coerce.number().int().min(1).max(86_400).optional(),
  final_errors: list.optional(),
  lifetime_seconds: z.coerce.number().int().min(30).max(315_360_000).optional(),
  consent_days: z.coerce.number().int().min(1).max(3650).optional(),
};

const GROUP = "Renewing";

export const refreshFields: Field[] = [
  {
    name: "refresh_url",
    label: "Refresh URL",
    type: "url",
    advanced: true,
    group: GROUP,
    help: "Where it is another address than the token URL.",
  },
  {
    name: "refresh_method",
    label: "Method of a refresh",
    type: "choice",
    advanced: true,
    group: GROUP,
    options: [
      { value: "POST", label: "POST" },
      { value: "GET", label: "GET" },
    ],
  },
  {
    name: "refresh_auth",
    label: "How the client signs in for a refresh",
    type: "choice",
    advanced: true,
    group: GROUP,
    help: "Where it differs from trading the code.",
    options: [
      { value: "basic", label: "Basic header" },
      { value: "body", label: "In the body" },
      { value: "none", label: "Public client (no secret)" },
    ],
  },
  {
    name: "refresh_with",
    label: "What a refresh trades",
    type: "choice",
    advanced: true,
    group: GROUP,
    options: [
      { value: "refresh_token", label: "The refresh token" },
      { value: "access_token", label: "The access token itself" },
    ],
  },
  {
    name: "refresh_token_param",
    label: "Name of its parameter",
    type: "text",
    advanced: true,
    group: GROUP,
    help: "Default: refresh_token.",
  },
  {
    name: "refresh_grant",
    label: "Grant type of a refresh",
    type: "text",
    advanced: true,
    group: GROUP,
    help: "Default: refresh_token.",
  },
  { name: "refresh_params", label: "Extra refresh parameters", type: "map", advanced: true },
  {
    name: "repeat_redirect_uri_on_refresh",
    label: "Repeat the callback address when refreshing",
    type: "switch",
    advanced: true,
  },
  {
    name: "refresh_margin_seconds",
    label: "Seconds before the end at which a refresh is taken",
    type: "number",
    advanced: true,
    group: GROUP,
    help: "For a provider that refuses earlier ones. Default: a tenth of the lifetime, at least a minute.",
  },
  {
    name: "final_errors",
    label: "Errors that ask for a new consent",
    type: "list",
    advanced: true,
    group: GROUP,
    help: "Besides invalid_grant and its like.",
  },
  { name: "lifetime_seconds", label: "Lifetime when the answer names none (seconds)", type: "number", advanced: true },
  {
    name: "consent_days",
    label: "Days after which a consent ends for good",
    type: "number",
    advanced: true,
    group: GROUP,
    help: "Shown as the day on which the account has to be linked again.",
  },
];
