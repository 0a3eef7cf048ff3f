import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Provider } from "oidc-provider";
import { sendJson } from "./answer.ts";
import { crmApi } from "./api.ts";
import { interactions } from "./interaction.ts";
import { consolePage, sendPage } from "./pages.ts";
import { acmeProvider } from "./provider.ts";
import { Store } from "./store.ts";
import { becomeWhoWasChosen } from "./tabs.ts";
import { weatherApi } from "./weather.ts";

/** The fictional company while it runs. */
export interface Acme {
  /** Such as `http://127.0.0.1:3001`. */
  origin: string;
  port: number;
  close(): Promise<void>;
}

const STYLE = readFileSync(join(import.meta.dirname, "acme.css"));

/**
 * Starts Acme on loopback: authorization server, CRM, weather.
 * @param options.ports which ports to try, in this order; 0 stands for any free one.
 * @param options.folder where it keeps what it granted.
 * @param options.publicUrl where Signet is; its callback is the only one that is known here.
 */
export async function startAcme(options: {
  ports: number[];
  folder: string;
  publicUrl: string;
  cookieKey: string;
}): Promise<Acme> {
  let handle = (_request: IncomingMessage, response: ServerResponse): unknown => response.writeHead(503).end();
  const server = createServer((request, response) => void handle(request, response));
  const port = await listen(server, options.ports);
  const origin = `http://127.0.0.1:${port}`;
  const callback = `${options.publicUrl}/oauth/callback`;
  const store = new Store(join(options.folder, "acme.json"));
  const provider = acmeProvider(origin, callback, store, options.cookieKey);
  handle = router(provider, origin, callback);
  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  return { origin, port, close };
}

function router(provider: Provider, origin: string, callback: string) {
  const oauth = provider.callback();
  const crm = crmApi(provider);
  const interact = interactions(provider, new URL(callback).origin);
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      const url = new URL(request.url ?? "/", origin);
      const [, first = "", second = "", third] = url.pathname.split("/");
      switch (first) {
        case "":
          return sendPage(response, consolePage(origin, callback));
        case "acme.css":
          return void response.writeHead(200, { "content-type": "text/css" }).end(STYLE);
        case "api":
          return await crm(request, response, url);
        case "weather":
          return weatherApi(request, response, url);
        case "interaction":
          return await interact(request, response, second, third);
        case "oauth":
          if (second === "authorize" && third) await becomeWhoWasChosen(provider, request, response, third);
          return await oauth(request, response);
        default:
          return await oauth(request, response);
      }
    } catch (error) {
      process.stderr.write(`Acme: ${error instanceof Error ? error.stack : String(error)}\n`);
      if (!response.headersSent) sendJson(response, { error: "server_error" }, 500);
    }
  };
}

/** Listens on the first of the ports that is free. */
async function listen(server: Server, ports: number[]): Promise<number> {
  for (const port of ports) {
    const taken = await new Promise<boolean>((resolve, reject) => {
      server.once("error", (error: NodeJS.ErrnoException) =>
        error.code === "EADDRINUSE" || error.code === "EACCES" ? resolve(true) : reject(error),
      );
      server.listen(port, "127.0.0.1", () => resolve(false));
    });
    server.removeAllListeners("error").removeAllListeners("listening");
    if (!taken) return (server.address() as AddressInfo).port;
  }
  throw new Error(`No port for Acme: ${ports.join(", ")} are taken.`);
}
