import { SignetError } from "../../errors.ts";
import type { JwsAlgorithm } from "../jws.ts";
import type { Circumstances } from "../kind.ts";
import { readSigningKey } from "../signing-key.ts";
import { assertion } from "./assertion.ts";
import type { Settings } from "./settings.ts";

/** How a client signs in. */
export type Way = NonNullable<Settings["token_auth"]>;

/** Basic is what RFC 6749 section 2.3.1 wants supported; a client without secret can only say its id. */
export function clientAuthentication(settings: Settings): Way {
  return settings.token_auth ?? (settings.client_secret === undefined ? "none" : "basic");
}

/**
 * With what the client signs in at the provider's endpoints: never in a URL. `way` is how, where a request differs from
 * the service's usual ones.
 */
export function clientFields(
  settings: Settings,
  circumstances: Circumstances,
  way: Way = clientAuthentication(settings),
): { headers: Record<string, string>; form: Record<string, string> } {
  if (settings.client_id === undefined) return { headers: {}, form: {} };
  const secret = settings.client_secret ?? "";
  const id = { [settings.client_id_param ?? "client_id"]: settings.client_id };
  switch (way) {
    case "basic": {
      // RFC 6749 section 2.3.1: both parts are form-encoded first.
      const pair = `${formEncode(settings.client_id)}:${formEncode(secret)}`;
      return { headers: { authorization: `Basic ${Buffer.from(pair).toString("base64")}` }, form: {} };
    }
    case "body":
      return { headers: {}, form: { ...id, [settings.client_secret_param ?? "client_secret"]: secret } };
    case "none":
      return { headers: {}, form: id };
    case "private_key_jwt":
    case "client_secret_jwt": {
      const signed = clientAssertion(settings, settings.client_id, way, circumstances);
      return { headers: {}, form: { ...id, client_assertion_type: ASSERTION, client_assertion: signed } };
    }
  }
}

const ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** With which algorithm a client signs in by an assertion. */
export function clientAlgorithm(settings: Settings): JwsAlgorithm {
  return settings.client_assertion_algorithm ?? (settings.token_auth === "client_secret_jwt" ? "HS256" : "RS256");
}

/** RFC 7523 section 2.2: issuer and subject are the client, and the audience is the token endpoint. */
function clientAssertion(settings: Settings, id: string, way: Way, circumstances: Circumstances): string {
  const pasted = way === "client_secret_jwt" ? settings.client_secret : settings.client_key;
  if (pasted === undefined)
    throw new SignetError(
      "invalid",
      "The client has no key to sign in with. An admin can enter it on the service's page.",
    );
  const algorithm = clientAlgorithm(settings);
  return assertion(
    {
      issuer: id,
      subject: id,
      audience: settings.client_assertion_audience ?? settings.token_url!,
      algorithm,
      key: readSigningKey(pasted, algorithm),
      keyId: settings.client_key_id,
      seconds: 60,
    },
    circumstances,
  );
}

function formEncode(text: string): string {
  return new URLSearchParams({ t: text }).toString().slice(2);
}
