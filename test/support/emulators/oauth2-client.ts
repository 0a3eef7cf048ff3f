import type { Received } from "../echo.ts";
import { basicOf } from "./http.ts";
import { APP, type Rules } from "./oauth2-rules.ts";

/** What is wrong with how a client presents itself (RFC 6749 section 2.3); undefined when nothing is. */
export function clientProblem(way: Rules["client"], request: Received, form: URLSearchParams): string | undefined {
  const basic = basicOf(request);
  const inBody = form.has("client_secret");
  if (basic && inBody) return "The client presents itself twice.";
  if (way === "basic" && !basic) return "The client has to use the Authorization header.";
  if (way === "body" && !inBody) return "The client has to send client_id and client_secret.";
  if (way === "body" && request.header("authorization")) return "No Authorization header belongs here.";
  const [id, secret] = basic?.map(decoded) ?? [form.get("client_id"), form.get("client_secret")];
  return id === APP.id && secret === APP.secret ? undefined : "The client id or secret is wrong.";
}

/** Section 2.3.1: both parts of Basic are form-encoded first. */
function decoded(part: string): string {
  return new URLSearchParams(`part=${part}`).get("part")!;
}
