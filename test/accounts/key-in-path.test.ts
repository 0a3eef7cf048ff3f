import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Account } from "../../src/accounts/account.ts";
import { getAccount, shownAccount } from "../../src/accounts/browse.ts";
import { connectAccount } from "../../src/accounts/connect.ts";
import { execute } from "../../src/accounts/execute.ts";
import { shareAccount } from "../../src/accounts/share.ts";
import { testAccount } from "../../src/accounts/test.ts";
import { addService } from "../../src/services/add.ts";
import { json, newEcho, text, type Echo } from "../support/echo.ts";
import { newServed, type Served } from "../support/provider-hub.ts";
import { auditRows } from "../support/world.ts";

// A key that stands in a path reaches the provider and nobody else: no answer, page, log line or row of the audit.

const KEY = "123456:canary-AAF4eC39HqLyjWDarjtT1zdp7dc";
let served: Served;
let echo: Echo;
let account: Account;
const lines: string[] = [];

beforeAll(async () => {
  const keep = (...given: unknown[]) => void lines.push(JSON.stringify(given));
  served = await newServed({ log: { info: keep, warn: keep, error: keep } });
  echo = await newEcho();
  const { hub, people } = served;
  const service = await addService(hub.ctx(people.ada), {
    kind: "api_key",
    name: "Bots",
    settings: { in: "path" },
    base_url: `${echo.url}/bot{key}`,
    test: { url: "/getMe", identity: { label: "result.username" }, success: { path: "ok", equals: true } },
  });
  account = await connectAccount(hub.ctx(people.ben), {
    service: service.id,
    name: "Helper bot",
    secret: { key: KEY },
  });
});
afterAll(async () => {
  await echo?.close();
  await served?.close();
});
beforeEach(() => {
  echo.answer(json({ ok: true, result: { username: "helper_bot" } }));
});

const ben = () => served.hub.ctx(served.people.ben);
const send = (url: string, more: object = {}) => execute(ben(), { account: account.id, url, ...more });

test("goes where the base URL says, for every way to send", async () => {
  expect(await send("/getMe")).toMatchObject({ status: 200, url: `${echo.url}/bot%7Bkey%7D/getMe` });
  expect(echo.last.path).toBe(`/bot${KEY}/getMe`);
  await send(`${echo.url}/file/bot{key}/photo.jpg`);
  expect(echo.last.path).toBe(`/file/bot${KEY}/photo.jpg`);
  const proxied = await fetch(`${served.app.url}/proxy/${account.slug}/sendMessage?a=1`, {
    method: "POST",
    headers: { authorization: `Bearer ${served.tokens.ben}` },
  });
  expect(proxied.status).toBe(200);
  expect(echo.last.path).toBe(`/bot${KEY}/sendMessage?a=1`);
  expect(await testAccount(ben(), account.id)).toMatchObject({ worked: true, identity: { label: "helper_bot" } });
});

test("is not in what comes back, also where the provider tells it", async () => {
  echo.answer(text(`{"you":"sent /bot${KEY}/x and ${encodeURIComponent(KEY)}"}`, "application/json", 400));
  const answer = JSON.stringify(await send("/x"));
  expect(answer).toContain("you");
  expect(answer).not.toContain("canary");
  echo.answer((_request, response) => response.writeHead(302, { location: `/bot${KEY}/next` }).end());
  expect(JSON.stringify(await send("/x", { follow_redirects: false }))).not.toContain("canary");
});

test("is masked for whoever simulates", async () => {
  expect(await send("/getMe", { simulate: true })).toMatchObject({ request: { url: `${echo.url}/bot•••/getMe` } });
});

test("is a word that shares can name in their paths", async () => {
  await shareAccount(ben(), account.id, {
    with: { type: "worker", id: served.people.cleo.id },
    rules: [{ paths: ["/bot{key}/getMe"] }],
  });
  const cleo = served.hub.ctx(served.people.cleo);
  expect(await execute(cleo, { account: account.id, url: "/getMe" })).toMatchObject({ status: 200 });
  const refusal = await execute(cleo, { account: account.id, url: "/sendMessage" }).catch((error: Error) => error);
  expect(refusal).toMatchObject({ code: "rule_denied" });
  expect(String(refusal)).not.toContain("canary");
});

test("is needed: a path without a place for it is refused", async () => {
  const before = echo.requests.length;
  await expect(send(`${echo.url}/getMe`)).rejects.toMatchObject({ code: "invalid" });
  expect(echo.requests.length).toBe(before);
});

test("was written down nowhere", async () => {
  const rows = await auditRows(served.hub.world);
  expect(rows.filter(({ facts }) => facts.path === "/bot%7Bkey%7D/getMe").length).toBeGreaterThan(3);
  expect(JSON.stringify(rows)).not.toContain("canary");
  expect(JSON.stringify(shownAccount(await getAccount(ben(), account.id)))).not.toContain("canary");
  expect(lines.join("\n")).not.toContain("canary");
});
