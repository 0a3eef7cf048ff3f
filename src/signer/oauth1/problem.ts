import type { Answer } from "../kind.ts";
import { parseJson, walk } from "../json.ts";
import { METHODS } from "./signature.ts";
import type { Settings } from "./settings.ts";

/** What a provider says is wrong: a name of the OAuth Problem Reporting extension, and what belongs to it. */
export interface Problem {
  name: string;
  /** Timestamps that it takes, in seconds. */
  acceptable: [from: number, to: number] | undefined;
  /** Names of parameters that it misses or does not know. */
  parameters: string[];
}

/** True for what can be a name: nothing else of a stranger's text is ever shown. */
export function isProblemName(text: string): boolean {
  return /^[a-z_]{1,60}$/.test(text);
}

/** The problem in an answer: in its challenge, its form, or the place in its JSON that the settings name. */
export function problemIn(answer: Answer, settings: Settings): Problem | undefined {
  const told = new Map([...inBody(answer.text), ...inChallenge(answer.headers["www-authenticate"])]);
  const name = told.get("oauth_problem") ?? byCode(answer.text, settings);
  if (name === undefined || !isProblemName(name)) return undefined;
  const range = /^(\d{1,12})-(\d{1,12})$/.exec(told.get("oauth_acceptable_timestamps") ?? "");
  const listed = told.get("oauth_parameters_absent") ?? told.get("oauth_parameters_rejected") ?? "";
  return {
    name,
    acceptable: range === null ? undefined : [Number(range[1]), Number(range[2])],
    parameters: listed.split("&").filter(isProblemName),
  };
}

/** The parameters of `WWW-Authenticate: OAuth …` (Problem Reporting, OAuth Core 1.0a section 5.4.2). */
function inChallenge(header: string | string[] | undefined): [string, string][] {
  // Several challenges may share one header, ours behind another.
  const [, list = ""] = /(?:^|,\s*)OAuth\s+(.*)/i.exec([header ?? []].flat().join(", ")) ?? [];
  return [...list.matchAll(/\b(oauth_[a-z_]+)=(?:"([^"]*)"|([^\s",]*))/g)].map(([, name, quoted, bare]) => [
    name!,
    decoded(quoted ?? bare ?? ""),
  ]);
}

function inBody(text: string): [string, string][] {
  return /(^|[?&\s])oauth_problem=/.test(text) ? [...new URLSearchParams(text.trim())] : [];
}

function byCode(text: string, settings: Settings): string | undefined {
  if (settings.problem_path === undefined) return undefined;
  const code = walk(parseJson(text), settings.problem_path);
  if (typeof code !== "string" && typeof code !== "number") return undefined;
  return Object.hasOwn(settings.problem_codes, String(code)) ? settings.problem_codes[String(code)] : String(code);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** When and where a request was refused. */
export interface Refused {
  answer: Answer;
  /** By our own clock, when it was signed. */
  now: Date;
  /** True on the way to a token, where the whole round has to be begun again. */
  linking: boolean;
}

/** What to change, in our own words; of the provider's only names are taken. Undefined for a problem without a name we know. */
export function problemSentence(problem: Problem, settings: Settings, refused: Refused): string | undefined {
  const again = refused.linking ? "Start the link again." : "Reconnect to continue.";
  switch (problem.name) {
    case "timestamp_refused":
      return `The provider refused the time of the request. ${clockSentence(problem, refused)}`;
    case "nonce_used":
      return "The provider says that it got this request before. Try again; if it says so each time, something between Signet and the provider sends requests twice.";
    case "signature_invalid":
      return `The provider found the signature wrong. ${wrongSignature(settings, refused)}`;
    case "signature_method_rejected": {
      const others = METHODS.filter((method) => method !== settings.signature_method).join(", ");
      return `The provider does not take ${settings.signature_method}. An admin can choose ${others} as signature method on the service's page.`;
    }
    case "version_rejected":
      return "The provider does not take oauth_version 1.0. An admin can turn off “Send oauth_version” on the service's page.";
    case "consumer_key_unknown":
    case "consumer_key_rejected":
      return "The provider does not know the consumer key of this service. An admin can correct it on the service's page.";
    case "consumer_key_refused":
      return "The provider takes no requests with this consumer key at the moment. Try again later, or look at the app's page there.";
    case "token_used":
    case "token_expired":
    case "token_revoked":
    case "token_rejected":
      return refused.linking
        ? `The provider no longer accepts this sign-in: it was used already or took too long. ${again}`
        : `The provider no longer accepts this token: it ended or was taken back. ${again}`;
    case "user_refused":
      return "Consent was declined at the provider. Nothing was saved.";
    case "permission_denied":
      return refused.linking
        ? "Consent was declined at the provider. Nothing was saved."
        : "The provider does not allow this with the permissions that were granted. Reconnect to grant more, or ask its owner.";
    case "permission_unknown":
    case "additional_authorization_required":
      return `The provider wants a person to decide first. ${again}`;
    case "callback_rejected":
      return "The provider does not know this callback address. Register it there exactly as the service's page shows it.";
    case "parameter_absent":
    case "parameter_rejected": {
      const which = problem.parameters.length === 0 ? "" : ` (${problem.parameters.join(", ")})`;
      const verb = problem.name === "parameter_absent" ? "misses a parameter" : "does not take a parameter";
      return `The provider ${verb}${which}. An admin can compare the service's settings with the provider's documentation.`;
    }
    default:
      return undefined;
  }
}

/** What is said of a refusal without a reason that we know: what it is most often, and our clock if that is off. */
export function unexplained(settings: Settings, refused: Refused, name: string | undefined): string {
  const off = skew(undefined, refused);
  const clock = off === undefined || Math.abs(off) < 60 ? "" : ` ${clockSentence(undefined, refused)}`;
  const { status } = refused.answer;
  if (status !== 400 && status !== 401 && status !== 403)
    return `The provider answered ${status} instead of a token. An admin can check the three addresses on the service's page.`;
  const reason = name === undefined ? "" : `, ${name}`;
  return `The provider refused the request (answer ${status}${reason}). ${wrongSignature(settings, refused)}${clock}`;
}

function wrongSignature(settings: Settings, { linking }: Refused): string {
  const key = settings.signature_method === "RSA-SHA1" ? "the private key" : "the consumer secret";
  const secret = linking ? "" : " A token secret that belongs to another token does the same.";
  return `An admin can check the consumer key, ${key} and the signature method on the service's page.${secret}`;
}

function clockSentence(problem: Problem | undefined, refused: Refused): string {
  const off = skew(problem, refused);
  const advice = "Set the clock of the machine that Signet runs on, best by NTP.";
  if (off === undefined || off === 0) return advice;
  return `Signet's clock is ${span(Math.abs(off))} ${off > 0 ? "ahead of" : "behind"} the provider's. ${advice}`;
}

function span(seconds: number): string {
  if (seconds < 120) return `${seconds} seconds`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} minutes`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} hours` : `${Math.round(seconds / 86_400)} days`;
}

/** By how many seconds we are ahead of the provider, by the times it takes or else by its Date header. */
function skew(problem: Problem | undefined, { answer, now }: Refused): number | undefined {
  const ours = Math.floor(now.getTime() / 1000);
  if (problem?.acceptable !== undefined) return ours - Math.round((problem.acceptable[0] + problem.acceptable[1]) / 2);
  const theirs = Date.parse(String(answer.headers.date ?? ""));
  return Number.isNaN(theirs) ? undefined : ours - Math.floor(theirs / 1000);
}
