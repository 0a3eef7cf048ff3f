import { z } from "zod";
import type { Field } from "../kind.ts";
import { answerFields, answerShape } from "./settings/answer.ts";
import { attachFields, attachShape } from "./settings/attach.ts";
import { authorizeFields, authorizeShape } from "./settings/authorize.ts";
import { callbackFields, callbackShape } from "./settings/callback.ts";
import { clientAssertionFields, clientAssertionShape } from "./settings/client-assertion.ts";
import { exchangeFields, exchangeShape } from "./settings/exchange.ts";
import { grantFields, grantShape } from "./settings/grant.ts";
import { refreshFields, refreshShape } from "./settings/refresh.ts";
import { registrationFields, registrationShape } from "./settings/registration.ts";
import { revokeFields, revokeShape } from "./settings/revoke.ts";
import { tokenFields, tokenShape } from "./settings/token.ts";

// Everything in which authorization servers differ is a setting, so that no provider needs code (docs/oauth2.md).

export const settingsSchema = z
  .strictObject({
    ...authorizeShape,
    ...callbackShape,
    ...tokenShape,
    ...exchangeShape,
    ...answerShape,
    ...refreshShape,
    ...attachShape,
    ...revokeShape,
    ...registrationShape,
    ...grantShape,
    ...clientAssertionShape,
  })
  .superRefine((settings, context) => {
    const miss = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message });
    if (settings.token_url === undefined && settings.token_in_callback === undefined)
      miss("token_url", "This is required.");
    if (settings.pkce_required && !settings.pkce)
      miss("pkce", "This provider takes nobody without PKCE, so it can not be turned off.");
    if (settings.token_host_from !== undefined && (settings.token_hosts ?? []).length === 0)
      miss("token_hosts", "Name the hosts that the callback may choose from.");
    if (settings.client_hash_param !== undefined && settings.client_hash_of === undefined)
      miss("client_hash_of", "Say what is hashed.");
  });

export type Settings = z.infer<typeof settingsSchema>;

export const settingsFields: Field[] = inFormOrder([
  ...authorizeFields,
  ...callbackFields,
  ...tokenFields,
  ...exchangeFields,
  ...answerFields,
  ...refreshFields,
  ...attachFields,
  ...revokeFields,
  ...registrationFields,
  ...grantFields,
  ...clientAssertionFields,
]);

/** The addresses first, then who the client is, then what it asks for: as providers' own pages list them. */
function inFormOrder(fields: Field[]): Field[] {
  const first = ["grant", "authorize_url", "token_url", "client_id", "client_secret", "scopes", "token_auth", "pkce"];
  const usual = first.map((name) => fields.find((field) => field.name === name)!);
  return [...usual, ...fields.filter((field) => !usual.includes(field))];
}
