import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importPackage } from "../../src/packages/import.ts";
import { previewPackage } from "../../src/packages/preview.ts";
import { readPackage } from "../../src/packages/read.ts";
import { startRun } from "../../src/runs/start.ts";
import { json, newEcho, type Echo } from "../support/echo.ts";
import { bearerService, connected } from "../support/services.ts";
import { cast, newWorld, type Cast, type TestWorld } from "../support/world.ts";
import {
  actions,
  behavior,
  bot,
  chooser,
  crmPackage,
  deskPackage,
  packaged,
  request,
  servicesPackage,
  set,
  variable,
} from "./cerb-cast.ts";

let hub: TestWorld;
let people: Cast;
let echo: Echo;
let account: string;

beforeAll(async () => {
  hub = await newWorld({ outboundAllow: ["127.0.0.1/32"] });
  people = await cast(hub.world);
  echo = await newEcho();
  const service = await bearerService(hub, people.ada, echo.url);
  account = (await connected(hub, people.ada, service, { token: "token-canary-cerb" })).id;
});
afterAll(async () => {
  await hub?.close();
  await echo?.close();
});

const ada = () => hub.ctx(people.ada);
const left = (given: unknown) => readPackage(given).leftOut.map(({ path, reason }) => `${path}: ${reason}`);
/** The package with its hosts on the echo server. */
const here = <T>(given: T): T => JSON.parse(JSON.stringify(given).replaceAll("https://desk.example", echo.url)) as T;

describe("a CRM bot of Cerb", () => {
  it("becomes a bot with behaviors, its account chooser and texts become prompts", () => {
    const { pack, problems } = readPackage(crmPackage);
    expect(problems).toEqual([]);
    expect(pack).toMatchObject({ name: "Acme CRM Bot", uid: "cerb/acme-crm-bot", version: "3" });
    expect(pack!.prompts).toEqual([
      { key: "crm_account_id", label: "CRM account", type: "account" },
      { key: "prompt_instance", label: "Instance", type: "text", default: "na55" },
    ]);
    expect(pack!.bots).toMatchObject([
      { slug: "acme-crm-bot", config: { instance: "{{{ prompts.prompt_instance }}}", api_version: "v40.0" } },
    ]);
    expect(
      pack!.behaviors.map(({ slug, title, public: open, inputs }) => [
        slug,
        title,
        open,
        inputs.map((one) => `${one.name} ${one.type}`),
      ]),
    ).toEqual([
      ["create-account-record", "Create account record", false, ["name text", "city text"]],
      ["list-account-records", "List account records", true, ["since date"]],
      ["update-account-record", "Update account record", false, ["id text", "fields long_text"]],
    ]);
    expect(pack!.behaviors[0]!.steps[0]).toEqual({
      id: "_http_response".slice(1),
      do: "http_request",
      title: "Execute HTTP request",
      account: "{{{ prompts.crm_account_id }}}",
      method: "POST",
      url: "/data/{{ config.api_version }}/Account/",
      body: { Name: "{{ inputs.name }}", Address: { City: '{{ default(inputs.city, "Berlin") }}' } },
      headers: { "x-source": "{{ upper(inputs.name) }}" },
    });
    expect(pack!.behaviors[0]!.steps[1]).toEqual({
      do: "set",
      name: "response_json",
      value: "{{ steps.http_response.body }}",
    });
    expect(pack!.behaviors[0]!.output).toEqual({ response_json: "{{ default(vars.response_json, null) }}" });
  });

  it("says what was left out or is not quite the same", () => {
    const host = "The host of this address is worked out; the account's own base URL takes its place.";
    const url = (index: number) => `bots.0.behaviors.${index}.nodes.0.params.actions.0.http_url: ${host}`;
    expect(left(crmPackage)).toEqual([
      url(0),
      url(1),
      url(2),
      "bots.0.behaviors.3: Behaviors of the event “event.cron.recurrent” have no counterpart.",
    ]);
  });

  it("runs here, once its account is chosen", async () => {
    const preview = await previewPackage(ada(), { package: crmPackage, answers: { crm_account_id: account } });
    expect(preview).toMatchObject({ problems: [], ready: true });
    expect(preview.left_out).toHaveLength(4);
    await importPackage(ada(), { package: crmPackage, answers: { crm_account_id: account } });
    echo.answer(json({ id: "001", success: true }));
    const created = await startRun(
      ada(),
      "acme-crm-bot/create-account-record",
      { inputs: { name: "Ada & Co" }, wait_ms: 10_000 },
      "api",
    );
    expect(created).toMatchObject({ state: "succeeded", output: { response_json: { id: "001", success: true } } });
    expect(echo.last).toMatchObject({ method: "POST", path: "/data/v40.0/Account/" });
    expect(JSON.parse(echo.last.body.toString())).toEqual({ Name: "Ada & Co", Address: { City: "Berlin" } });
    expect(echo.last.header("x-source")).toBe("ADA & CO");
    const listed = await startRun(
      ada(),
      "acme-crm-bot/list-account-records",
      { inputs: { since: "2026-05-31T22:00:00Z" }, wait_ms: 10_000 },
      "api",
    );
    expect(listed).toMatchObject({
      state: "succeeded",
      output: { status: "It said 200", response_json: { id: "001" } },
    });
    expect(echo.last.path).toBe("/query/?q=2026-05-31&v=1");
    const fields = '{"Name":"New"}';
    const updated = await startRun(
      ada(),
      "acme-crm-bot/update-account-record",
      { inputs: { id: "0/1", fields }, wait_ms: 10_000 },
      "api",
    );
    expect(updated).toMatchObject({ state: "succeeded", output: { id: "001" } });
    expect(echo.last).toMatchObject({ method: "PATCH", path: "/Account/0%2F1" });
    expect(JSON.parse(echo.last.body.toString())).toEqual({ Name: "New" });
    const again = await previewPackage(ada(), { package: crmPackage, answers: { crm_account_id: account } });
    expect(new Set(again.changes.map(({ action }) => action))).toEqual(new Set(["unchanged"]));
  });
});

