import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addWorker } from "../../src/people/add-worker.ts";
import { workerActor } from "../../src/people/browse.ts";
import { botActor } from "../../src/bots/browse.ts";
import { SCOPES } from "../../src/access/actor.ts";
import { newId } from "../../src/storage/id.ts";
import { apiRoutes } from "../../src/http/api.ts";
import type { ApiRoute } from "../../src/http/route.ts";
import { newServed, type Called, type Served } from "../support/provider-hub.ts";

// Every route that takes an id, for everybody who might try it (statement W-11): what is somebody else's answers
// exactly like what does not exist.

type Who = "owner" | "shared" | "stranger" | "admin" | "granted bot" | "other bot" | "nobody";

let served: Served;
const tokens = {} as Record<Who, string | null>;
const own = {} as Record<"account" | "bot" | "link" | "share" | "token" | "botToken", string>;

beforeAll(async () => {
  served = await newServed();
  const { hub, people, call } = served;
  const dora = await addWorker(hub.ctx(), {
    email: "dora@example.com",
    name: "Dora",
    role: "worker",
    password: "deep sea diving bell",
  });
  tokens.owner = served.tokens.ben;
  tokens.shared = served.tokens.cleo;
  tokens.admin = served.tokens.ada;
  tokens.stranger = await served.token((await workerActor(hub.world, dora.id, SCOPES))!);
  tokens.nobody = null;
  const make = async (path: string, body: object, by = tokens.owner) => {
    const made = await call("POST", path, by, body);
    expect(made.status, made.text).toBe(201);
    return made.body;
  };
  const service = await make(
    "/services",
    { kind: "bearer", name: "CRM", settings: {}, base_url: "https://crm.example.com" },
    tokens.admin,
  );
  const settings = {
    authorize_url: "https://crm.example.com/a",
    token_url: "https://crm.example.com/t",
    client_id: "x",
    client_secret: "y12345678",
  };
  const linked = await make(
    "/services",
    { kind: "oauth2", name: "OAuth", settings, base_url: "https://crm.example.com" },
    tokens.admin,
  );
  own.account = (
    await make("/accounts", { service: service.id, name: "Inbox", secret: { token: "tok-1234567890" } })
  ).id;
  own.bot = (await make("/bots", { name: "Ben's" })).id;
  const bots = [
    (await make("/bots", { name: "Cleo's" }, tokens.shared)).id,
    (await make("/bots", { name: "Dora's" }, tokens.stranger)).id,
  ];
  const [granted, other] = await Promise.all(bots.map((id) => botActor(hub.world, id, SCOPES)));
  tokens["granted bot"] = await served.token(granted!);
  tokens["other bot"] = await served.token(other!);
  own.share = (await make(`/accounts/${own.account}/shares`, { with: { type: "worker", id: people.cleo.id } })).id;
  await make(`/accounts/${own.account}/shares`, { with: { type: "bot", id: granted!.id } });
  own.link = (await make("/links", { service: linked.id, name: "Mine" })).id;
  own.token = (await make("/me/tokens", {})).id;
  own.botToken = (await make(`/bots/${own.bot}/tokens`, {})).id;
});

afterAll(() => served?.close());

