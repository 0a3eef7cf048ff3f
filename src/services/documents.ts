import { isSignetError, SignetError } from "../errors.ts";
import type { Ask } from "../signer/kind.ts";
import { sameIdentifier, type Place } from "./well-known.ts";

/** A document that speaks for the identifier it was looked for under. */
export interface Found {
  place: Place;
  metadata: Record<string, unknown>;
}

/** What went wrong at a place; of several, the one that tells most is told. */
interface Problem {
  place: Place;
  error: SignetError;
  tells: number;
}

const [NOTHING_THERE, NO_ANSWER, SENT_ELSEWHERE, UNFIT] = [0, 1, 2, 3];

/**
 * Looks at all places at once and returns what `use` makes of the first document that it takes. Throws the most telling
 * problem when there is none: mostly `upstream_invalid`, or what outbound throws.
 */
export async function firstUsable<T>(ask: Ask, places: Place[], use: (found: Found) => T): Promise<T> {
  const looks = await Promise.all(places.map((place) => look(ask, place)));
  const problems: Problem[] = [];
  for (const found of looks) {
    try {
      if ("metadata" in found) return use(found);
      problems.push(found);
    } catch (error) {
      if (!isSignetError(error)) throw error;
      problems.push({ place: found.place, error, tells: UNFIT });
    }
  }
  throw problems.reduce((worst, other) => (other.tells > worst.tells ? other : worst)).error;
}

async function look(ask: Ask, place: Place): Promise<Found | Problem> {
  try {
    const { status, headers, text } = await ask({
      method: "GET",
      url: place.url,
      headers: { accept: "application/json" },
    });
    if (status >= 300 && status < 400)
      return { place, error: redirected(place, headers.location), tells: SENT_ELSEWHERE };
    if (status >= 500) return { place, error: unusable(`${place.url} answered ${status}.`), tells: NO_ANSWER };
    const metadata = status === 200 ? parsed(text) : undefined;
    if (metadata === undefined) return { place, error: nothing(place), tells: NOTHING_THERE };
    const said = place.of === "server" ? metadata.issuer : metadata.resource;
    if (sameIdentifier(said, place.identifier)) return { place, metadata };
    return { place, error: impostor(place, said), tells: UNFIT };
  } catch (error) {
    if (!isSignetError(error)) throw error;
    return { place, error, tells: NO_ANSWER };
  }
}

/** An object of JSON; undefined for everything else, such as the page that many servers answer every address with. */
function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === "object" && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function nothing(place: Place): SignetError {
  return unusable(
    `Nothing at ${new URL(place.url).host} describes an authorization server. Enter the issuer's address, or fill in the fields by hand.`,
  );
}

/** RFC 8414 section 3.3 and RFC 9728 section 3.3: what speaks for somebody else is not used at all. */
function impostor(place: Place, said: unknown): SignetError {
  const whom = typeof said === "string" && said.length <= 300 && URL.canParse(said) ? new URL(said).href : "nobody";
  return unusable(
    `What ${place.url} describes is ${whom}, not ${place.identifier}, so nothing of it was taken. If that is whom you mean, enter that address.`,
  );
}

function redirected(place: Place, location: unknown): SignetError {
  const target = String(location);
  const where = URL.canParse(target, place.url) ? new URL(target, place.url).origin : "another address";
  return unusable(
    `${new URL(place.url).host} sends on to ${where}. Signet does not follow; if that is whom you mean, enter that address.`,
  );
}

function unusable(sentence: string): SignetError {
  return new SignetError("upstream_invalid", sentence);
}
