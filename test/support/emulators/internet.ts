import dns from "node:dns";
import { createServer, type Server } from "node:https";
import { syncBuiltinESMExports } from "node:module";
import { isIP, Socket, type AddressInfo } from "node:net";
import tls from "node:tls";
import { certify, type Certified } from "../certificates.ts";
import { received, text, type Answer, type Echo, type Received } from "../echo.ts";

// The providers' own addresses, https and all, lead to emulators on loopback: name resolution, the port 443 and the
// trusted authority of this process are the test's. All that Signet does with an address, a name it looked up or a
// certificate stays as it is.

export interface Internet {
  /** Every request to any host, oldest first. */
  readonly requests: readonly Received[];
  /** Has `answer` answer for a host; `*.example.com` stands for all names below. Throws when somebody else does. */
  host(name: string, answer: Answer): void;
  /** The requests to a host and path, oldest first. */
  to(host: string, path: string): Received[];
  /** Gives the process the real internet back. */
  close(): Promise<void>;
}

/** A host of the internet as an echo server, for what was written for one. */
export function echoAt(internet: Internet, host: string): Echo {
  let now: Answer = nowhere;
  internet.host(host, (request, response) => now(request, response));
  const requests = () => internet.requests.filter((request) => request.header("host") === host);
  return {
    url: `https://${host}`,
    host,
    port: 443,
    get requests() {
      return requests();
    },
    get last() {
      return requests().at(-1)!;
    },
    answer: (next) => (now = next),
    open: 0,
    close: () => Promise.resolve(),
  };
}

/** Takes this process off the internet: names that nobody answers for are unknown. One at a time in a process. */
export async function openInternet(): Promise<Internet> {
  const hosts = new Map<string, Answer>();
  const requests: Received[] = [];
  const answerOf = (name: string) => hosts.get(name) ?? hosts.get(`*.${name.split(".").slice(1).join(".")}`);
  const authority = certify({ name: "The internet of the tests", authority: true });
  const server = serve(authority, (request, response) => {
    requests.push(request);
    return (answerOf(request.header("host") ?? "") ?? nowhere)(request, response);
  });
  const port = await listen(server);
  const restore = divert((name) => answerOf(name) !== undefined, port, authority.certificate);
  return {
    requests,
    host: (name, answer) => {
      if (hosts.has(name)) throw new Error(`${name} has a server already.`);
      hosts.set(name, answer);
    },
    to: (host, path) =>
      requests.filter((request) => request.header("host") === host && request.path.split("?")[0] === path),
    close: async () => {
      restore();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

const nowhere = text("misdirected", "text/plain", 421);

function serve(authority: Certified, answer: Answer): Server {
  const contexts = new Map<string, tls.SecureContext>();
  const contextOf = (name: string) => {
    const { certificate, key } = certify({ name, hosts: [name], by: authority });
    return tls.createSecureContext({ cert: certificate, key });
  };
  const SNICallback = (name: string, done: (error: Error | null, context?: tls.SecureContext) => void) => {
    if (!contexts.has(name)) contexts.set(name, contextOf(name));
    done(null, contexts.get(name));
  };
  return createServer({ SNICallback }, (message, response) => {
    void received(message, 0).then(
      (request) => answer(request, response),
      () => undefined, // The client hung up before its request was complete.
    );
  });
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** Names that are `known` resolve to loopback, connections to their port 443 go to `port`, and `authority` is trusted. */
function divert(known: (name: string) => boolean, port: number, authority: string): () => void {
  const before = {
    lookup: dns.lookup,
    connect: Socket.prototype.connect,
    authorities: tls.getCACertificates("default"),
  };
  const lookup = (name: string, options: dns.LookupOptions, done: (...answer: unknown[]) => void) => {
    if (name === "localhost" || isIP(name)) return before.lookup(name, options, done as never);
    const found = [{ address: "127.0.0.1", family: 4 }];
    if (!known(name)) done(Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: "ENOTFOUND" }));
    else if (options.all) done(null, found);
    else done(null, found[0]!.address, found[0]!.family);
  };
  function connect(this: Socket, ...given: unknown[]): Socket {
    const [where, ...rest] = given as [{ host?: string; port?: number | string } | undefined];
    const ours = where?.host !== undefined && Number(where.port) === 443 && known(where.host);
    return Reflect.apply(before.connect, this, [ours ? { ...where, port } : where, ...rest]) as Socket;
  }
  Object.assign(dns, { lookup });
  syncBuiltinESMExports();
  Socket.prototype.connect = connect as typeof before.connect;
  tls.setDefaultCACertificates([authority]);
  return () => {
    Object.assign(dns, { lookup: before.lookup });
    syncBuiltinESMExports();
    Socket.prototype.connect = before.connect;
    tls.setDefaultCACertificates(before.authorities);
  };
}
