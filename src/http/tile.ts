import { readdirSync } from "node:fs";
import { join } from "node:path";

const LOGOS = new Set(readdirSync(join(import.meta.dirname, "../../views/assets/logos")));

/** What the part logo-tile draws: the logo of the catalog entry a service was made from, or a letter. */
export interface Tile {
  key: string;
  name: string;
  logo: boolean;
}

export function tileOf(service: { name: string; catalog: string | null }): Tile {
  const key = service.catalog ?? service.name;
  return { key, name: service.name, logo: service.catalog !== null && LOGOS.has(`${service.catalog}.svg`) };
}
