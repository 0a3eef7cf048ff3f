import { hash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { sendJson } from "./answer.ts";
import { WEATHER_KEY } from "./client.ts";

const CITIES: Record<string, [sky: string, celsius: number][]> = {
  Lisbon: [
    ["sunny", 24],
    ["sunny", 25],
    ["light rain", 21],
  ],
  Utrecht: [
    ["cloudy", 14],
    ["rain", 13],
    ["sunny", 16],
  ],
  Osaka: [
    ["humid", 27],
    ["thunder", 25],
    ["sunny", 26],
  ],
  Denver: [
    ["clear", 11],
    ["snow", 1],
    ["clear", 6],
  ],
};

/** Acme Weather: a made-up forecast for whoever sends the key in X-Api-Key. */
export function weatherApi(request: IncomingMessage, response: ServerResponse, url: URL): void {
  if (!isKey(String(request.headers["x-api-key"] ?? "")))
    return sendJson(response, { error: "unknown key" }, 401, { "www-authenticate": 'ApiKey realm="Acme Weather"' });
  if (url.pathname === "/weather/key")
    return sendJson(response, { id: "demo", label: "Acme Weather, demo plan", cities: Object.keys(CITIES) });
  if (url.pathname !== "/weather/forecast") return sendJson(response, { error: "not found" }, 404);
  const city = url.searchParams.get("city") ?? "Lisbon";
  const days = Object.hasOwn(CITIES, city) ? CITIES[city] : undefined;
  if (!days) return sendJson(response, { error: "unknown city" }, 404);
  sendJson(response, { city, days: days.map(([sky, celsius], at) => ({ in_days: at, sky, celsius })) });
}

function isKey(given: string): boolean {
  return timingSafeEqual(hash("sha256", given, "buffer"), hash("sha256", WEATHER_KEY, "buffer"));
}
