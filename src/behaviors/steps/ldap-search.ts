import { z } from "zod";
import { searchDirectory, searchInput } from "../../accounts/search-directory.ts";
import type { Place } from "../../expressions/evaluator.ts";
import { fitting } from "../rendered.ts";
import { baseStep, failing, stepKind, type Performance, type Step } from "../step.ts";
import { accountInput, accountOf, namesOf, type RequestStep } from "./http-request.ts";

interface LdapSearch extends Step, Pick<RequestStep, "account"> {
  base?: string | undefined;
  scope?: string | undefined;
  filter?: string | undefined;
  attributes?: string | string[] | undefined;
  size_limit?: number | string | undefined;
  page_size?: number | undefined;
  time_limit_ms?: number | undefined;
}

export const ldapSearch = stepKind<LdapSearch>({
  kind: "ldap_search",
  label: "LDAP search",
  help: "Looks for entries in a directory.",
  icon: "search",
  acts: true,
  schema: (steps) =>
    z.strictObject({
      ...baseStep,
      ...failing(steps),
      do: z.literal("ldap_search"),
      account: accountInput,
      base: z.string().max(4000).optional(),
      scope: z.string().max(500).optional(),
      filter: z.string().min(1, "Enter a filter, such as (cn=Ada).").max(8192).optional(),
      attributes: z.union([z.array(z.string().max(500)).max(100), z.string().max(4000)]).optional(),
      size_limit: z.union([z.number().int().min(1).max(10_000), z.string().max(500)]).optional(),
      page_size: z.number().int().min(1).max(1_000).optional(),
      time_limit_ms: z.number().int().min(1).max(120_000).optional(),
    }) as unknown as z.ZodType<LdapSearch>,
  fields: [
    { name: "account", label: "Account", type: "account", required: true },
    {
      name: "filter",
      label: "Filter",
      type: "text",
      example: "(mail={{ inputs.email }})",
      help: "What is filled in is compared as it is: brackets and asterisks in it mean nothing.",
    },
    {
      name: "base",
      label: "Begin at",
      type: "text",
      example: "ou=people,dc=example,dc=com",
      help: "The service's base DN when this is empty.",
    },
    {
      name: "scope",
      label: "How deep",
      type: "choice",
      options: [
        { value: "sub", label: "Everything below" },
        { value: "one", label: "One level below" },
        { value: "base", label: "This entry alone" },
      ],
    },
    { name: "attributes", label: "Attributes", type: "json", example: '["cn", "mail"]' },
    { name: "size_limit", label: "At most", type: "number", help: "Entries; more of them are cut off.", rare: true },
    { name: "page_size", label: "Entries per page", type: "number", rare: true },
    { name: "time_limit_ms", label: "Time limit in milliseconds", type: "number", rare: true },
  ],
  results: [
    { name: "entries", about: "what was found" },
    { name: "truncated", about: "whether there was more" },
  ],
  line: ({ filter }) => filter ?? "",
  names: namesOf,
  perform: async (step, at) => {
    const input = await searchOf(step, at);
    const { account: _, ...asked } = input;
    const shown = { account: step.account, ...asked };
    if (!at.sending) return at.pretend(shown, { entries: [], truncated: false });
    const found = await at.effect("", shown, (ctx) => searchDirectory(ctx, input, "behavior"));
    return { entries: found.entries, truncated: found.truncated };
  },
});

async function searchOf(step: LdapSearch, at: Performance): Promise<z.output<typeof searchInput>> {
  const { base, scope, filter, attributes, size_limit, page_size, time_limit_ms } = step;
  const asked = { base, scope, filter, attributes, size_limit, page_size, time_limit_ms };
  const rendered = await at.render(asked, placeOf);
  const given = Object.entries(rendered).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return fitting(searchInput, { ...Object.fromEntries(given), account: await accountOf(step, at) });
}

function placeOf([field]: (string | number)[]): Place {
  if (field === "filter") return "filter";
  return field === "base" ? "dn" : "value";
}
