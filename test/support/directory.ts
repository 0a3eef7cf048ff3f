import { createServer, type AddressInfo, type Socket } from "node:net";
import { createServer as createTlsServer, TLSSocket } from "node:tls";
import asn1 from "@ldapjs/asn1";
import controls from "@ldapjs/controls";
import messages, { type Request } from "@ldapjs/messages";
import type { Certified } from "./certificates.ts";

export interface DirectoryEntry {
  dn: string;
  attributes: Record<string, (string | Buffer)[]>;
}

export interface DirectoryOptions {
  entries?: DirectoryEntry[];
  /** Passwords by the name that signs in. */
  people?: Record<string, string>;
  /** From the start, by StartTLS, or never. */
  security?: "tls" | "starttls" | "none";
  own?: Certified;
  /** Who must have issued a client's certificate; without it none is asked for. */
  clients?: Certified;
  /** Entries that one search may have, as the admin of a directory sets it. */
  limit?: number;
  /** Knows paged results. */
  pages?: boolean;
  /** Says something else than usual to a request; undefined for the usual. */
  instead?: (request: Request | undefined, socket: Socket) => Buffer | undefined;
}

/** What arrived, in order: "bind cn=reader", "starttls", "search …", "who", "unbind". */
export interface TestDirectory {
  port: number;
  heard: string[];
  options: DirectoryOptions;
  readonly open: number;
  close(): Promise<void>;
}

const WHO_AM_I = "1.3.6.1.4.1.4203.1.11.3";
const START_TLS = "1.3.6.1.4.1.1466.20037";
const EXTERNAL = Buffer.from("EXTERNAL");

/** A directory on a free port of 127.0.0.1 that holds some entries in memory, speaking by a library nobody here wrote. */
export async function newDirectory(options: DirectoryOptions = {}): Promise<TestDirectory> {
  const live = new Set<Socket>();
  const heard: string[] = [];
  const server = createServer((socket) => {
    live.add(socket);
    socket.on("close", () => live.delete(socket)).on("error", () => undefined);
    new Conversation(socket, options, heard).begin();
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    heard,
    options,
    get open() {
      return live.size;
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of live) socket.destroy();
      await closed;
    },
  };
}

class Conversation {
  #socket: Socket;
  readonly #options: DirectoryOptions;
  readonly #heard: string[];
  #buffer = Buffer.alloc(0);
  #who = "";

  constructor(socket: Socket, options: DirectoryOptions, heard: string[]) {
    this.#socket = socket;
    this.#options = options;
    this.#heard = heard;
  }

