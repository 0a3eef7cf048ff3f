/** A path with a query; values that are empty are left out. */
export function linkWith(path: string, query: Record<string, string | null | undefined>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value) params.set(name, value);
  const text = params.toString();
  return text === "" ? path : `${path}?${text}`;
}

/** The pager of a keyset list: back to the start, and onwards. */
export function pagerOf(
  path: string,
  query: Record<string, string | undefined>,
  next: string | null,
): { first?: string; next?: string } {
  const { cursor, ...rest } = query;
  return {
    ...(cursor && { first: linkWith(path, rest) }),
    ...(next !== null && { next: linkWith(path, { ...rest, cursor: next }) }),
  };
}
