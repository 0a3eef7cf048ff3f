import { z } from "zod";
import type { Field } from "../../kind.ts";
import { endpoint, flag, list, map } from "../../shapes.ts";
import { parameter } from "./parameter.ts";

const OMITTED = ["client_id", "redirect_uri", "response_type", "scope"] as const;

/** What the browser is sent to the provider with. */
export const authorizeShape = {
  authorize_url: endpoint.optional(),
  scopes: list.default([]),
  scope_delimiter: z.enum([" ", ",", "+"]).default(" "),
  offline_scopes: list.optional(),
  user_scopes: list.default([]),
  user_scopes_param: parameter.optional(),
  pkce: flag.default(true),
  pkce_required: flag.optional(),
  authorize_params: map.default({}),
  authorize_omit: list
    .pipe(z.array(z.enum(OMITTED, "Only client_id, redirect_uri, response_type and scope can be left out.")))
    .optional(),
  redirect_uri_alias: z.string().max(500).optional(),
  redirect_uri_param: parameter.optional(),
  state_in_redirect_uri: flag.optional(),
};

const GROUP = "Asking for consent";

export const authorizeFields: Field[] = [
  {
    name: "authorize_url",
    label: "Authorization URL",
    type: "url",
    help: "Where people consent; other grants need none.",
    example: "https://provider.example/oauth/authorize",
  },
  { name: "scopes", label: "Scopes", type: "list", help: "What accounts are asked to allow, separated by spaces." },
  { name: "pkce", label: "PKCE (S256)", type: "switch", help: "Turn off only for a provider that refuses it." },
  {
    name: "pkce_required",
    label: "The provider takes nobody without PKCE",
    type: "switch",
    advanced: true,
    group: GROUP,
    help: "Then it can not be turned off by mistake.",
  },
  {
    name: "scope_delimiter",
    label: "Between scopes",
    type: "choice",
    advanced: true,
    options: [
      { value: " ", label: "Space" },
      { value: ",", label: "Comma" },
      { value: "+", label: "Plus" },
    ],
  },
  {
    name: "offline_scopes",
    label: "Scopes for access while people are away",
    type: "list",
    advanced: true,
    example: "offline_access",
    help: "Always asked for besides the others, because without them access can not be renewed.",
  },
  {
    name: "user_scopes",
    label: "User scopes",
    type: "list",
    advanced: true,
    help: "For providers with a second scope parameter.",
  },
  {
    name: "user_scopes_param",
    label: "Name of the second scope parameter",
    type: "text",
    advanced: true,
    example: "user_scope",
  },
  {
    name: "authorize_params",
    label: "Extra authorization parameters",
    type: "map",
    advanced: true,
    example: "access_type=offline",
  },
  {
    name: "authorize_omit",
    label: "Authorization parameters to leave out",
    type: "list",
    advanced: true,
    group: GROUP,
    example: "scope redirect_uri",
    help: "Any of client_id, redirect_uri, response_type and scope, for a provider that refuses them.",
  },
  {
    name: "redirect_uri_alias",
    label: "Name of the callback address at the provider",
    type: "text",
    advanced: true,
    group: GROUP,
    help: "For a provider that gives each registered callback address a name and wants that instead of the address.",
  },
  {
    name: "redirect_uri_param",
    label: "Name of the callback parameter",
    type: "text",
    advanced: true,
    group: GROUP,
    help: "Default: redirect_uri.",
  },
  {
    name: "state_in_redirect_uri",
    label: "Put the state into the callback address",
    type: "switch",
    advanced: true,
    group: GROUP,
    help: "For a provider that does not bring the state parameter back by itself.",
  },
];
