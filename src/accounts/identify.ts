import type { Context } from "../context.ts";
import { isSignetError, SignetError } from "../errors.ts";
import { narrower } from "../services/hosts.ts";
import type { Service, Test } from "../services/service.ts";
import { openSettings } from "../services/secret.ts";
import { fillAll, fillPath } from "../signer/blanks.ts";
import type { Challenge } from "../signer/kind.ts";
import { kindOf } from "../signer/kinds.ts";
import type { Header, OutgoingRequest } from "../signer/request.ts";
import { walk } from "../signer/json.ts";
import { newId } from "../storage/id.ts";
import { parseBody } from "./answer.ts";
import { baseUrlFor } from "./account.ts";
import { Challenges } from "./challenges.ts";
import { Collector, type Collected } from "./collect.ts";
import { saysRefused } from "./due.ts";
import { identifyInDirectory } from "./identify-directory.ts";
import { requireHost } from "./plan.ts";
import { openedWith } from "./ready.ts";
import { challengeIn } from "./remedy.ts";
import { parseTarget } from "./request-input.ts";
import { send, type Usable } from "./send.ts";

/** What the service's "who am I" request told of a credential. */
export interface Identified {
  /** Null when the service has no such request. */
  worked: boolean | null;
  status: number | null;
  identity: { id: string | null; label: string | null };
  /** A sentence for people: who it is, or what went wrong. */
  message: string;
}

const TIMEOUT = 15_000;
const LIMIT = 1_048_576;

/** A credential that is not an account yet, ready to be tried, and what is known of where it belongs. */
export async function candidate(
  ctx: Context,
  service: Service,
  secret: unknown,
  known: { baseUrl?: string | null | undefined; metadata?: Record<string, string> | undefined },
): Promise<Usable> {
  const kind = kindOf(service.kind);
  const { settings } = await openSettings(ctx, service);
  const opened = openedWith(kind, secret, settings);
  return {
    kind,
    service,
    hosts: narrower(service.hosts, service.hosts),
    baseUrl: baseUrlFor(service, known),
    headers: fillAll(service.headers, known.metadata ?? {}),
    metadata: known.metadata ?? {},
    partition: newId(),
    challenges: new Challenges(),
    open: async () => opened,
  };
}

/**
 * Sends the service's test request with a credential, by the same path as every other request and recorded like one.
 * Never throws for what the provider answers; a refusal becomes a sentence.
 */
export async function identify(
  ctx: Context,
  credential: Usable,
  account: { id: string | null; name: string },
): Promise<Identified> {
  const { service } = credential;
  if (credential.kind.directory) return identifyInDirectory(ctx, credential, account);
  if (service.test === null)
    return { worked: null, status: null, identity: unknownIdentity, message: `${service.name} has no test request.` };
  const facts = { account: account.name, service: service.name, method: service.test.method };
  const started = performance.now();
  let where: { host: string; path: string } | undefined;
  try {
    const request = testRequest(ctx, credential);
    where = { host: request.url.host, path: request.url.pathname };
    await ctx.audit.append(ctx, {
      action: "execute.test",
      outcome: "pending",
      account: account.id,
      facts: { ...facts, ...where },
    });
    const answer = await exchange(ctx, credential, request);
    const seen = { status: answer.status, duration_ms: Math.round(performance.now() - started) };
    await ctx.audit.append(ctx, {
      action: "execute.test",
      outcome: "ok",
      account: account.id,
      facts: { ...facts, ...where, ...seen },
    });
    const judged = judgeAnswer(service, answer.status, parseBody(answer).body);
    const told = judged.worked ? undefined : whyRefused(ctx, credential, answer);
    return told === undefined ? judged : { ...judged, message: told };
  } catch (error) {
    if (!isSignetError(error) || error.code === "audit_unavailable") throw error;
    await ctx.audit.append(ctx, {
      action: "execute.test",
      outcome: "failed",
      account: account.id,
      facts: { ...facts, ...where, code: error.code },
    });
    return { worked: false, status: null, identity: unknownIdentity, message: error.message };
  }
}

/** Sends the request, and once more when the provider asks for an answer first. */
async function exchange(ctx: Context, credential: Usable, request: OutgoingRequest): Promise<Collected> {
  const once = (challenge?: Challenge) => {
    const collector = new Collector(LIMIT);
    void send(ctx, credential, request, { timeoutMs: TIMEOUT, challenge }, collector);
    return collector.answer;
  };
  const first = await once();
  const challenge = challengeIn(ctx, credential, first);
  return challenge ? once(challenge) : first;
}

const unknownIdentity = { id: null, label: null };

function testRequest(ctx: Context, credential: Usable): OutgoingRequest {
  const test = credential.service.test!;
  const asked = parseTarget(test.url, () => {
    if (credential.baseUrl === null)
      throw new SignetError("invalid", `${credential.service.name} has no base URL for its test request.`);
    return credential.baseUrl;
  });
  const url = fillPath(asked, credential.metadata);
  requireHost(ctx, credential, url);
  const form = typeof test.body === "string";
  const body = test.body === undefined ? null : Buffer.from(form ? (test.body as string) : JSON.stringify(test.body));
  const contentType =
    body === null ? {} : { "content-type": form ? "application/x-www-form-urlencoded" : "application/json" };
  const fixed = { accept: "application/json", "user-agent": "Signet", "accept-encoding": "identity", ...contentType };
  const headers = new Map<string, string>();
  for (const source of [fixed, credential.headers, test.headers ?? {}]) {
    for (const [name, value] of Object.entries(source)) headers.set(name.toLowerCase(), value);
  }
  return { method: test.method, url, headers: [...headers] as Header[], body };
}

function judgeAnswer(service: Service, status: number, body: unknown): Identified {
  const test = service.test!;
  const identity = { id: text(body, test.identity?.id), label: text(body, test.identity?.label) };
  const successful = isSuccess(test, body);
  if (status < 400 && successful) {
    const who = identity.label ?? identity.id;
    return {
      worked: true,
      status,
      identity,
      message: who === null ? `${service.name} accepted it.` : `${service.name} knows it as ${who}.`,
    };
  }
  const refused = saysRefused(service.settings, status, () => body) || (status < 400 && !successful);
  const message = refused
    ? `${service.name} does not accept it (answer ${status}).`
    : `${service.name} answered ${status} to the test request; the credential may still work for other requests.`;
  return { worked: false, status, identity: unknownIdentity, message };
}

/** What the kind makes of a refusal, such as a clock that is off. */
function whyRefused(ctx: Context, { kind, service }: Usable, answer: Collected): string | undefined {
  const { status, headers, body } = answer;
  if (status < 400 || status > 403) return undefined;
  return kind.refused?.({ status, headers, text: body.toString("utf8") }, service.settings, ctx.clock());
}

function isSuccess({ success }: Test, body: unknown): boolean {
  if (success === undefined) return true;
  const said = walk(body, success.path);
  return "absent" in success ? said === undefined || said === null : said === success.equals;
}

function text(body: unknown, dotted: string | undefined): string | null {
  const value = dotted === undefined ? undefined : walk(body, dotted);
  return (typeof value === "string" && value !== "") || typeof value === "number" ? String(value).slice(0, 300) : null;
}
