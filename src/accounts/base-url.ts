import { SignetError } from "../errors.ts";
import { hostAllowed } from "../services/hosts.ts";
import type { Service } from "../services/service.ts";
import type { Grant } from "../signer/kind.ts";
import { baseUrlFor } from "./account.ts";

/**
 * The base address that the provider named, or that follows from what it told, must be there and among the hosts. Throws
 * `upstream_invalid`.
 */
export function requireBaseUrl(service: Service, grant: Grant<unknown>): void {
  const base = baseUrlFor(service, grant);
  if (base === null) {
    if (service.baseUrl === null) return;
    throw new SignetError("upstream_invalid", `${service.name} did not tell what its base URL needs.`);
  }
  if (base !== service.baseUrl && !(URL.canParse(base) && hostAllowed(service.hosts, new URL(base), service.baseUrl))) {
    throw new SignetError(
      "upstream_invalid",
      `${service.name} named a base address that is not among the hosts of the service. An admin can add the host.`,
    );
  }
}
