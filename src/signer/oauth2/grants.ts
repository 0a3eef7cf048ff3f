import type { z } from "zod";
import type { Consent, Field, Renewal } from "../kind.ts";
import { authorizationCode } from "./grants/authorization-code.ts";
import { clientCredentials } from "./grants/client-credentials.ts";
import { deviceCode } from "./grants/device-code.ts";
import { jwtBearer } from "./grants/jwt-bearer.ts";
import { password } from "./grants/password.ts";
import type { Settings } from "./settings.ts";
import type { Secret } from "./token-answer.ts";

/** A way to win access (RFC 6749 section 1.3): a file each, and a line here. */
export interface GrantWay {
  id: NonNullable<Settings["grant"]>;
  /** What each account is asked for. */
  fields(settings: Settings): Field[];
  /** What is wrong with the settings, by name; empty when nothing is. */
  lacks(settings: Settings): Record<string, string>;
  consent?: Consent<Settings, Secret>;
  renewal: Renewal<Settings, Secret>;
}

const WAYS = new Map<string, GrantWay>(
  [authorizationCode, clientCredentials, password, jwtBearer, deviceCode].map((way) => [way.id, way]),
);

/** The way of a service; one that was set up before there was a choice goes by the code. */
export function wayOf(settings: Pick<Settings, "grant">): GrantWay {
  return WAYS.get(settings.grant ?? "authorization_code")!;
}

/** Adds what the chosen grant needs and the settings do not have. */
export function requireGrant(settings: Settings, context: z.RefinementCtx): void {
  for (const [name, message] of Object.entries(wayOf(settings).lacks(settings)))
    context.addIssue({ code: "custom", path: [name], message });
}
