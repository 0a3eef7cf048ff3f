import { consent } from "../consent.ts";
import { lacksAny, lacksClient } from "../lacks.ts";
import { refresh } from "../refresh.ts";
import type { GrantWay } from "../grants.ts";

/** Consent on the provider's page; a browser brings the code back (RFC 6749 section 4.1). */
export const authorizationCode: GrantWay = {
  id: "authorization_code",
  fields: () => [],
  lacks: (settings) => ({ ...lacksAny(settings, "authorize_url"), ...lacksClient(settings, true) }),
  consent,
  renewal: refresh,
};
