import type { Service } from "../services/service.ts";

/** Where a service's own endpoints are asked: at those that may have its secret, and at the one that tells whose a token is. */
export function askHosts(service: Service, controlHosts: string[]): string[] {
  const { metadata_url: url } = service.settings;
  return typeof url === "string" ? [...controlHosts, new URL(url).host] : controlHosts;
}
