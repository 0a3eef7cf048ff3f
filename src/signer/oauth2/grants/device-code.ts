import { z } from "zod";
import { isSignetError, SignetError } from "../../../errors.ts";
import type { Consent, Grant } from "../../kind.ts";
import { refusedSentence } from "../failure.ts";
import type { GrantWay } from "../grants.ts";
import { lacksAny, lacksClient } from "../lacks.ts";
import { refresh } from "../refresh.ts";
import type { Settings } from "../settings.ts";
import { toGrant, type Secret } from "../token-answer.ts";
import { scopeOf, tokenRequest } from "../token-request.ts";
import { withMetadata } from "../metadata.ts";

const GRANT = "urn:ietf:params:oauth:grant-type:device_code";

/** RFC 8628 section 3.5: without a word of the server five seconds, and five more each time it says "slow down". */
const INTERVAL = 5;
const SLOWER = 5;
const SLOWEST = 60;

const webAddress = z.url({ protocol: /^https?$/ }).max(2000);

const answerSchema = z.object({
  device_code: z.string().min(1).max(16_384),
  user_code: z.string().regex(/^[\x21-\x7e]([\x20-\x7e]{0,98}[\x21-\x7e])?$/),
  verification_uri: webAddress,
  verification_uri_complete: webAddress.optional(),
  expires_in: z.coerce.number().min(1).max(86_400),
  interval: z.coerce.number().min(1).max(300).optional(),
});

/** The person types a code at the provider, on any device, and Signet asks meanwhile whether they have (RFC 8628). */
const consent: Consent<Settings, Secret> = {
  async begin(settings, _round, ask, circumstances) {
    const form = { ...settings.authorize_params, ...scopeOf(settings) };
    const answer = await tokenRequest(settings, ask, circumstances, form, { address: settings.device_url! });
    if (answer.error !== undefined) throw new SignetError("upstream_invalid", refusedSentence(answer.error));
    // Some wrote verification_url before there was an RFC.
    const told = { verification_uri: answer.body.verification_url, ...answer.body };
    const parsed = answerSchema.safeParse(told);
    if (!parsed.success)
      throw new SignetError(
        "upstream_invalid",
        `The device authorization answer has no usable ${parsed.error.issues[0]?.path.join(".") || "code"}.`,
      );
    const { device_code, user_code, verification_uri: address, expires_in: lasts, interval } = parsed.data;
    return {
      url: new URL(parsed.data.verification_uri_complete ?? address),
      scopes: settings.scopes,
      kept: { device_code },
      wait: { code: user_code, address, seconds: interval ?? INTERVAL, lasts },
    };
  },

  checkReturn() {
    throw new SignetError("invalid", "Nobody is sent back here by a device code. Start the link again.");
  },

  finish() {
    throw new SignetError("invalid", "Nobody is sent back here by a device code. Start the link again.");
  },

  async poll(settings, { kept, seconds }, ask, circumstances) {
    const request = tokenRequest(settings, ask, circumstances, {
      ...settings.token_params,
      grant_type: GRANT,
      device_code: kept.device_code!,
    });
    // Section 3.5: a server that can not be reached is asked more and more seldom.
    const answer = await request.catch((error: unknown) => {
      if (!isSignetError(error) || !error.code.startsWith("upstream_") || error.code === "upstream_invalid")
        throw error;
      return undefined;
    });
    if (answer === undefined) return { again: Math.min(seconds * 2, SLOWEST) };
    switch (answer.error) {
      case undefined:
        return learned(await withMetadata(settings, toGrant(settings, answer.body, circumstances.now), ask));
      case "authorization_pending":
        return { again: seconds };
      case "slow_down":
        return { again: seconds + SLOWER };
      case "access_denied":
      case "authorization_declined":
        throw new SignetError("invalid", "Consent was declined at the provider. Nothing was saved.");
      case "expired_token":
      case "code_expired":
        throw new SignetError("invalid", "The code was not entered in time. Start the link again.");
      default:
        throw new SignetError("upstream_invalid", refusedSentence(answer.error));
    }
  },
};

function learned(grant: Grant<Secret>): Grant<Secret> {
  return { ...grant, metadata: grant.secret.metadata };
}

export const deviceCode: GrantWay = {
  id: "device_code",
  fields: () => [],
  lacks: (settings) => ({ ...lacksAny(settings, "device_url"), ...lacksClient(settings, true) }),
  consent,
  renewal: refresh,
};
