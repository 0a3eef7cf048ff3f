import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Bot } from "../../src/bots/bot.ts";
import { getRun } from "../../src/runs/browse.ts";
import { rerun } from "../../src/runs/rerun.ts";
import { runnerOf } from "../../src/runs/runner.ts";
import { newStudio, type Studio } from "../support/behaviors.ts";
import { json, newEcho, type Answer, type Echo } from "../support/echo.ts";
import { bearerService, connected } from "../support/services.ts";

let studio: Studio;
let echo: Echo;
let bot: Bot;

beforeAll(async () => {
  studio = await newStudio();
  const { hub, people } = studio;
  echo = await newEcho();
  const service = await bearerService(hub, people.ada, `${echo.url}/api`);
  await connected(hub, people.ada, service, { token: "tok-canary-4d1f" }, { name: "CRM", slug: "crm-main" });
  bot = await studio.bot(people.ada, "crm");
});

afterAll(async () => {
  await studio?.hub.close();
  await echo?.close();
});

beforeEach(() => (echo.requests.length = 0));

const list = (more: object) => ({
  id: "all",
  do: "paginate",
  account: "crm-main",
  url: "/items",
  query: { kind: "a b" },
  items: "{{ page.body.items }}",
  ...more,
});
const run = (step: object, given = {}) => studio.run(bot, { steps: [step], output: "{{ steps.all }}" }, given);
const asked = () => echo.requests.map(({ path }) => path);
/** Five items, two to a page; `more` tells what an answer has besides the items of a page. */
const pages =
  (more: (page: number) => object, headers: (page: number) => Record<string, string> = () => ({})): Answer =>
  (request, response) => {
    const page = Number(/[?&](?:p|after)=(\d+)/.exec(request.path)?.[1] ?? 1);
    const items = [1, 2, 3, 4, 5].slice(page * 2 - 2, page * 2);
    return json({ items, ...more(page) }, 200, headers(page))(request, response);
  };
const ALL = { items: [1, 2, 3, 4, 5], pages: 3, complete: true };

describe("a list of several pages is gathered", () => {
  it("by the Link header, relative addresses included", async () => {
    echo.answer(
      pages(
        () => ({}),
        (page): Record<string, string> => (page < 3 ? { link: `</api/items?p=${page + 1}>; rel="next"` } : {}),
      ),
    );
    expect((await run(list({ next: { link_header: true } }))).output).toEqual(ALL);
    expect(asked()).toEqual(["/api/items?kind=a+b", "/api/items?p=2", "/api/items?p=3"]);
  });

  it("by an address in the answer, which may be missing at the end", async () => {
    echo.answer(pages((page) => (page < 3 ? { next: `${echo.url}/api/items?p=${page + 1}` } : {})));
    expect((await run(list({ next: { url: "{{ page.body.next }}" } }))).output).toEqual(ALL);
    expect(asked()).toEqual(["/api/items?kind=a+b", "/api/items?p=2", "/api/items?p=3"]);
  });

  it("by a cursor in the query or in the body", async () => {
    echo.answer(pages((page) => ({ meta: { cursor: page < 3 ? page + 1 : "" } })));
    const from = "{{ page.body.meta.cursor }}";
    expect((await run(list({ next: { cursor: { from, query: "after" } } }))).output).toEqual(ALL);
    expect(asked()).toEqual(["/api/items?kind=a+b", "/api/items?kind=a+b&after=2", "/api/items?kind=a+b&after=3"]);
    echo.requests.length = 0;
    const step = list({ method: "POST", body: { size: 2 }, next: { cursor: { from, body: "after" } }, max_pages: 2 });
    await run({ ...step, query: {} });
    expect(echo.requests.map(({ body }) => body.toString())).toEqual(['{"size":2}', '{"size":2,"after":2}']);
  });

  it("by the number of the page, until one is empty", async () => {
    echo.answer(pages(() => ({})));
    expect((await run(list({ next: { page: { query: "p" } } }))).output).toEqual({ ...ALL, pages: 4 });
    expect(asked().at(-1)).toBe("/api/items?kind=a+b&p=4");
  });

  it("by an offset", async () => {
    echo.answer(json({ items: [] }));
    echo.answer((request, response) => {
      const offset = Number(/offset=(\d+)/.exec(request.path)![1]);
      return json({ items: [1, 2, 3].slice(offset, offset + 2) })(request, response);
    });
    const { output } = await run(list({ next: { offset: { query: "offset", size: 2 } } }));
    expect(output).toEqual({ items: [1, 2, 3], pages: 3, complete: true });
    expect(asked().map((path) => path.slice(-8))).toEqual(["offset=0", "offset=2", "offset=4"]);
  });

  it("no further than was asked for, and never in a circle", async () => {
    echo.answer(pages((page) => ({ next: `/api/items?p=${page === 3 ? 1 : page + 1}` })));
    const next = { url: "{{ page.body.next }}" };
    const few = await run(list({ next, max_pages: "{{ 1 + 1 }}" }));
    expect(few.output).toEqual({ items: [1, 2, 3, 4], pages: 2, complete: false });
    echo.answer(json({ items: [7], next: "/api/items?kind=a+b" }));
    const round = await run(list({ next }));
    expect(round.output).toEqual({ items: [7, 7], pages: 2, complete: false });
  });
});

