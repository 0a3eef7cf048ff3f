import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newServed, type Served } from "../support/provider-hub.ts";

// What programs may do with behaviors besides running them.

let served: Served;
let id: string;
const as = (who: "ada" | "cleo", method: string, path: string, body?: unknown) =>
  served.call(method, path, served.tokens[who], body);

beforeAll(async () => {
  served = await newServed();
  const { body: bot } = await as("ada", "POST", "/bots", { name: "CRM", slug: "crm" });
  const steps = [{ do: "wait", seconds: 1 }];
  const made = await as("ada", "POST", "/behaviors", { bot: bot.id, slug: "rest", title: "Rest", steps });
  id = made.body.id;
});
afterAll(() => served?.close());

describe("a behavior", () => {
  test("is checked without being saved", async () => {
    const check = (program: object) => as("cleo", "POST", "/behaviors/check", program);
    expect((await check({ steps: [{ do: "wait", seconds: 5 }], title: "ignored" })).body).toEqual({
      ok: true,
      issues: [],
    });
    const wrong = {
      inputs: [{ name: "a b" }],
      steps: [{ do: "set", name: "a", value: "{{ oops( }}" }, { do: "dance" }],
    };
    const { status, body } = await check(wrong);
    expect(status).toBe(200);
    expect(body.ok).toBe(false);
    expect(body.issues.map(({ path }: { path: string }) => path)).toEqual(["inputs.0.name", "steps.1.do"]);
    const template = await check({ steps: [wrong.steps[0]] });
    expect(template.body.issues).toMatchObject([{ path: "steps.0.value" }]);
  });

  test("is read as YAML", async () => {
    const answer = await fetch(`${served.app.url}/api/v1/behaviors/${id}?format=yaml`, {
      headers: { authorization: `Bearer ${served.tokens.ada}` },
    });
    expect(answer.headers.get("content-type")).toContain("application/yaml");
    expect(await answer.text()).toContain(
      "title: Rest\npublic: false\ninputs: []\nsteps:\n  - do: wait\n    seconds: 1\n",
    );
    expect((await as("ada", "GET", `/behaviors/${id}?format=xml`)).status).toBe(400);
  });

  test("has versions, of which an earlier one is taken back", async () => {
    await as("ada", "PUT", `/behaviors/${id}`, { title: "Rest more", steps: [{ do: "wait", seconds: 9 }] });
    const first = await as("ada", "GET", `/behaviors/${id}/versions?limit=1`);
    expect(first.body.items).toMatchObject([
      { version: 2, title: "Rest more", saved_by: { id: served.people.ada.id } },
    ]);
    const rest = await as("ada", "GET", `/behaviors/${id}/versions?cursor=${first.body.next_cursor}`);
    expect(rest.body).toMatchObject({ items: [{ version: 1, title: "Rest" }], next_cursor: null });
    expect(rest.body.items[0]).not.toHaveProperty("steps");
    expect((await as("ada", "GET", `/behaviors/${id}/versions/1`)).body.steps).toEqual([{ do: "wait", seconds: 1 }]);
    expect((await as("ada", "POST", `/behaviors/${id}/restore`, { version: 1, present: 1 })).status).toBe(409);
    const { body } = await as("ada", "POST", `/behaviors/${id}/restore`, { version: 1, present: 2 });
    expect(body).toMatchObject({ version: 3, title: "Rest", steps: [{ do: "wait", seconds: 1 }] });
    for (const version of ["9", "0", "x", "1.5"])
      expect((await as("ada", "GET", `/behaviors/${id}/versions/${version}`)).status, version).toBe(404);
    expect((await as("ada", "GET", `/behaviors/${id}/versions?cursor=bm9wZQ`)).status).toBe(400);
  });

  test("of a bot that is not theirs is not there for strangers", async () => {
    for (const path of ["", "?format=yaml", "/versions", "/versions/1"])
      expect((await as("cleo", "GET", `/behaviors/${id}${path}`)).status).toBe(404);
    expect((await as("cleo", "POST", `/behaviors/${id}/restore`, { version: 1 })).status).toBe(404);
  });
});
