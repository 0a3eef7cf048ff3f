import { readdirSync } from "node:fs";
import { join } from "node:path";

const LOGOS = new Set(readdirSync(join(import.meta.dirname, "../../views/assets/logos")));

/** What the part logo-tile draws: the logo of the catalog entry a service was made from, or a letter. */
export interface Tile {
  key: string;
  name: string;
  logo: boolean;
}

/** Keys of the catalog that have a logo. */
export function hasLogo(key: string): boolean {
  return LOGOS.has(`${key}.svg`);
}

/** A bot as the part person takes it, with the logo that it wears. */
export function botPerson({ id, name, picture }: { id: string; name: string; picture: string | null }) {
  return { type: "bot", id, name, picture: picture !== null && hasLogo(picture) ? picture : null };
}

export function tileOf(service: { name: string; catalog: string | null }): Tile {
  const key = service.catalog ?? service.name;
  return { key, name: service.name, logo: service.catalog !== null && hasLogo(service.catalog) };
}
