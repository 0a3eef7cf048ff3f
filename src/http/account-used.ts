import type { NamedShare } from "../accounts/share.ts";
import { fullName } from "../behaviors/behavior.ts";
import type { WhereUsed } from "../behaviors/where-used.ts";
import { botPerson } from "./tile.ts";

/** What uses an account: behaviors that name it, and bots that it is shared with. */
export function usersOf({ items, others }: WhereUsed, shares: NamedShare[]) {
  return {
    behaviors: items.map((behavior) => ({
      title: behavior.title,
      name: fullName(behavior),
      href: `/behaviors/${behavior.id}`,
      runs: `/behaviors/${behavior.id}/runs`,
    })),
    others,
    bots: shares
      .filter((share) => share.with.type === "bot")
      .map((share) => ({
        ...botPerson({ id: share.with.id!, name: share.name, picture: null }),
        href: `/bots/${share.with.id}`,
      })),
  };
}
