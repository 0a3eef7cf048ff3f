import { SignetError } from "../../errors.ts";
import type { Ask, Circumstances } from "../kind.ts";
import { clientAuthentication, type Settings } from "./settings.ts";
import { errorIn, readAnswer } from "./token-answer.ts";

/**
 * One request to the token endpoint, with the client's own authentication. What it answered, and the error it named.
 * Throws `upstream_unreachable` for an answer of 5xx, `upstream_invalid` for one that can not be read.
 */
export async function tokenRequest(
  settings: Settings,
  ask: Ask,
  circumstances: Circumstances,
  form: Record<string, string>,
) {
  const client = clientFields(settings, circumstances);
  const { status, headers, text } = await ask({
    method: "POST",
    url: settings.token_url,
    headers: { accept: "application/json", ...client.headers },
    form: { ...form, ...client.form },
  });
  if (status >= 500)
    throw new SignetError("upstream_unreachable", `The token endpoint answered ${status}. Try again later.`);
  const body = readAnswer(status, String(headers["content-type"] ?? ""), text);
  return { status, body, error: errorIn(status, body) };
}

/** RFC 6749 section 2.3.1: for Basic both parts are form-encoded first; in the body they are fields; never in a URL. */
export function clientFields(
  settings: Settings,
  _circumstances: Circumstances,
): { headers: Record<string, string>; form: Record<string, string> } {
  const secret = settings.client_secret ?? "";
  switch (clientAuthentication(settings)) {
    case "basic": {
      const pair = `${formEncode(settings.client_id)}:${formEncode(secret)}`;
      return { headers: { authorization: `Basic ${Buffer.from(pair).toString("base64")}` }, form: {} };
    }
    case "body":
      return { headers: {}, form: { client_id: settings.client_id, client_secret: secret } };
    case "none":
      return { headers: {}, form: { client_id: settings.client_id } };
  }
}

function formEncode(text: string): string {
  return new URLSearchParams({ t: text }).toString().slice(2);
}
