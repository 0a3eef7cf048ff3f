import { urlEncoded } from "./functions/encodings.ts";
import { fits, printed } from "./printed.ts";
import { Refusal } from "./refusal.ts";

const HOST = "The host of an address can not come from data; begin the address with the placeholder, or name the host.";

/** An address so far that ends in its scheme, host or port. Browsers and clients read \ as / and skip tabs and line ends. */
const IN_HOST = /^(?:[a-z][a-z0-9+.-]*:[/\\]*|[/\\]{2,})[^/\\?#]*$/i;

/** Throws a Refusal for a placeholder in the scheme, host or port, as far as the template itself shows it. */
export function checkAddress(pieces: readonly (string | { at: number })[]): void {
  // What begins with a placeholder shows its host only once there are values.
  if (pieces.length === 0 || typeof pieces[0] !== "string") return;
  let before = "";
  for (const [index, piece] of pieces.entries()) {
    if (typeof piece === "string") {
      before += piece;
      continue;
    }
    const after = pieces.slice(index + 1, index + 2).find((next) => typeof next === "string") ?? "";
    const isScheme = /^[^/\\?#]*$/.test(before) && /^[a-z0-9+.-]*:/i.test(after);
    if (isScheme || IN_HOST.test(clean(before))) throw new Refusal(HOST, { at: piece.at });
    before += "x";
  }
}

/**
 * Puts an address together. A value in the path becomes one segment of it, or a part of one; after the ? a value is
 * encoded as such; one that the address begins with stands as it is. Throws a Refusal for a value that would change
 * the host, leave the path, or be half a character.
 */
export function addressOf(pieces: readonly (string | { at: number })[], values: readonly unknown[]): string {
  let address = "";
  let filled = false;
  let next = 0;
  for (const [index, piece] of pieces.entries()) {
    if (typeof piece === "string") {
      address = withLiteral(address, piece, filled);
      filled &&= !/[/\\?#]/.test(piece);
      continue;
    }
    const text = printed(values[next++]);
    if (index === 0) address = whole(text);
    else {
      if (IN_HOST.test(clean(address))) throw new Refusal(HOST, { at: piece.at });
      address += urlEncoded(text);
      fits(address.length);
      filled = true;
    }
  }
  if (filled) checkSegment(address);
  return address;
}

/** A literal may end a segment that values were put into. */
function withLiteral(address: string, literal: string, filled: boolean): string {
  const end = literal.search(/[/\\?#]/);
  if (filled && end >= 0) checkSegment(address + literal.slice(0, end));
  return address + literal;
}

function checkSegment(address: string): void {
  if (/[?#]/.test(address)) return;
  const segment = address.slice(Math.max(address.lastIndexOf("/"), address.lastIndexOf("\\")) + 1);
  if (segment === "") throw new Refusal("A value in the path of an address is empty, which would name something else.");
  if (/^(?:\.|%2e){1,2}$/i.test(segment)) {
    throw new Refusal(`A value makes “${segment}” of a part of the path, which would name something else.`);
  }
}

function whole(text: string): string {
  if (/[\r\n\0]/.test(text)) throw new Refusal("An address can not hold line ends or NUL.");
  return text;
}

/** What clients do to an address before they read it. */
function clean(address: string): string {
  return address.replace(/[\t\r\n]/g, "").replace(/^[\0-\x20]+/, "");
}
