import { originOf } from "../services/catalog.ts";
import type { Service } from "../services/service.ts";

export interface AskedScope {
  name: string;
  meaning: string | null;
}

/** What consent will be asked for, with the catalog's words for it where it has some. */
export function accountScopes(service: Pick<Service, "settings" | "catalogKey">): AskedScope[] {
  const meanings = new Map(originOf(service.catalogKey)?.scopes?.map(({ name, meaning }) => [name, meaning]));
  const list = (value: unknown) => (Array.isArray(value) ? value.map(String) : []);
  const names = [...list(service.settings.scopes), ...list(service.settings.user_scopes)];
  return names.map((name) => ({ name, meaning: meanings.get(name) ?? null }));
}
