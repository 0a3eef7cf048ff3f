import { z } from "zod";
import type { Context } from "../context.ts";
import { isSignetError, SignetError } from "../errors.ts";
import type { Described, Discovery } from "../signer/discovery.ts";
import { allKinds } from "../signer/kinds.ts";
import { requireAdmin } from "./add.ts";
import { firstUsable, type Found } from "./documents.ts";
import { recorded } from "./recorded.ts";
import { placesOf, readAddress } from "./well-known.ts";

export const discoverInput = z.strictObject({ url: z.string().max(2000) });

/** What a server says of itself, as the beginning of a service. Nothing is trusted before an admin has seen it. */
export interface Discovered {
  /** The kind of service that it describes. */
  kind: string;
  /** Null for an API whose authorization server was not asked. */
  server: Described | null;
  /** The document that told, and the standard it follows. */
  source: { url: string; standard: string };
  /** What is known for the service, whoever told it. */
  settings: Record<string, unknown>;
  scopes: string[];
  /** Hosts among the server's addresses that are not the one that was asked. */
  otherHosts: string[];
  /** Where the API is, when its address is what was asked for. */
  baseUrl: string | null;
  /** Issuers on other hosts that let people in there: an admin chooses one, none is asked by itself. */
  issuers: string[];
}

const MAX_ISSUERS = 10;

/**
 * Asks a server at its well-known addresses, and nobody else, how it lets people in. An API's address leads on to an
 * authorization server only on the same origin (RFC 9728). Recorded. For admins. Throws `invalid` for what is no
 * address, `upstream_invalid` for an answer that can not be used, and what outbound throws.
 */
export async function discover(ctx: Context, given: z.input<typeof discoverInput>): Promise<Discovered> {
  requireAdmin(ctx);
  const address = readAddress(discoverInput.parse(given).url);
  try {
    return await recorded(ctx, { action: "service.discovered", facts: { host: address.host } }, () =>
      asked(ctx, address),
    );
  } catch (error) {
    throw isSignetError(error) && error.code !== "audit_unavailable" ? atAddress(error, address) : error;
  }
}

/** The kind whose settings servers tell of themselves. */
export function discovering(): { kind: string; discovery: Discovery } {
  const kind = allKinds().find(({ discovery }) => discovery !== undefined)!;
  return { kind: kind.id, discovery: kind.discovery! };
}

/** The same failure, beside the field. What is plain http was perhaps refused only for that. */
function atAddress(error: SignetError, address: URL): SignetError {
  const plain = error.code === "address_denied" && address.protocol === "http:";
  const message = plain ? "Enter an https address: plain http goes only where OUTBOUND_ALLOW lets it." : error.message;
  return new SignetError(error.code, message, { issues: [{ path: "url", message }], cause: error.cause });
}

async function asked(ctx: Context, address: URL): Promise<Discovered> {
  const told = await firstUsable(ctx.control.to([address.host]), placesOf(address), (found) =>
    found.place.of === "server" ? ofServer(ctx, address, found) : ofResource(address, found),
  );
  const own = told.issuers.find((issuer) => new URL(issuer).origin === address.origin);
  if (own === undefined) return told;
  const server = readAddress(own);
  const places = placesOf(server).filter(({ of }) => of === "server");
  const behind = await firstUsable(ctx.control.to([server.host]), places, (found) => ofServer(ctx, server, found));
  const scopes = told.scopes.length > 0 ? told.scopes : behind.scopes;
  return { ...behind, settings: { ...behind.settings, ...told.settings }, scopes, baseUrl: told.baseUrl };
}

function ofServer(ctx: Context, address: URL, { place, metadata }: Found): Discovered {
  const { kind, discovery } = discovering();
  const server = discovery.describe(metadata, address);
  const urls = [...server.endpoints.map(({ url }) => url), server.registration ?? []].flat().map((url) => new URL(url));
  for (const url of urls) ctx.control.judge(url);
  const otherHosts = [...new Set(urls.map(({ host }) => host))].filter((host) => host !== address.host);
  const { settings, scopes } = server;
  return { kind, server, source: sourceOf(place), settings, scopes, otherHosts, baseUrl: null, issuers: [] };
}

/** An API that says who lets people in. Tokens are asked for with its name on them (RFC 8707). */
function ofResource(address: URL, { place, metadata }: Found): Discovered {
  const { kind, discovery } = discovering();
  const named = Array.isArray(metadata.authorization_servers) ? metadata.authorization_servers : [];
  const issuers = named.filter((issuer) => isIssuer(issuer, address)).slice(0, MAX_ISSUERS);
  if (issuers.length === 0)
    throw new SignetError("upstream_invalid", `${place.url} names no authorization server that can be asked.`);
  const settings = { resource: metadata.resource };
  const scopes = discovery.scopes(metadata);
  const source = sourceOf(place);
  return { kind, server: null, source, settings, scopes, otherHosts: [], baseUrl: place.identifier, issuers };
}

function isIssuer(text: unknown, address: URL): text is string {
  if (typeof text !== "string" || text.length > 2000 || !URL.canParse(text)) return false;
  const { protocol, origin, username, search, hash } = new URL(text);
  return (protocol === "https:" || origin === address.origin) && username + search + hash === "";
}

function sourceOf({ url, standard }: Found["place"]): Discovered["source"] {
  return { url, standard };
}