describe("a desk bot of Cerb", () => {
  it("keeps decisions, loops, calls and forms, and never takes an outcome whose condition is lost", () => {
    const { pack, problems } = readPackage(deskPackage);
    expect(problems).toEqual([]);
    const [coupon, parse] = pack!.behaviors;
    expect(coupon!.inputs).toEqual([
      { name: "id", type: "text", label: "id", required: false },
      { name: "duration", type: "picklist", label: "duration", options: ["forever", "once"], required: false },
    ]);
    expect(coupon!.steps[0]).toMatchObject({
      form: { id: "{{ inputs.id }}", duration: "{{ inputs.duration }}", source: "signet test" },
    });
    const [, , loop, later, off] = parse!.steps as unknown as Record<string, never>[];
    expect(loop).toMatchObject({ do: "loop", over: "steps.http_response.body", as: "project", title: "Each project" });
    const [decide] = (loop as unknown as { steps: { outcomes: { when?: string }[] }[] }).steps;
    expect(decide!.outcomes.map(({ when }) => when)).toEqual([
      '(string(default(vars.project.open, "")) == "true" && !(string(default(inputs.word, "")) == ""))',
      "false",
      undefined,
    ]);
    expect(later).toEqual({
      do: "schedule_behavior",
      title: "Again",
      behavior: "desk-bot/api-create-coupon",
      at: '{{ now + duration("7200s") }}',
      duplicates: "keep_last",
      inputs: { id: "later", duration: "once" },
    });
    expect(off).toMatchObject({ do: "set", disabled: true });
  });

  it("lists everything that has no counterpart", () => {
    const at = "bots.0.behaviors.1.nodes";
    expect(left(deskPackage)).toEqual([
      "package.configure.prompts.1: Records can not be chosen here; this asks for text instead.",
      "bots.0.behaviors.0.variables.var_worker: Inputs of the type “W” have no counterpart.",
      `${at}.1.nodes.0.nodes.1: The comparison “regexp” has no counterpart. This outcome is never taken until you give it a condition.`,
      `${at}.2.params.actions.0: The action “create_notification” has no counterpart.`,
      `${at}.2.params.actions.1: The block “{% for x in names %}” has no counterpart.`,
      `${at}.3: “subroutine” nodes have no counterpart.`,
      "bots.0.behaviors.2: Behaviors of the event “event.webhook.received” have no counterpart.",
      "workspaces: “workspaces” have no counterpart.",
    ]);
  });

  it("runs here: the loop, the decision and the call", async () => {
    await importPackage(ada(), { package: here(deskPackage), answers: { crm_account_id: account } });
    echo.answer((received, response) =>
      json(
        received.path === "/projects"
          ? [
              { name: "a", open: true },
              { name: "b", open: false },
            ]
          : { id: "c-1" },
      )(received, response),
    );
    echo.requests.length = 0;
    const run = await startRun(ada(), "desk-bot/parse-projects", { inputs: { word: "x y" }, wait_ms: 15_000 }, "api");
    expect(run).toMatchObject({ state: "succeeded", output: { last: "c-1", names: [] } });
    expect(echo.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(["GET /projects", "POST /v1/coupons"]);
    expect(echo.last.body.toString()).toBe("id=a-x+y&duration=once&source=signet+test");
  });
});

describe("connected services of Cerb", () => {
  it("become services of the catalog, with what that asks for; accounts and strangers stay behind", async () => {
    const { pack } = readPackage(servicesPackage);
    expect(pack!.services).toMatchObject([
      {
        catalog: "github",
        name: "GitHub",
        settings: {
          client_id: "{{{ prompts.github_client_id }}}",
          client_secret: "{{{ prompts.github_client_secret }}}",
        },
      },
    ]);
    expect(pack!.prompts.map(({ key, type }) => `${key} ${type}`)).toEqual([
      "github_client_id text",
      "github_client_secret secret",
    ]);
    expect(left(servicesPackage)).toEqual([
      "records.1: There is no service “House API” in the library. Build it by hand.",
      "records.2: Accounts are linked by people, and never part of a package.",
    ]);
    expect(JSON.stringify(pack)).not.toContain("canary");
    const answers = { github_client_id: "id", github_client_secret: "secret-canary-cerb" };
    const { services } = await importPackage(ada(), { package: servicesPackage, answers });
    expect(services).toMatchObject([{ name: "GitHub" }]);
  });
});

describe("the scripts of Cerb", () => {
  const value = (script: string, more: object[] = []) => {
    const nodes = [actions("", request({ http_url: "https://x.example/" }), ...more, set("x", script, ""))];
    const variables = { ...variable("var_a", "S"), ...variable("var_day", "E") };
    const given = packaged(
      "Scripts",
      [bot("b", "Scripts", {}, [behavior("s", "Script", variables, nodes)])],
      [chooser("crm_account_id", "")],
    );
    const { pack, leftOut } = readPackage(given);
    const steps = pack!.behaviors[0]!.steps as unknown as { do: string; name?: string; value?: unknown }[];
    return steps.find(({ name }) => name === "x")?.value ?? leftOut.at(-1)!.reason;
  };

  it.each([
    ["{{var_a}}", "{{ inputs.a }}"],
    ["Hi {{var_a|trim|upper}}!", "Hi {{ upper(trim(inputs.a)) }}!"],
    ["{{var_a|default('none')}}", '{{ default(inputs.a, "none") }}'],
    ["{{var_a|url_encode}}", "{{ url_encode(inputs.a) }}"],
    ["{{json_decode(var_a).b[0]['c d']}}", undefined],
    ["{{json_decode(var_a)}}", "{{ parse_json(inputs.a) }}"],
    ["{{_http_response.body.items[0]['odd key']}}", '{{ steps.http_response.body.items[0]["odd key"] }}'],
    ["{{_http_response.body|json_encode|json_pretty}}", "{{ to_json(steps.http_response.body) }}"],
    ["{{_http_response.content_type}}", '{{ steps.http_response.headers["content-type"] }}'],
    ["{{'now'|date('Y-m-d H:i')}}", '{{ format_date(now, "yyyy-MM-dd HH:mm") }}'],
    ["{{'now'|date('Ymd\\\\THis\\\\Z', 'UTC')}}", `{{ format_date(now, "yyyyMMdd'T'HHmmss'Z'") }}`],
    [
      "{{var_day|date('d.m.y', 'Europe/Berlin')}}",
      '{{ format_date(parse_date(inputs.day), "dd.MM.yy", "Europe/Berlin") }}',
    ],
    ["{# nothing #}plain", "plain"],
  ])("%s", (script, wanted) => {
    if (wanted === undefined) expect(value(script)).toMatch(/more than can be carried over/);
    else expect(value(script)).toBe(wanted);
  });

  it.each([
    ["{{ a ~ b }}", /more than can be carried over/],
    ["{{ unknown.name }}", /“unknown.name” stands for nothing here/],
    ["{{ var_a|regexp('x') }}", /The filter “regexp” has no counterpart/],
    ["{{ random_string(8) }}", /“random_string\(\)” has no counterpart/],
    ["{% if var_a %}x{% endif %}", /The block/],
    ["{{{ other }}}", /is no prompt/],
    ["{{ var_a|date('Y') }}", /for dates and for now alone/],
    ["{{ 'now'|date('N') }}", /“N” of a date pattern/],
    ["{{ constructor }}", /stands for nothing here/],
  ])("%s is left out", (script, reason) => {
    expect(value(script)).toMatch(reason);
  });

  it("are never a danger, whatever they are", async () => {
    for (const odd of [null, 7, [], {}, "x", { nodes: 1 }, { params: null }]) {
      const given = packaged(
        "Odd",
        [bot("b", "Odd", {}, [behavior("s", "S", {}, [odd as never])]), odd as never],
        [odd as never],
        { records: [odd], tasks: odd },
      );
      expect(() => readPackage(given)).not.toThrow();
    }
    const open = packaged("Open", [bot("b", "B", { key: "{{{" }, [])], []);
    const { problems } = await previewPackage(ada(), { package: open });
    expect(problems.map(({ path }) => path)).toEqual(["bots.0.config.key"]);
  });
});
