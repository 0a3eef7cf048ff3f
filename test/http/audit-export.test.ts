import { afterAll, beforeAll, expect, test } from "vitest";
import { execute } from "../../src/accounts/execute.ts";
import type { Account } from "../../src/accounts/account.ts";
import { csvLine } from "../../src/http/csv.ts";
import { Browser, startApp, type App } from "../support/app.ts";
import { newEcho, type Echo } from "../support/echo.ts";
import { bearerService, connected } from "../support/services.ts";
import { cast, newWorld, PASSWORDS, type Cast, type TestWorld } from "../support/world.ts";

let hub: TestWorld;
let app: App;
let echo: Echo;
let people: Cast;
let account: Account;
let ada: Browser;
let ben: Browser;
let cleo: Browser;

beforeAll(async () => {
  echo = await newEcho();
  hub = await newWorld({ outboundAllow: [echo.host], clock: () => new Date("2026-05-04T12:30:00Z") });
  people = await cast(hub.world);
  app = await startApp(hub.world);
  const service = await bearerService(hub, people.ada, echo.url);
  account = await connected(hub, people.ben, service, { token: "ben-secret-token-1" }, { name: 'Inbox "North", EU' });
  await execute(hub.ctx(people.ben), { account: account.id, url: "/items" });
  await execute(hub.ctx(people.ben), { account: account.id, url: "https://no.example/x" }).catch(() => undefined);
  ada = await new Browser(app).signIn("ada@example.com", PASSWORDS.ada);
  ben = await new Browser(app).signIn("ben@example.com", PASSWORDS.ben);
  cleo = await new Browser(app).signIn("cleo@example.com", PASSWORDS.cleo);
});

afterAll(async () => {
  await app?.close();
  await hub?.close();
  await echo?.close();
});

/** The records of a file as RFC 4180 describes it, by the names of its first line. Fails on what is not such a file. */
function parsed(text: string): Record<string, string>[] {
  const records: string[][] = [];
  const field = /"((?:[^"]|"")*)"(,|\r\n)/y;
  let fields: string[] = [];
  for (field.lastIndex = 0; field.lastIndex < text.length;) {
    const match = field.exec(text);
    if (!match) throw new Error(`This is no CSV: ${text.slice(0, 200)}`);
    fields.push(match[1]!.replaceAll('""', '"'));
    if (match[2] === ",") continue;
    records.push(fields);
    fields = [];
  }
  const [names, ...rows] = records;
  expect(rows.every((row) => row.length === names!.length)).toBe(true);
  return rows.map((row) => Object.fromEntries(row.map((value, at) => [names![at]!, value])));
}

const exported = async (who: Browser, query = "") => parsed((await who.get(`/audit/export${query}`)).text);

test("the export is a file of what the page shows, with every fact and no secret", async () => {
  const answer = await ben.get("/audit/export?action=execute");
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toMatch(/^text\/csv; charset=utf-8/);
  expect(answer.headers.get("content-disposition")).toBe('attachment; filename="signet-audit-2026-05-04.csv"');
  expect(answer.headers.get("cache-control")).toBe("no-store");
  const [denied, sent, ...rest] = parsed(answer.text);
  expect(rest).toEqual([]);
  expect(denied).toMatchObject({ outcome: "denied", host: "no.example" });
  expect(sent).toMatchObject({
    at: "2026-05-04T12:30:00.000Z",
    actor_type: "worker",
    actor_id: people.ben.id,
    actor: "Ben Worker",
    action: "execute",
    outcome: "ok",
    account_id: account.id,
    account: 'Inbox "North", EU',
    method: "GET",
    host: echo.host,
    path: "/items",
    status: "200",
    code: "",
  });
  expect(JSON.parse(sent!.facts!)).toMatchObject({ account: 'Inbox "North", EU', status: 200 });
  expect(answer.text).not.toContain("ben-secret-token-1");
});

test("everybody exports what they may read, and the page links to it with its filters", async () => {
  const all = await exported(ada);
  expect(new Set(all.map((row) => row.actor))).toContain("Ben Worker");
  expect((await exported(cleo)).every((row) => row.actor === "Cleo Worker")).toBe(true);
  expect((await exported(ben)).some((row) => row.action === "team.created")).toBe(false);
  const page = await ben.get("/audit?action=execute&outcome=denied&q=no.example");
  expect(page.text).toContain('href="/audit/export?action=execute&amp;outcome=denied&amp;q=no.example"');
  expect(await exported(ben, "?action=execute&outcome=denied&q=no.example")).toHaveLength(1);
  expect((await new Browser(app).get("/audit/export")).location).toMatch(/^\/sign-in/);
});

test("a filter that makes no sense is told on the page, and nothing is exported", async () => {
  const bad = await ada.get("/audit/export?since=yesterday");
  expect(bad.status).toBe(400);
  expect(bad.text).toContain('id="field-since-problem"');
});

test("taking the audit away is itself recorded, with the filters", async () => {
  await ada.get("/audit/export?action=execute&outcome=denied");
  const [row] = await exported(ada, "?action=audit.exported");
  expect(JSON.parse(row!.facts!)).toEqual({ filters: ["action: execute", "outcome: denied"] });
  expect(row!.actor).toBe("Ada Admin");
});

test("an audit of many pages is exported whole, each record once, in order", async () => {
  const ctx = hub.ctx(people.cleo);
  const events = Array.from({ length: 2_100 }, (_, at) => ({
    action: "session.ended" as const,
    outcome: "ok" as const,
    facts: { sessions: at },
  }));
  await Promise.all(events.map((event) => hub.world.audit.append(ctx, event)));
  const rows = await exported(cleo, "?action=session.ended");
  expect(rows).toHaveLength(2_100);
  const numbers = rows.map((row) => Number(row.seq));
  expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => b - a));
});

test("no text of a stranger becomes a formula in a spreadsheet", async () => {
  const email = `=HYPERLINK("https://evil.example";"x")`;
  await hub.world.audit.append(hub.ctx(people.ada), {
    action: "link.refused",
    outcome: "failed",
    facts: { service: "@SUM(1)", link: email },
  });
  const [row] = await exported(ada, "?action=link.refused");
  expect(row!.service).toBe("'@SUM(1)");
  for (const text of ["=1+1", "+1", "-1", "@x", "\t=1", "\r\n=1", "＝1", ' "=1', "a;=1", "a\t@x"]) {
    expect(csvLine([text]), JSON.stringify(text)).toMatch(/^"(a[;\t])?'/);
  }
  expect(csvLine(["a=b", "2026-05-04", "x;y", 7, null, 'say "hi"'])).toBe(
    '"a=b","2026-05-04","x;y","7","","say ""hi"""\r\n',
  );
});
