import { isSignetError, SignetError } from "../errors.ts";
import { BerError } from "../signer/ber.ts";
import type { ClientCertificate, Directory, DirectoryBind } from "../signer/kind.ts";
import { AddressGuard, type AllowList } from "./address-guard.ts";
import { outboundFailure } from "./failure.ts";
import { Connection } from "./ldap/connection.ts";
import { externalBind, page, search, simpleBind, whoAmI, type Entry, type Scope } from "./ldap/message.ts";
import { bindRefusal, searchRefusal } from "./ldap/refusal.ts";

/** A directory with the credential to sign in there. */
export interface Target {
  directory: Directory;
  bind: DirectoryBind;
  certificate: ClientCertificate | undefined;
  timeoutMs: number;
}

export interface Search {
  base: string;
  scope: Scope;
  /** As encodeFilter() makes it. */
  filter: Buffer;
  attributes: string[];
  /** Entries at most, and how many the directory sends at a time. */
  sizeLimit: number;
  pageSize: number;
}

export interface Found {
  entries: Entry[];
  /** There are more than could be had. */
  truncated: boolean;
}

const MAX_BYTES = 10_485_760;
/** Codes with which a directory says that it stops before the end: time, size, and what its admin allows. */
const LIMITS = [3, 4, 11];

/**
 * The way to directories: one connection for each operation, to addresses that pass, with certificates checked, for a
 * limited time. Without encryption only to what the operator allowed. Referrals are not followed.
 */
export class Directories {
  readonly #allow: AllowList;

  constructor(allow: AllowList) {
    this.#allow = allow;
  }

  /** Refuses what can be refused before a name is resolved. Throws SignetError `address_denied`. */
  judge(directory: Directory): void {
    try {
      this.#guard(directory).judge(new URL(`https://${directory.host}:${directory.port}`));
    } catch (error) {
      throw explained(error, directory);
    }
  }

  /** Signs in and asks who that was (RFC 4532); undefined where the directory does not tell. */
  whoAmI(target: Target): Promise<string | undefined> {
    return this.#connected(target, async (connection) => {
      const { code, value } = await connection.result(whoAmI());
      return code === 0 && value !== undefined && value.length > 0 ? value.toString("utf8") : undefined;
    });
  }

  /** Signs in and searches, page after page (RFC 2696). Throws SignetError when nothing could be found out. */
  search(target: Target, wish: Search): Promise<Found> {
    return this.#connected(target, (connection) => searchAll(connection, wish, target.timeoutMs));
  }

  async #connected<T>(target: Target, work: (connection: Connection) => Promise<T>): Promise<T> {
    const { directory, certificate, timeoutMs } = target;
    const { host, port, security } = directory;
    this.judge(directory);
    try {
      const lookup = this.#guard(directory).lookupFor(port);
      const bare = host.replace(/^\[|\]$/g, "");
      const connection = await Connection.open({ host: bare, port, security, certificate, lookup, timeoutMs });
      try {
        await signIn(connection, target.bind);
        return await work(connection);
      } finally {
        connection.close();
      }
    } catch (error) {
      throw explained(translated(error), directory);
    }
  }

  #guard({ security }: Directory): AddressGuard {
    return new AddressGuard(this.#allow, security === "none");
  }
}

async function signIn(connection: Connection, bind: DirectoryBind): Promise<void> {
  if (bind.method === "external") {
    const result = await connection.result(externalBind());
    if (result.code === 0) return;
    throw new SignetError(
      "needs_reconnect",
      "The directory does not take the client certificate of this service for a sign-in (SASL EXTERNAL).",
    );
  }
  // An empty password would be accepted for nobody at all (RFC 4513 section 5.1.2).
  if (bind.password === "") throw new SignetError("needs_reconnect", "This account has no password; replace it.");
  const result = await connection.result(simpleBind(bind.dn, bind.password));
  if (result.code !== 0) throw bindRefusal(result);
}

async function searchAll(connection: Connection, wish: Search, timeoutMs: number): Promise<Found> {
  const entries: Entry[] = [];
  const size = Math.min(wish.pageSize, wish.sizeLimit);
  const seconds = Math.ceil(timeoutMs / 1000);
  // One more than is wanted, to know whether there is more.
  const operation = search({ ...wish, sizeLimit: wish.sizeLimit + 1, seconds });
  for (let cookie = Buffer.alloc(0); ;) {
    const id = connection.send(operation, page(size, cookie));
    for (;;) {
      const message = await connection.next(id);
      if (message.type === "reference") continue;
      if (message.type === "entry") {
        if (entries.length >= wish.sizeLimit || connection.taken > MAX_BYTES) return { entries, truncated: true };
        entries.push(message.entry);
        continue;
      }
      const { code } = message.result;
      if (LIMITS.includes(code) && (entries.length > 0 || code === 4)) return { entries, truncated: true };
      if (code !== 0) throw searchRefusal(message.result);
      cookie = Buffer.from(message.result.cookie);
      break;
    }
    if (cookie.length === 0) return { entries, truncated: false };
    if (entries.length >= wish.sizeLimit) return { entries, truncated: true };
  }
}

function translated(error: unknown): SignetError {
  if (error instanceof BerError)
    return new SignetError("upstream_invalid", "The directory's answer is not valid LDAP.", { cause: error });
  return outboundFailure(error);
}

/** Where the missing encryption is why an address was refused, that is the thing to say. */
function explained(error: unknown, { host, port, security }: Directory): unknown {
  if (security !== "none" || !isSignetError(error) || error.code !== "address_denied") return error;
  return new SignetError(
    "address_denied",
    `Without encryption the password would cross the network in the clear. Use ldaps:// or StartTLS, or have the operator allow ${host}:${port} (OUTBOUND_ALLOW).`,
  );
}