describe("what goes wrong on the way", () => {
  it("a next address elsewhere does not get the credential", async () => {
    const elsewhere = await newEcho();
    echo.answer(json({ items: [1], next: `${elsewhere.url}/api/items` }));
    const ended = await run(list({ next: { url: "{{ page.body.next }}" } }));
    expect(ended).toMatchObject({ state: "failed", error: { code: "host_not_allowed" } });
    expect(elsewhere.requests).toHaveLength(0);
    await elsewhere.close();
  });

  it("a page with an error fails, and a run taken up again asks only for what it does not have", async () => {
    const next = { cursor: { from: "{{ page.body.next }}", query: "p" } };
    const flow: Answer = pages((page) => (page < 3 ? { next: page + 1 } : {}));
    echo.answer((request, response) =>
      (request.path.endsWith("p=3") ? json({ error: "no" }, 503) : flow)(request, response),
    );
    const failed = await run(list({ next }));
    expect(failed).toMatchObject({ state: "failed", error: { message: "The provider answered 503." } });
    echo.requests.length = 0;
    echo.answer(flow);
    const { hub, people } = studio;
    const again = await rerun(hub.ctx(people.ada), failed.id, { from: "failure" });
    await runnerOf(hub.world).take(again.id);
    const { run: ended, steps } = await getRun(hub.ctx(people.ada), again.id);
    expect(ended).toMatchObject({ state: "succeeded", output: ALL });
    expect(asked()).toEqual(["/api/items?kind=a+b&p=3"]);
    expect(steps.map(({ key, state }) => `${key} ${state}`)).toEqual([
      "0 finished",
      "0#page-1 finished",
      "0#page-2 finished",
      "0#page-3 finished",
    ]);
  });

  it("a page that says so itself fails with its own words", async () => {
    echo.answer(json({ ok: false, error: "missing_scope" }));
    const step = list({
      next: { page: { query: "p" } },
      fail_when: "page.body.ok == false",
      fail_message: "Chat says: {{ page.body.error }}",
    });
    expect(await run(step)).toMatchObject({ state: "failed", error: { message: "Chat says: missing_scope" } });
    echo.answer(json({ ok: true, items: "x" }));
    expect((await run(step)).error?.message).toBe("The items of page 1 are not a list.");
  });

  it("“page” is known to its own fields alone", async () => {
    const next = { page: { query: "p" } };
    for (const step of [list({ next, url: "/x/{{ page.number }}" }), { do: "set", name: "a", value: "{{ page }}" }])
      await expect(studio.run(bot, { steps: [step] })).rejects.toMatchObject({
        code: "invalid",
        issues: [{ message: expect.stringContaining("“page” is known only") }],
      });
    await expect(run(list({ next: { cursor: {} } }))).rejects.toThrow(/Say how the pages go on/);
  });
});

describe("a simulation", () => {
  it("fetches nothing, and takes the answer or the result it was given", async () => {
    const step = list({ next: { page: { query: "p" } } });
    const simulated = (answers: object) => run(step, { simulate: { answers: { all: answers } } });
    expect((await run(step, { simulate: true })).output).toEqual({ items: [], pages: 1, complete: true });
    expect((await simulated({ body: { items: [9] } })).output).toEqual({ items: [9], pages: 1, complete: true });
    const result = { items: [1, 2], pages: 2, complete: false };
    expect((await simulated(result)).output).toEqual(result);
    expect(echo.requests).toHaveLength(0);
  });
});
