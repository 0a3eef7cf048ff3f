import { z } from "zod";
import { authorization, counted } from "../digest/answer.ts";
import { challengeIn, nextChallenge, type Asked } from "../digest/challenge.ts";
import { MASK, type Circumstances, type Kind } from "../kind.ts";
import { withHeader, type OutgoingRequest } from "../request.ts";

interface Settings {
  username_label?: string | undefined;
  password_label?: string | undefined;
}

interface Secret {
  username: string;
  password: string;
}

const words = z
  .string()
  .max(8192)
  .regex(/^[^\u0000-\u001f\u007f]*$/, "It has a control character; copy it again.");
const label = z.string().max(60).optional();

/** User name and password that are never sent: each request carries a digest of them (RFC 7616, RFC 2617). */
export const digest: Kind<Settings, Secret> = {
  id: "digest",
  label: "User name and password (digest)",
  summary: "HTTP Digest: a user name and a password that prove themselves without being sent.",
  settings: [
    {
      name: "username_label",
      label: "What the user name is called",
      type: "text",
      example: "Public key",
      advanced: true,
    },
    {
      name: "password_label",
      label: "What the password is called",
      type: "text",
      example: "Private key",
      advanced: true,
    },
  ],
  settingsSchema: z.strictObject({ username_label: label, password_label: label }),
  secret: (settings) => [
    { name: "username", label: settings.username_label ?? "User name", type: "text", required: true },
    { name: "password", label: settings.password_label ?? "Password", type: "text", hidden: true },
  ],
  secretSchema: z.strictObject({ username: words.min(1, "Enter the user name."), password: words.default("") }),
  // A request nobody asked to sign goes out as it is: the answer brings what to sign with.
  sign: (request, secret, _settings, { challenge }) =>
    challenge === undefined
      ? request
      : withHeader(
          request,
          "Authorization",
          authorization(secret, challenge.asked as Asked, {
            method: request.method,
            target: targetOf(request),
            count: challenge.count,
          }),
        ),
  preview: (request) => withHeader(request, "Authorization", `Digest ${MASK}`),
  explain,
  challenged: (answer, _settings, circumstances) => {
    const { challenge } = circumstances;
    return (
      challengeIn(answer, circumstances) ??
      (challenge === undefined ? undefined : nextChallenge(answer, challenge.asked as Asked))
    );
  },
  slots: () => ({ headers: ["Authorization"], query: [], body: [] }),
  sensitive: (secret) => [secret.password],
  facts: (secret, settings) => [
    { label: settings.username_label ?? "User name", value: secret.username },
    { label: settings.password_label ?? "Password", value: "saved, hidden" },
  ],
  fromExample: (example) => (example.digest ? {} : undefined),
};

function explain(request: OutgoingRequest, _settings: Settings, { challenge }: Circumstances): Record<string, string> {
  if (challenge === undefined)
    return { challenge: "None yet: the first request goes out unsigned, and its answer says what to sign." };
  const signed = [MASK, ...counted(challenge.asked as Asked, challenge), `H(${request.method}:${targetOf(request)})`];
  return { digest_of: signed.join(":") };
}

function targetOf({ url }: OutgoingRequest): string {
  return url.pathname + url.search;
}
