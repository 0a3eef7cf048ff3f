import { afterAll, beforeAll, expect, test } from "vitest";
import type { Account } from "../../src/accounts/account.ts";
import { addBehavior } from "../../src/behaviors/save.ts";
import { addBot } from "../../src/bots/add.ts";
import type { Run } from "../../src/runs/run.ts";
import { startRun } from "../../src/runs/start.ts";
import { stopRun } from "../../src/runs/stop.ts";
import { runRuns } from "../../src/runs/serve.ts";
import { Browser, startApp, type App } from "../support/app.ts";
import { newEcho, type Echo } from "../support/echo.ts";
import { bearerService, connected } from "../support/services.ts";
import { cast, newWorld, PASSWORDS, type Cast, type TestWorld } from "../support/world.ts";

// The page of a run that lasts is told of news, and only as long as somebody looks who may.

let hub: TestWorld;
let app: App;
let people: Cast;
let echo: Echo;
let serving: { close(): Promise<void> };
let account: Account;
/** Lets the provider answer what it was asked last. */
let answer: () => void;
/** Notices of runs, as every process hears them. */
const heard: string[] = [];

beforeAll(async () => {
  hub = await newWorld({ outboundAllow: ["127.0.0.1/32"] });
  app = await startApp(hub.world);
  people = await cast(hub.world);
  serving = await runRuns(hub.world);
  echo = await newEcho((_, response) => {
    answer = () => response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  const service = await bearerService(hub, people.ada, echo.url);
  account = await connected(hub, people.ada, service, { token: "0123456789abcdef" });
  hub.world.memory.listen("run", (key) => heard.push(key));
});

afterAll(async () => {
  await app.close();
  await serving.close();
  await echo.close();
  await hub.close();
});

let made = 0;
/** A run whose first request the provider has, and does not answer yet. */
async function underWay(): Promise<Run> {
  const ada = hub.ctx(people.ada);
  const bot = await addBot(ada, { name: `Slow ${++made}` });
  const steps = ["/one", "/two"].map((url) => ({ do: "http_request", account: account.id, url }));
  const behavior = await addBehavior(ada, { bot: bot.id, title: "Slow", steps } as never);
  const before = echo.requests.length;
  const run = await startRun(ada, behavior.id, { wait_ms: 1 }, "hand");
  await expect.poll(() => echo.requests.length).toBe(before + 1);
  return run;
}

interface Stream {
  status: number;
  events: [event: string, data: string][];
  ended: Promise<void>;
}

async function open(browser: Browser, run: Run): Promise<Stream> {
  const cookie = `signet=${browser.cookie("signet")}`;
  const response = await fetch(`${app.url}/runs/${run.id}/events`, { headers: { cookie }, redirect: "manual" });
  const events: Stream["events"] = [];
  const read = async () => {
    let text = "";
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      for (const [, event, data] of text.matchAll(/event: (.*)\ndata: (.*)\n\n/g)) events.push([event!, data!]);
      text = text.slice(text.lastIndexOf("\n\n") + 2);
    }
  };
  return { status: response.status, events, ended: read().catch(() => undefined) };
}

const signedIn = () => new Browser(app).signIn("ada@example.com", PASSWORDS.ada);

test("tells how it is at once, then when it gets on, then that it is over", async () => {
  const run = await underWay();
  const stream = await open(await signedIn(), run);
  await expect.poll(() => stream.events).toEqual([["news", "running"]]);
  answer();
  await expect.poll(() => echo.requests.length).toBe(2);
  await expect.poll(() => stream.events.length).toBeGreaterThan(1);
  answer();
  await stream.ended;
  expect(stream.events.at(-1)).toEqual(["over", "succeeded"]);
});

test("costs nothing for runs that nobody looks at: they tell their end alone", async () => {
  heard.length = 0;
  const run = await underWay();
  answer();
  await expect.poll(() => echo.requests.at(-1)!.path).toBe("/two");
  answer();
  await expect.poll(() => heard.filter((key) => key.includes(run.id))).toEqual([run.id]);
});

test("ends with the session", async () => {
  const run = await underWay();
  const browser = await signedIn();
  const stream = await open(browser, run);
  await expect.poll(() => stream.events.length).toBe(1);
  const cookie = browser.cookie("signet")!;
  await browser.post("/sign-out");
  answer();
  await stream.ended;
  expect(stream.events.map(([event]) => event)).not.toContain("over");
  const later = await fetch(`${app.url}/runs/${run.id}/events`, {
    headers: { cookie: `signet=${cookie}` },
    redirect: "manual",
  });
  expect(later.status).toBe(303);
  await stopRun(hub.ctx(people.ada), run.id);
  answer();
});

test("makes room for the newest where one session opens too many", async () => {
  const run = await underWay();
  const browser = await signedIn();
  const streams: Stream[] = [];
  for (let at = 0; at < 13; at++) streams.push(await open(browser, run));
  await streams[0]!.ended;
  await expect.poll(() => streams.at(-1)!.events.length).toBe(1);
  await stopRun(hub.ctx(people.ada), run.id);
  answer();
  await Promise.all(streams.map(({ ended }) => ended));
});

test("ends when the server stops, although the run goes on", async () => {
  const run = await underWay();
  const stream = await open(await signedIn(), run);
  await expect.poll(() => stream.events.length).toBe(1);
  await app.close();
  await stream.ended;
  expect(stream.events).toEqual([["news", "running"]]);
  await stopRun(hub.ctx(people.ada), run.id);
  answer();
});
