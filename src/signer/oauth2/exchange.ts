import { SignetError } from "../../errors.ts";
import { fillAll } from "../blanks.ts";
import type { Ask, Circumstances, Grant } from "../kind.ts";
import { blanksOf } from "./blanks.ts";
import { refusedSentence } from "./failure.ts";
import type { Settings } from "./settings.ts";
import { errorIn, readAnswer, toGrant, type Secret } from "./token-answer.ts";
import { withParameters } from "./token-request.ts";

/** Swaps a token that ends soon for a lasting one, where the service has an address for that. */
export async function exchange(
  settings: Settings,
  first: Grant<Secret>,
  ask: Ask,
  circumstances: Circumstances,
): Promise<Grant<Secret>> {
  if (settings.exchange_url === undefined) return first;
  const parameters = fillAll(settings.exchange_params ?? {}, blanksOf(settings, first.secret));
  const headers = { accept: "application/json" };
  const { status, text, ...answer } = await ask(
    settings.exchange_method === "POST"
      ? { method: "POST", url: settings.exchange_url, headers, form: parameters }
      : { method: "GET", url: withParameters(settings.exchange_url, parameters), headers },
  );
  if (status >= 500) throw new SignetError("upstream_unreachable", `The provider answered ${status}. Try again later.`);
  const body = readAnswer(status, String(answer.headers["content-type"] ?? ""), text);
  const error = errorIn(status, body, settings);
  if (error !== undefined) throw new SignetError("upstream_invalid", refusedSentence(error));
  // The first answer may have been wrapped; this one is another endpoint's and plain.
  const lasting = toGrant({ ...settings, token_path: undefined }, body, circumstances.now, first.secret);
  return {
    ...lasting,
    scopes: lasting.scopes ?? first.scopes,
    identity: lasting.identity ?? first.identity,
    baseUrl: lasting.baseUrl ?? first.baseUrl,
    endsAt: lasting.endsAt ?? first.endsAt,
  };
}
