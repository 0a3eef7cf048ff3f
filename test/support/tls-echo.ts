import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Certified } from "./certificates.ts";

/** What a server saw of a request over TLS. */
export interface Shown {
  /** The common name of the client's certificate; null without one. */
  client: string | null;
  authorization: string | null;
  method: string;
  path: string;
  body: string;
  /** Which of the server's connections it came on; the first is 1. */
  connection: number;
}

export interface TlsEcho {
  /** Such as `https://localhost:34567`. */
  url: string;
  host: string;
  seen: Shown[];
  close(): Promise<void>;
}

/**
 * A real server on loopback that answers with what it saw. `clients` is the authority that must have issued the
 * client's certificate; without it none is asked for.
 */
export async function newTlsEcho(own: Certified, clients?: Certified): Promise<TlsEcho> {
  const seen: Shown[] = [];
  const numbers = new WeakMap<object, number>();
  let connections = 0;
  const asking = clients ? { requestCert: true, rejectUnauthorized: true, ca: clients.certificate } : {};
  const server = createServer({ cert: own.certificate, key: own.key, ...asking }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const socket = request.socket as TLSSocket;
      const shown: Shown = {
        client: (socket.getPeerCertificate().subject as { CN?: string } | undefined)?.CN ?? null,
        authorization: request.headers.authorization ?? null,
        method: request.method!,
        path: request.url!,
        body: Buffer.concat(chunks).toString("utf8"),
        connection: numbers.get(socket)!,
      };
      seen.push(shown);
      response.setHeader("content-type", "application/json").end(JSON.stringify(shown));
    });
  });
  server.on("secureConnection", (socket) => numbers.set(socket, ++connections));
  const port = await listening(server);
  return {
    url: `https://localhost:${port}`,
    host: `localhost:${port}`,
    seen,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Listens on a free port of 127.0.0.1 and says which. */
export async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
