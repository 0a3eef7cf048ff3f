import { connect, isIP, type LookupFunction, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { SignetError } from "../../errors.ts";
import { BerError, headAt, SEQUENCE } from "../../signer/ber.ts";
import type { ClientCertificate } from "../../signer/kind.ts";
import { tlsOptions } from "../client-tls.ts";
import { timedOut } from "../failure.ts";
import { envelope, readMessage, startTls, unbind, type Message, type Result } from "./message.ts";

export interface Destination {
  host: string;
  port: number;
  security: "tls" | "starttls" | "none";
  certificate: ClientCertificate | undefined;
  lookup: LookupFunction;
  timeoutMs: number;
}

const CONNECT_TIMEOUT = 5_000;
/** One entry with photographs is large; a message beyond this is no answer to work with. */
const MAX_MESSAGE = 10_485_760;

/** One connection to a directory, for one operation at a time. Everything it throws besides SignetError is a stranger's. */
export class Connection {
  #socket: Socket;
  readonly #deadline: NodeJS.Timeout;
  #buffer: Buffer = Buffer.alloc(0);
  #error: unknown;
  #id = 0;
  /** Bytes that were read of all messages. */
  taken = 0;

  private constructor(socket: Socket, timeoutMs: number) {
    this.#socket = socket;
    this.#listen(socket);
    this.#deadline = setTimeout(() => this.#socket.destroy(timedOut() as Error), timeoutMs);
  }

  /** Connects, and secures the connection as it was said. */
  static async open(to: Destination): Promise<Connection> {
    const { host, port, lookup } = to;
    const socket = connect({ host, port, lookup });
    const connection = new Connection(socket, to.timeoutMs);
    try {
      const late = setTimeout(() => socket.destroy(timedOut() as Error), CONNECT_TIMEOUT);
      await connection.#until(socket, "connect").finally(() => clearTimeout(late));
      if (to.security === "starttls") await connection.#startTls();
      if (to.security !== "none") await connection.#secure(to);
      return connection;
    } catch (error) {
      connection.#drop();
      throw error;
    }
  }

  /** Sends one operation; its answers have the number that is returned. */
  send(operation: Buffer, controls?: Buffer): number {
    this.#socket.write(envelope(++this.#id, operation, controls));
    return this.#id;
  }

  /** The next answer to the operation `id`. */
  async next(id: number): Promise<Message> {
    for (;;) {
      const message = await this.#message();
      // RFC 4511 section 4.4.1: the server is about to close.
      if (message.id === 0) throw new SignetError("upstream_unreachable", "The directory ended the connection.");
      if (message.id === id) return message;
    }
  }

  /** The one answer to an operation that has only one. */
  async result(operation: Buffer): Promise<Result> {
    const message = await this.next(this.send(operation));
    if (message.type !== "result") throw new BerError("An entry came where a result was to come.");
    return message.result;
  }

  /** Takes leave of the directory. */
  close(): void {
    if (this.#socket.writable) this.#socket.write(envelope(++this.#id, unbind()));
    this.#socket.destroySoon();
    clearTimeout(this.#deadline);
  }

  #drop(): void {
    this.#socket.destroy();
    clearTimeout(this.#deadline);
  }

  /** RFC 4511 section 4.14. What came behind the answer was said before anything was secured, by anybody. */
  async #startTls(): Promise<void> {
    const { code } = await this.result(startTls());
    if (code !== 0 || this.#buffer.length > 0) {
      throw new SignetError(
        "upstream_unreachable",
        "The directory does not turn the connection into an encrypted one (StartTLS).",
      );
    }
  }

  async #secure({ host, certificate }: Destination): Promise<void> {
    const name = isIP(host) === 0 ? { servername: host } : {};
    const secured = connectTls({
      socket: this.#socket,
      host,
      ...name,
      minVersion: "TLSv1.2",
      rejectUnauthorized: true,
      ...tlsOptions(certificate),
    });
    this.#listen(secured);
    this.#socket = secured;
    await this.#until(secured, "secureConnect");
  }

  async #message(): Promise<Message> {
    for (;;) {
      if (this.#buffer.length > 0 && this.#buffer[0] !== SEQUENCE) throw new BerError("This is no message.");
      const head = this.#buffer.length < 2 ? undefined : headAt(this.#buffer, 0);
      if (head !== undefined && head.from + head.length > MAX_MESSAGE)
        throw new SignetError("response_too_large", "An entry of the directory is larger than 10 MiB.");
      const end = head === undefined ? Infinity : head.from + head.length;
      if (end <= this.#buffer.length) {
        const message = readMessage(this.#buffer.subarray(0, end));
        this.#buffer = this.#buffer.subarray(end);
        this.taken += end;
        return message;
      }
      await this.#more(end);
    }
  }

  /** Reads on; `wanted` bytes at least when it is known how many. */
  async #more(wanted: number): Promise<void> {
    const chunks = [this.#buffer];
    for (let size = this.#buffer.length; ;) {
      const chunk = this.#socket.read() as Buffer | null;
      if (chunk === null) {
        if (chunks.length > 1 && (wanted === Infinity || size >= wanted)) break;
        await this.#until(this.#socket, "readable");
        continue;
      }
      chunks.push(chunk);
      size += chunk.length;
      if (size >= wanted) break;
    }
    this.#buffer = Buffer.concat(chunks);
  }

  #until(socket: Socket, event: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (end: () => void) => () => {
        socket.off(event, happened).off("close", closed).off("end", closed);
        end();
      };
      const happened = done(resolve);
      const closed = done(() => reject((this.#error as Error | undefined) ?? ended()));
      if (socket.destroyed || socket.readableEnded) return closed();
      socket.once(event, happened).once("close", closed).once("end", closed);
    });
  }

  /** An error without a listener would end the process; the first one says why everything after it failed. */
  #listen(socket: Socket): void {
    socket.on("error", (error) => (this.#error ??= error));
  }
}

function ended(): SignetError {
  return new SignetError("upstream_unreachable", "The directory closed the connection.");
}
