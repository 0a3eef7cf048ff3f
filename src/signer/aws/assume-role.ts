import { z } from "zod";
import { SignetError } from "../../errors.ts";
import type { Ask, Circumstances, Grant, Renewal } from "../kind.ts";
import type { OutgoingRequest } from "../request.ts";
import { refusal } from "./refusal.ts";
import type { Secret, Settings } from "./settings.ts";
import { signRequest } from "./sign.ts";

const answerSchema = z.object({
  AssumeRoleResponse: z.object({
    AssumeRoleResult: z.object({
      Credentials: z.object({
        AccessKeyId: z.string().min(1),
        SecretAccessKey: z.string().min(1),
        SessionToken: z.string().min(1),
        /** Seconds since 1970; a date in words where the answer was translated from XML. */
        Expiration: z.union([z.number().transform((seconds) => new Date(seconds * 1000)), z.coerce.date()]),
      }),
    }),
  }),
});

/** Trades the account's lasting keys for temporary ones of a role (STS AssumeRole, API version 2011-06-15). */
export const assumeRole: Renewal<Settings, Secret> = {
  // Temporary keys are never entered: what is not won by renew() has an end that nobody knows.
  accept: ({ assumed: _former, ...lasting }) => ({ secret: lasting, ready: false, renewable: true }),

  async renew(settings, secret, _round, ask, circumstances) {
    const { status, text } = await askForRole(settings, secret, ask, circumstances);
    if (status !== 200) throw refused(status, text);
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = read(text);
    const assumed = {
      access_key_id: AccessKeyId,
      secret_access_key: SecretAccessKey,
      session_token: SessionToken,
      role_arn: settings.role_arn!,
    };
    const grant: Grant<Secret> = {
      secret: { ...secret, assumed },
      scopes: undefined,
      expiresAt: Expiration,
      refreshable: true,
      baseUrl: undefined,
    };
    return grant;
  },
};

/** Where roles are assumed: in the region's own service, or where the settings say. */
export function tokenServiceUrl({ sts_url, region = "us-east-1" }: Settings): string {
  if (sts_url !== undefined) return sts_url;
  const end = region.startsWith("cn-")
    ? "amazonaws.com.cn"
    : region.startsWith("eusc-")
      ? "amazonaws.eu"
      : "amazonaws.com";
  return `https://sts.${region}.${end}/`;
}

function askForRole(settings: Settings, secret: Secret, ask: Ask, circumstances: Circumstances) {
  const form = new URLSearchParams({
    Action: "AssumeRole",
    Version: "2011-06-15",
    RoleArn: settings.role_arn!,
    RoleSessionName: settings.role_session_name,
    ...(settings.external_id === undefined ? {} : { ExternalId: settings.external_id }),
  });
  const request: OutgoingRequest = {
    method: "POST",
    url: new URL(tokenServiceUrl(settings)),
    headers: [
      ["content-type", "application/x-www-form-urlencoded"],
      ["accept", "application/json"],
    ],
    body: Buffer.from(form.toString()),
  };
  const { assumed: _former, ...lasting } = secret;
  const there = { region: settings.region ?? "us-east-1", service: "sts", role_session_name: "" };
  const signed = signRequest(request, lasting, there, circumstances);
  return ask({
    method: "POST",
    url: signed.url.href,
    headers: Object.fromEntries(signed.headers),
    body: form.toString(),
  });
}

function read(text: string) {
  try {
    return answerSchema.parse(JSON.parse(text)).AssumeRoleResponse.AssumeRoleResult.Credentials;
  } catch (error) {
    throw new SignetError(
      "upstream_invalid",
      "The token service's answer holds no temporary keys in a form known here.",
      {
        cause: error,
      },
    );
  }
}

function refused(status: number, text: string): SignetError {
  if (status >= 500 || status === 429 || /Throttl/.test(text))
    return new SignetError("upstream_unreachable", `The token service answered ${status}. Try again later.`);
  const known = refusal(text);
  if (known?.of === "key") return new SignetError("needs_reconnect", known.sentence);
  return new SignetError(
    "upstream_invalid",
    known?.sentence ??
      `The account's keys may not assume the role (answer ${status}). Check the role's trust policy, its external id and the permissions of the keys' user.`,
  );
}
