import type { TokenFacts } from "../people/token.ts";
import type { Page } from "../storage/page.ts";

/** A token as the API shows it. */
export function shownToken(token: TokenFacts) {
  return {
    id: token.id,
    name: token.name,
    scopes: token.scopes,
    last_four: token.lastFour,
    expires_at: token.expiresAt,
    created_at: token.createdAt,
    last_used_at: token.lastUsedAt,
  };
}

export function shownTokens(tokens: Page<TokenFacts>) {
  return { items: tokens.items.map(shownToken), next_cursor: tokens.next_cursor };
}

/** The one answer that holds the token itself. */
export function shownIssued(token: TokenFacts & { token: string }) {
  return { ...shownToken(token), token: token.token };
}
