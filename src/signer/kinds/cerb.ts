import { hash } from "node:crypto";
import { z } from "zod";
import { sortedQuery } from "../hmac/template.ts";
import { MASK, type Circumstances, type Kind } from "../kind.ts";
import { withHeader, type OutgoingRequest } from "../request.ts";
import { credential } from "../text.ts";

type Settings = Record<string, never>;

interface Secret {
  access_key: string;
  secret_key: string;
}

/** The signed header of Cerb's REST API: an MD5 over request, date and secret, good for ten minutes. */
export const cerb: Kind<Settings, Secret> = {
  id: "cerb",
  label: "Cerb signed header",
  summary: "A key pair of the Cerb Web API plugin signs each request.",
  settings: [],
  settingsSchema: z.strictObject({}),
  secret: () => [
    { name: "access_key", label: "Access key", type: "text", required: true },
    { name: "secret_key", label: "Secret key", type: "text", required: true, hidden: true },
  ],
  secretSchema: z.strictObject({
    access_key: z
      .string()
      .max(200)
      .regex(/^[^\s:]+$/, "An access key has no spaces and no colons; copy it again."),
    secret_key: credential,
  }),
  sign: (request, { access_key, secret_key }, _settings, { now }) => {
    const signed = hash("md5", Buffer.from(toSign(request, now, hash("md5", secret_key)), "latin1"));
    return dressed(request, now, `${access_key}:${signed}`);
  },
  preview: (request, _settings, { now }) => dressed(request, now, `${MASK}:${MASK}`),
  explain: (request, _settings, { now }) => {
    const text = Buffer.from(toSign(request, now, ""), "latin1").toString("utf8");
    return { string_to_sign: text.replace(/\n$/, `${MASK}\n`) };
  },
  coversBody: () => true,
  slots: () => ({ headers: ["Cerb-Auth", "Date"], query: [], body: [] }),
  sensitive: ({ secret_key }) => [secret_key],
  facts: ({ access_key }) => [
    { label: "Access key", value: access_key },
    { label: "Secret key", value: "saved, hidden" },
  ],
};

/** Six lines. Every character is one byte, as in the body. */
function toSign(request: OutgoingRequest, now: Circumstances["now"], hashedSecret: string): string {
  const { method, url, body } = request;
  const query = sortedQuery(url.search.slice(1));
  const lines = [method, now.toUTCString(), url.pathname, query, body?.toString("latin1") ?? "", hashedSecret];
  return lines.map((line) => `${line}\n`).join("");
}

function dressed(request: OutgoingRequest, now: Date, value: string): OutgoingRequest {
  return withHeader(withHeader(request, "Date", now.toUTCString()), "Cerb-Auth", value);
}