const routes = (await apiRoutes()).filter(({ path }) =>
  /^\/(accounts|bots|links|me\/tokens)\/.*\{|^\/(accounts|bots|links)\/\{/.test(path),
);

/** A body that the route takes. */
function bodyFor({ path, method }: ApiRoute): object | undefined {
  if (path === "/accounts/{id}/shares" && method === "POST") return { with: { type: "everyone" } };
  if (path.endsWith("/presign")) return { url: "/tickets" };
  if (method === "PATCH") return { name: "Taken over" };
  return method === "POST" ? {} : undefined;
}

/** The route's address for these ids; what is not an account, bot or link goes by the second. */
function address({ path }: ApiRoute, id?: string, second?: string): string {
  const first = path.startsWith("/me")
    ? undefined
    : path.startsWith("/accounts")
      ? own.account
      : path.startsWith("/bots")
        ? own.bot
        : own.link;
  const inner = path.includes("{share}") ? own.share : path.startsWith("/bots") ? own.botToken : own.token;
  return path.replace("{id}", id ?? first ?? "").replace(/\{(share|token)\}/, second ?? inner);
}

const ask = (who: Who, route: ApiRoute, path: string) => served.call(route.method, path, tokens[who], bodyFor(route));
const plain = ({ status, body }: Called) => ({ status, ...body, request_id: null });

describe.each(routes.map((route) => [`${route.method} ${route.path}`, route] as const))("%s", (_name, route) => {
  test("a stranger can not tell what is there from what is not", async () => {
    for (const who of ["stranger", "other bot"] as const) {
      const foreign = await ask(who, route, address(route));
      // What bots and tokens without rights get at all is the same for every id.
      expect([403, 404], foreign.text).toContain(foreign.status);
      if (who === "stranger") expect(foreign.status).toBe(404);
      for (const id of [newId(), "no-such-thing", "%00", "%27%3B--", "x".repeat(150)]) {
        const missing = await ask(who, route, address(route, id, newId()));
        if (id === "%00") expect(missing.status).toBeLessThan(500);
        else expect(plain(missing), `${who} ${id}`).toEqual(plain(foreign));
      }
    }
  });

  test("the owner is told the same of what does not exist", async () => {
    const [missing, malformed] = [
      await ask("owner", route, address(route, newId(), newId())),
      await ask("owner", route, address(route, "Mal formed", "mal-formed")),
    ];
    expect([missing.status, missing.body.code]).toEqual([404, "not_found"]);
    expect(plain(malformed)).toEqual(plain(missing));
  });

  test("nobody is asked who they are", async () => {
    const answer = await ask("nobody", route, address(route));
    expect([answer.status, answer.headers.get("signet-error")]).toEqual([401, "unauthenticated"]);
  });

  test("who may only see it may not change it, and reads no secret", async () => {
    for (const who of ["shared", "admin", "granted bot"] as const) {
      const isAccount = route.path.startsWith("/accounts");
      const stops = who === "admin" && /^\/accounts\/\{id\}(\/pause)?$/.test(route.path) && route.method !== "PATCH";
      // An admin may end or stop what they may not use, and may manage nothing else; tried elsewhere.
      if (stops && route.method !== "GET") continue;
      const answer = await ask(who, route, address(route));
      expect(answer.text).not.toContain("tok-1234567890");
      if (!isAccount) expect(answer.status === 200 ? who : "admin").toBe("admin");
      else if (route.method === "GET") expect(answer.status).toBe(200);
      // Allowed, and then a bearer token has no way to sign an address.
      else if (route.path.endsWith("/presign")) expect(answer.status).toBe(who === "admin" ? 403 : 400);
      else if (route.path.endsWith("/test")) expect(answer.status).toBe(who === "admin" ? 403 : 200);
      else expect([answer.status, answer.body.code], who).toEqual([403, "forbidden"]);
    }
  });
});

test("after all of it the owner's things are as they were", async () => {
  const account = await served.call("GET", `/accounts/${own.account}`, tokens.owner);
  expect(account.body).toMatchObject({ name: "Inbox", state: "active", owner: { type: "worker" } });
  const shares = await served.call("GET", `/accounts/${own.account}/shares`, tokens.owner);
  expect(shares.body.items).toHaveLength(2);
  expect((await served.call("GET", `/bots/${own.bot}`, tokens.owner)).body.name).toBe("Ben's");
  expect((await served.call("GET", `/bots/${own.bot}/tokens`, tokens.owner)).body.items).toHaveLength(1);
  expect((await served.call("GET", `/links/${own.link}`, tokens.owner)).body.state).toBe("pending");
});