  begin(): void {
    if (this.#options.security === "tls") this.#secure();
    else this.#listen();
  }

  #listen(): void {
    this.#socket.on("data", (chunk: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, chunk]);
      for (let message = this.#take(); message; message = this.#take()) this.#hear(message);
    });
  }

  #take(): Buffer | undefined {
    if (this.#buffer.length < 2) return undefined;
    const reader = new asn1.BerReader(this.#buffer);
    if (reader.readSequence() === null || this.#buffer.length < reader.offset + reader.length) return undefined;
    const message = this.#buffer.subarray(0, reader.offset + reader.length);
    this.#buffer = Buffer.from(this.#buffer.subarray(message.length));
    return message;
  }

  #hear(bytes: Buffer): void {
    const request = bytes.includes(EXTERNAL) ? undefined : messages.LdapMessage.parse(new asn1.BerReader(bytes));
    const other = this.#options.instead?.(request, this.#socket);
    if (other !== undefined) return void this.#socket.write(other);
    // The library knows no other sign-in than by password, so the number of the message is read here.
    if (request === undefined) return this.#external(bytes[4]!);
    const messageId = request.messageId;
    switch (request.type) {
      case "BindRequest":
        return this.#bind(messageId, request.name, request.credentials);
      case "ExtensionRequest":
        return this.#extended(messageId, request.requestName);
      case "SearchRequest":
        return this.#search(messageId, request);
      case "UnbindRequest":
        this.#heard.push("unbind");
        return void this.#socket.end();
    }
  }

  #bind(messageId: number, name: string, password: string): void {
    this.#heard.push(`bind ${name}`);
    // An empty password signs anybody in as nobody (RFC 4513 section 5.1.2).
    const known = password === "" || this.#options.people?.[name] === password;
    this.#who = known && password !== "" ? name : "";
    this.#say(
      new messages.BindResponse({ messageId, status: known ? 0 : 49, diagnosticMessage: `secret ${password}` }),
    );
  }

  #external(messageId: number): void {
    const socket = this.#socket;
    const subject =
      socket instanceof TLSSocket && socket.authorized ? socket.getPeerX509Certificate()?.subject : undefined;
    this.#heard.push(`external ${subject ?? "nobody"}`);
    this.#who = subject ?? "";
    this.#say(new messages.BindResponse({ messageId, status: subject === undefined ? 48 : 0 }));
  }

  #extended(messageId: number, requestName: string): void {
    if (requestName === WHO_AM_I) {
      this.#heard.push("who");
      const responseValue = this.#who === "" ? "" : `dn:${this.#who}`;
      return this.#say(new messages.ExtensionResponse({ messageId, status: 0, responseValue }));
    }
    if (requestName !== START_TLS || this.#options.security !== "starttls")
      return this.#say(new messages.ExtensionResponse({ messageId, status: 2 }));
    this.#heard.push("starttls");
    this.#say(new messages.ExtensionResponse({ messageId, status: 0, responseName: START_TLS }));
    this.#socket.removeAllListeners("data");
    this.#secure();
  }

  #search(messageId: number, request: Request): void {
    const base = request.baseObject.toString().toLowerCase();
    this.#heard.push(`search ${base} ${request.scopeName} ${request.filter.toString()}`);
    const { entries = [], limit = Infinity, pages = true } = this.#options;
    if (this.#who === "") return this.#done(messageId, 50);
    if (base !== "" && !entries.some(({ dn }) => dn.toLowerCase() === base)) return this.#done(messageId, 32);
    const found = entries.filter((entry) => inScope(entry.dn, base, request.scopeName) && matches(entry, request));
    const paged = pages ? request.controls.find(({ type }) => type === controls.PagedResultsControl.OID) : undefined;
    const from = Number(paged?.value.cookie.toString() ?? 0);
    const most = Math.min(limit, request.sizeLimit || Infinity);
    const until = Math.min(from + (paged?.value.size ?? Infinity), most, found.length);
    for (const entry of found.slice(from, until)) this.#entry(messageId, entry, request.attributes);
    if (until === most && found.length > most) return this.#done(messageId, 4);
    this.#done(messageId, 0, paged && (until < found.length ? String(until) : ""));
  }

  #entry(messageId: number, { dn, attributes }: DirectoryEntry, wanted: string[]): void {
    const names = new Set(wanted.map((name) => name.toLowerCase()));
    const all = names.size === 0 || names.has("*");
    const shown = Object.entries(attributes)
      .filter(([name]) => all || names.has(name.toLowerCase()))
      .map(([type, values]) => ({ type, values }));
    this.#say(new messages.SearchResultEntry({ messageId, objectName: dn, attributes: shown }));
  }

  #done(messageId: number, status: number, cookie?: string): void {
    const page =
      cookie === undefined
        ? []
        : [new controls.PagedResultsControl({ value: { size: 0, cookie: Buffer.from(cookie) } })];
    this.#say(new messages.SearchResultDone({ messageId, status, controls: page }));
  }

  #say(response: { toBer(): { buffer: Buffer } }): void {
    this.#socket.write(response.toBer().buffer);
  }

  /** Goes on listening once the connection is encrypted. */
  #secure(): void {
    const { own, clients } = this.#options;
    const asking = { requestCert: clients !== undefined, rejectUnauthorized: false };
    const trusted = clients && { ca: clients.certificate };
    const server = createTlsServer({ cert: own!.certificate, key: own!.key, ...asking, ...trusted });
    server.once("secureConnection", (socket) => {
      this.#socket = socket.on("error", () => undefined);
      this.#listen();
    });
    server.on("tlsClientError", () => undefined);
    server.emit("connection", this.#socket);
  }
}

function inScope(dn: string, base: string, scope: Request["scopeName"]): boolean {
  const name = dn.toLowerCase();
  if (scope === "base") return name === base;
  const below = base === "" || name.endsWith(`,${base}`);
  if (scope === "subtree") return below || name === base;
  return below && !name.slice(0, name.length - base.length - 1).includes(",");
}

function matches({ attributes }: DirectoryEntry, { filter }: Request): boolean {
  // Presence is looked for in the case it was written in, values in lower case.
  const texts = Object.entries(attributes).flatMap(([name, values]) =>
    [name, name.toLowerCase()].map((key) => [key, values.map(String)]),
  );
  return filter.matches(Object.fromEntries(texts) as Record<string, unknown>);
}
