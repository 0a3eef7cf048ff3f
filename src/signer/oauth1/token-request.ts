import { SignetError } from "../../errors.ts";
import type { Answer, Ask, Circumstances } from "../kind.ts";
import type { OutgoingRequest } from "../request.ts";
import type { Parameter } from "./base-string.ts";
import { problemIn, problemSentence, unexplained } from "./problem.ts";
import type { Settings } from "./settings.ts";
import { signRequest, type Token } from "./sign.ts";

/** Signs one request to an endpoint of the provider's and sends it. */
export async function askSigned(
  settings: Settings,
  target: { method: "GET" | "POST" | "DELETE"; url: string },
  token: Token | undefined,
  ask: Ask,
  circumstances: Circumstances,
  more: readonly Parameter[] = [],
): Promise<Answer> {
  const form = settings.in === "body" && target.method === "POST";
  const plain: OutgoingRequest = {
    method: target.method,
    url: new URL(target.url),
    headers: form ? [["content-type", "application/x-www-form-urlencoded"]] : [],
    body: form ? Buffer.alloc(0) : null,
  };
  const signed = signRequest(plain, settings, token, circumstances, more);
  return ask({
    method: target.method,
    url: signed.url.href,
    headers: Object.fromEntries(signed.headers),
    ...(signed.body === null ? {} : { body: signed.body.toString("latin1") }),
  });
}

/**
 * A token and the other parameters in an answer (RFC 5849 sections 2.1 and 2.3). Throws `upstream_unreachable` for the
 * provider's own trouble, `upstream_invalid` for a refusal and for an answer without a token, in words of ours.
 */
export function readToken(
  answer: Answer,
  settings: Settings,
  now: Date,
): { token: Token; others: Map<string, string> } {
  if (answer.status >= 500)
    throw new SignetError("upstream_unreachable", `The provider answered ${answer.status}. Try again later.`);
  const refused = { answer, now, linking: true };
  const problem = problemIn(answer, settings);
  if (problem !== undefined || answer.status < 200 || answer.status > 299) {
    const told = problem && problemSentence(problem, settings, refused);
    throw new SignetError("upstream_invalid", told ?? unexplained(settings, refused, problem?.name));
  }
  const others = new Map(new URLSearchParams(answer.text.trim()));
  const token = take(others, "oauth_token");
  const token_secret = take(others, "oauth_token_secret");
  if (token === undefined || token === "" || token_secret === undefined)
    throw new SignetError("upstream_invalid", "The provider's answer holds no token that can be used.");
  return { token: { token, token_secret }, others };
}

/** Visible ASCII, as every known token is; an empty secret is allowed (section 3.4.2). */
function take(fields: Map<string, string>, name: string): string | undefined {
  const value = fields.get(name);
  fields.delete(name);
  return value !== undefined && /^[\x21-\x7e]{0,16384}$/.test(value) ? value : undefined;
}
