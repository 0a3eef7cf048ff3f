import type { Ask } from "./kind.ts";

/** For kinds whose settings a server tells of itself, and whose clients may register themselves there. */
export interface Discovery {
  /** Reads the metadata of the server at `asked`. Throws `upstream_invalid` when nothing can work with it. */
  describe(metadata: Record<string, unknown>, asked: URL): Described;
  /** The scopes that metadata lists, of a server or of an API behind one. */
  scopes(metadata: Record<string, unknown>): string[];
  /** Registers a client at `url`. Throws `upstream_invalid` or `upstream_unreachable` in words that say what to do. */
  register(url: string, client: Client, ask: Ask): Promise<Registered>;
  /** Takes a registration back; false where there is no way to. */
  unregister(settings: Record<string, unknown>, ask: Ask): Promise<boolean>;
}

/** A server as it describes itself. */
export interface Described {
  issuer: string;
  settings: Record<string, unknown>;
  /** The addresses among the settings, as people call them. */
  endpoints: { setting: string; label: string; url: string }[];
  /** All it offers; which of them a service needs only a person can tell. */
  scopes: string[];
  /** Where clients register themselves. */
  registration: string | undefined;
  /** False when it says that it renews nothing. */
  renews: boolean;
  /** What a person should know before they rely on it. */
  notes: string[];
}

/** This hub, as it introduces itself. */
export interface Client {
  name: string;
  home: string;
  redirectUri: string;
  /** What is known of the server, and what a person chose. */
  settings: Record<string, unknown>;
  scopes: string[];
  renews: boolean;
}

export interface Registered {
  /** Of the kind, hidden ones among them. */
  settings: Record<string, unknown>;
  secretEnds: Date | null;
}
