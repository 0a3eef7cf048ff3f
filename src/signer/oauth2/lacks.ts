import { isSignetError } from "../../errors.ts";
import type { JwsAlgorithm } from "../jws.ts";
import { readSigningKey } from "../signing-key.ts";
import { clientAlgorithm, clientAuthentication } from "./client-authentication.ts";
import type { Settings } from "./settings.ts";

type Lacks = Record<string, string>;

const REQUIRED = "This is required.";

/** A client that stands in the settings must be able to sign in the way it is said to. */
export function lacksClient(settings: Settings, required: boolean): Lacks {
  if (settings.client_id === undefined) return required ? { client_id: "Enter the client id." } : {};
  switch (clientAuthentication(settings)) {
    case "private_key_jwt":
      return settings.client_key === undefined
        ? { client_key: "Paste the key with which the client signs in." }
        : lacksKey(settings.client_key, clientAlgorithm(settings), "client_key");
    case "client_secret_jwt":
      return settings.client_secret === undefined
        ? { client_secret: "Enter the secret with which the client signs in." }
        : lacksKey(settings.client_secret, clientAlgorithm(settings), "client_assertion_algorithm");
    default:
      return {};
  }
}

/** Settings that must be there. */
export function lacksAny(settings: Settings, ...names: (keyof Settings)[]): Lacks {
  return Object.fromEntries(names.filter((name) => settings[name] === undefined).map((name) => [name, REQUIRED]));
}

/** What is wrong with a pasted key. */
export function lacksKey(pasted: string, algorithm: JwsAlgorithm, name: string): Lacks {
  try {
    readSigningKey(pasted, algorithm);
    return {};
  } catch (error) {
    if (isSignetError(error)) return { [name]: error.message };
    throw error;
  }
}
