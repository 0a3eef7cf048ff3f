import { linkWith } from "./list-links.ts";

// Some forms are opened from another page that waits for what comes of them; its path goes with the form as `back`.

/** A path of this hub, or "" for anything else. */
export function returnPath(given: string | undefined): string {
  return given !== undefined && given.length <= 1000 && /^\/(?![/\\])[\x21-\x7e]*$/.test(given) ? given : "";
}

/** Back there, with the account that was made; to its own page when nobody waits for it. */
export function backWith(back: string | null | undefined, account: { slug: string }, own: string): string {
  const path = returnPath(back ?? undefined);
  if (path === "") return own;
  const [before, query = ""] = path.split("#")[0]!.split("?");
  return linkWith(before!, { ...Object.fromEntries(new URLSearchParams(query)), account: account.slug });
}
