import type { Settings } from "./settings.ts";

/** Hosts to which the client's secret may go: the token endpoint, its siblings, and those a callback may choose from. */
export function controlHosts(settings: Settings): string[] {
  const { token_url, device_url, exchange_url, refresh_url, revoke_url, registration_url } = settings;
  const addresses = [token_url, device_url, exchange_url, refresh_url, revoke_url, registration_url];
  const hosts = addresses.filter((address) => address !== undefined).map((address) => new URL(address).host);
  return [...new Set([...hosts, ...(settings.token_hosts ?? [])])];
}

/** True for a token host that this service still has: a refresh token goes to no other (RFC 9700 section 4.4). */
export function isTokenHost(settings: Settings, host: string): boolean {
  const own = settings.token_url === undefined ? [] : [new URL(settings.token_url).host];
  return [...own, ...(settings.token_hosts ?? [])].includes(host);
}

/** The endpoint in the data centre that the callback named; endpoints elsewhere stay where they are. */
export function inDataCentre(settings: Settings, address: string, host: string | undefined): string {
  if (settings.token_host_from === undefined || host === undefined) return address;
  const url = new URL(address);
  if (!isTokenHost(settings, url.host) || !isTokenHost(settings, host)) return address;
  return address.replace(url.host, host);
}
