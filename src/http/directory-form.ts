import type { SearchInput, Searched } from "../accounts/search-directory.ts";
import { invalid } from "../errors.ts";
import { fields } from "./form.ts";
import { words } from "./kind-fields.ts";
import type { Incoming } from "./route.ts";

// The form that searches a directory, and how what it found is drawn.

const NAMES = ["account", "base", "scope", "filter", "attributes", "size_limit"] as const;

export type Typed = Record<(typeof NAMES)[number], string>;

export const EMPTY: Typed = {
  account: "",
  base: "",
  scope: "sub",
  filter: "(objectClass=*)",
  attributes: "",
  size_limit: "50",
};

export const SCOPES = [
  { value: "sub", label: "The entry and all below it" },
  { value: "one", label: "The entries right below it" },
  { value: "base", label: "The entry alone" },
];

/** More than this is no answer to look at. */
export const MOST = 500;

export function typedIn(form: Incoming["form"]): Typed {
  return fields(form, ...NAMES);
}

/** What the search takes. Throws `invalid` naming the field. */
export function inputOf(typed: Typed): SearchInput {
  if (typed.account === "") throw invalid("account", "Choose an account.");
  const limit = Number(typed.size_limit.trim() || "50");
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST)
    throw invalid("size_limit", `Enter a number from 1 to ${MOST}.`);
  const [base, attributes] = [typed.base.trim(), words(typed.attributes)];
  return {
    account: typed.account,
    ...(base !== "" && { base }),
    scope: typed.scope as "sub",
    filter: typed.filter.trim(),
    ...(attributes.length > 0 && { attributes }),
    size_limit: limit,
  };
}

/** The same search as a program makes it. */
export function searchCommand(hub: string, slug: string, input: SearchInput): string {
  const body = JSON.stringify({ ...input, account: slug }).replaceAll("'", "'\\''");
  return `curl ${hub}/api/v1/ldap/search \\\n  -H "Authorization: Bearer $SIGNET_TOKEN" \\\n  -H 'Content-Type: application/json' \\\n  -d '${body}'`;
}

export function shownFound({ entries, truncated, duration_ms: duration }: Searched) {
  return {
    count: entries.length === 1 ? "One entry" : `${entries.length} entries`,
    truncated,
    duration,
    entries: entries.map(({ dn, attributes, binary = [] }) => ({
      dn,
      facts: Object.entries(attributes).map(([label, values]) =>
        binary.includes(label)
          ? { label, text: values.map((value) => `${Buffer.byteLength(value, "base64")} bytes`).join(", ") }
          : { label, tags: values },
      ),
    })),
  };
}
