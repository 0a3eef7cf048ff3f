import { assumeRole, tokenServiceUrl } from "../aws/assume-role.ts";
import { presign } from "../aws/presign.ts";
import { refusal } from "../aws/refusal.ts";
import {
  secretFields,
  secretSchema,
  settingsFields,
  settingsSchema,
  type Secret,
  type Settings,
} from "../aws/settings.ts";
import { coversBody, explainRequest, previewRequest, signRequest } from "../aws/sign.ts";
import type { Kind } from "../kind.ts";

/** AWS Signature Version 4, for every service and region, and for what speaks the same language. */
export const awsSigv4: Kind<Settings, Secret> = {
  id: "aws_sigv4",
  label: "AWS Signature Version 4",
  summary: "An access key signs each request; the key itself never travels.",
  settings: settingsFields,
  settingsSchema,
  secret: () => secretFields,
  secretSchema,
  sign: signRequest,
  preview: previewRequest,
  explain: explainRequest,
  coversBody,
  presign,
  slots: () => ({
    headers: ["Authorization", "X-Amz-Date", "X-Amz-Security-Token"],
    query: [
      "X-Amz-Algorithm",
      "X-Amz-Credential",
      "X-Amz-Date",
      "X-Amz-Expires",
      "X-Amz-Security-Token",
      "X-Amz-Signature",
      "X-Amz-SignedHeaders",
    ],
    body: [],
  }),
  sensitive: ({ assumed, ...lasting }) =>
    [lasting, assumed]
      .flatMap((keys) => [keys?.secret_access_key, keys?.session_token])
      .filter((text) => text !== undefined),
  facts: ({ access_key_id, session_token, assumed }) => [
    { label: "Access key ID", value: access_key_id },
    { label: "Secret access key", value: "saved, hidden" },
    ...(session_token === undefined ? [] : [{ label: "Session token", value: "saved, hidden" }]),
    ...(assumed === undefined ? [] : [{ label: "Role in use", value: assumed.role_arn }]),
  ],
  refused: ({ text }) => refusal(text)?.sentence,
  controlHosts: (settings) => (settings.role_arn === undefined ? [] : [new URL(tokenServiceUrl(settings)).host]),
  renewal: (settings) => (settings.role_arn === undefined ? undefined : assumeRole),
  fromExample({ signature }) {
    if (signature === undefined) return undefined;
    const [, , region, service] = signature.split(":");
    return { ...(region && { region }), ...(service && { service }) };
  },
};
