import { z } from "zod";
import type { Field } from "../kind.ts";
import { answerFields, answerShape } from "./settings/answer.ts";
import { attachFields, attachShape } from "./settings/attach.ts";
import { authorizeFields, authorizeShape } from "./settings/authorize.ts";
import { callbackFields, callbackShape } from "./settings/callback.ts";
import { refreshFields, refreshShape } from "./settings/refresh.ts";
import { registrationFields, registrationShape } from "./settings/registration.ts";
import { revokeFields, revokeShape } from "./settings/revoke.ts";
import { tokenFields, tokenShape } from "./settings/token.ts";

// Everything in which authorization servers differ is a setting, so that no provider needs code.

export const settingsSchema = z.strictObject({
  ...authorizeShape,
  ...callbackShape,
  ...tokenShape,
  ...answerShape,
  ...refreshShape,
  ...attachShape,
  ...revokeShape,
  ...registrationShape,
});

export type Settings = z.infer<typeof settingsSchema>;

export const settingsFields: Field[] = inFormOrder([
  ...authorizeFields,
  ...callbackFields,
  ...tokenFields,
  ...answerFields,
  ...refreshFields,
  ...attachFields,
  ...revokeFields,
  ...registrationFields,
]);

/** Basic is what RFC 6749 section 2.3.1 wants supported; a client without secret can only say its id. */
export function clientAuthentication(settings: Settings): "basic" | "body" | "none" {
  return settings.token_auth ?? (settings.client_secret === undefined ? "none" : "basic");
}

/** The addresses first, then who the client is, then what it asks for: as providers' own pages list them. */
function inFormOrder(fields: Field[]): Field[] {
  const first = ["authorize_url", "token_url", "client_id", "client_secret", "scopes", "token_auth", "pkce"];
  const usual = first.map((name) => fields.find((field) => field.name === name)!);
  return [...usual, ...fields.filter((field) => !usual.includes(field))];
}
