import { randomBytes } from "node:crypto";
import { newEcho, type Answer, type Echo } from "./echo.ts";

/** An API that wants a session: POST /login gives one for the right password, everything else asks for it. */
export interface SessionServer {
  echo: Echo;
  username: string;
  password: string;
  /** Sessions that are good. */
  sessions: Set<string>;
  logins: number;
  /** How many seconds a session is said to last; nothing is said when undefined. */
  lasts: number | undefined;
  /** Answers a login in place of what is checked here. */
  instead: Answer | undefined;
  close(): Promise<void>;
}

export async function newSessionServer(): Promise<SessionServer> {
  const server: SessionServer = {
    echo: await newEcho(),
    username: "ben@example.com",
    password: "pw-4eC39HqLyjWDarjtT1",
    sessions: new Set(),
    logins: 0,
    lasts: undefined,
    instead: undefined,
    close: () => server.echo.close(),
  };
  server.echo.answer((request, response) => {
    const answer = (status: number, body: object) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    const session = request.header("x-session") ?? "";
    if (request.path === "/logout" && server.sessions.delete(session)) return answer(200, {});
    if (request.path !== "/login") {
      const known = server.sessions.has(session);
      return known ? answer(200, { user: server.username, session }) : answer(401, { error: "no session" });
    }
    server.logins++;
    if (server.instead) return server.instead(request, response);
    const given = JSON.parse(request.body.toString()) as Record<string, unknown>;
    if (given.user !== server.username || given.password !== server.password) return answer(401, { error: "wrong" });
    const fresh = randomBytes(16).toString("hex");
    server.sessions.add(fresh);
    return answer(200, { token: fresh, ...(server.lasts === undefined ? {} : { expires_in: server.lasts }) });
  });
  return server;
}
