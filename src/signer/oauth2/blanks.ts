import { MASK } from "../kind.ts";
import type { Blanks } from "../blanks.ts";
import type { Settings } from "./settings.ts";
import type { Secret } from "./token-answer.ts";

/** What blanks in the settings stand for: the client, the tokens, and by plain names what was learned of the account. */
export function blanksOf(settings: Settings, secret: Partial<Secret> = {}): Blanks {
  return {
    ...secret.metadata,
    "client.id": settings.client_id,
    "client.secret": settings.client_secret,
    "token.access": secret.access_token,
    "token.refresh": secret.refresh_token,
  };
}

/** The same for whoever may only look: secrets are masked, and what is learned of accounts keeps its name. */
export function maskedBlanks(settings: Settings, names: Iterable<string>): Blanks {
  const learned = [...names].filter((name) => !name.includes(".")).map((name) => [name, `{${name}}`]);
  return {
    ...Object.fromEntries(learned),
    "client.id": settings.client_id,
    "client.secret": MASK,
    "token.access": MASK,
    "token.refresh": MASK,
  };
}
