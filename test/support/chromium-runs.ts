import { connectAccount } from "../../src/accounts/connect.ts";
import { addBehavior, type AddBehavior } from "../../src/behaviors/save.ts";
import { addBot } from "../../src/bots/add.ts";
import { startRun } from "../../src/runs/start.ts";
import { scheduleBehavior } from "../../src/schedules/add.ts";
import { addEventTrigger } from "../../src/triggers/event-save.ts";
import { addWebhook } from "../../src/triggers/webhook-save.ts";
import type { Stage } from "./chromium-world.ts";
import { json, newEcho } from "./echo.ts";
import { bearerService } from "./services.ts";

/** Pages about behaviors that ran, by their names. */
export interface SeededRuns {
  paths: Record<string, string>;
  close(): Promise<void>;
}

const INPUTS = [
  { name: "email", type: "text", label: "Email", required: true, help: "Of the contact to look for." },
  { name: "note", type: "long_text", label: "Note" },
  { name: "most", type: "number", label: "At most", default: 3 },
  { name: "since", type: "date", label: "Since" },
  { name: "urgent", type: "yes_no", label: "Urgent" },
  { name: "list", type: "picklist", label: "List", options: ["Customers", "Leads"], default: "Customers" },
  { name: "fields", type: "json", label: "Further fields" },
  { name: "account", type: "account", label: "Account" },
];

const STEPS = [
  {
    id: "found",
    do: "http_request",
    title: "Find the contact",
    account: "crm-live",
    url: "/contacts",
    query: { email: "{{ inputs.email }}", access_token: "not for eyes" },
  },
  { do: "set", name: "ids", value: "{{ steps.found.body.items.map(c, c.id) }}" },
  {
    do: "decide",
    title: "Anybody there?",
    outcomes: [
      { title: "Nobody", when: "size(vars.ids) == 0", steps: [{ do: "stop", state: "succeeded", output: null }] },
      {
        title: "Somebody",
        steps: [
          {
            do: "loop",
            over: "vars.ids",
            as: "id",
            steps: [
              {
                id: "noted",
                do: "http_request",
                account: "crm-live",
                method: "POST",
                url: "/notes",
                body: { contact: "{{ vars.id }}", text: "{{ inputs.note }}" },
                fail_on: "4xx",
                on_error: [{ do: "set", name: "missed", value: "{{ vars.id }}" }],
              },
              { id: "told", do: "run_behavior", behavior: "crm-bot/tell", inputs: { who: "{{ vars.id }}" } },
            ],
          },
        ],
      },
    ],
  },
  { do: "http_request", title: "Tidy up", account: "crm-live", url: "/tidy", disabled: true },
];

/** A bot with behaviors, and a run in each state. */
export async function seedRuns({ hub, people }: Stage): Promise<SeededRuns> {
  const ada = hub.ctx(people.ada);
  const crm = await newEcho((request, response) => {
    if (request.path.startsWith("/api/slow")) return;
    if (request.body.includes('"contact":2')) return json({ error: "Contact 2 is archived" }, 409)(request, response);
    if (request.path.startsWith("/api/broken")) return json({ error: "down" }, 503)(request, response);
    const session = { "set-cookie": "session=not-for-eyes", "x-request": "7" };
    return json(
      {
        items: [
          { id: 1, name: "Grace Hopper" },
          { id: 2, name: "Alan Turing" },
        ],
      },
      200,
      session,
    )(request, response);
  });
  const service = await bearerService(hub, people.ada, `${crm.url}/api`, { name: "CRM" });
  await connectAccount(ada, { service: service.id, name: "CRM", slug: "crm-live", secret: { token: "canary-key" } });
  const bot = await addBot(ada, { name: "CRM bot", slug: "crm-bot", limits: { max_calls: 50 } });
  const make = (slug: string, title: string, more: object) =>
    addBehavior(ada, { bot: bot.id, slug, title, ...more } as AddBehavior);
  await make("tell", "Tell the owner", {
    inputs: [{ name: "who", type: "number" }],
    steps: [
      {
        id: "sent",
        do: "http_request",
        account: "crm-live",
        method: "POST",
        url: "/messages",
        form: { to: "{{ inputs.who }}" },
      },
    ],
    output: "{{ steps.sent.status }}",
  });
  const find = await make("find-contact", "Find a contact", {
    public: true,
    inputs: INPUTS,
    steps: STEPS,
    output: { contacts: "{{ steps.found.body.items }}", missed: "{{ vars.missed }}" },
  });
  const broken = await make("sync", "Nightly sync", {
    steps: [
      { id: "asked", do: "http_request", title: "Fetch changes", account: "crm-live", url: "/broken", fail_on: "5xx" },
    ],
  });
  const patient = await make("later", "Remind in an hour", { steps: [{ do: "wait", seconds: 3600 }] });
  const slow = await make("slow", "Wait for the export", {
    steps: [
      { do: "set", name: "a", value: "1" },
      { do: "http_request", title: "Export", account: "crm-live", url: "/slow" },
    ],
  });
  const start = async (id: string, given: object) =>
    `/runs/${(await startRun(ada, id, { wait_ms: 20_000, ...given } as never, "hand")).id}`;
  const inputs = { email: "grace@acme.example", note: "Call back", since: "2026-05-01", fields: { tier: 1 } };
  const paths = {
    runs: "/runs",
    "runs of a behavior": `/behaviors/${find.id}/runs`,
    "no runs that match": "/runs?q=nothing+at+all",
    "run form": `/behaviors/${find.id}/run`,
    "run that succeeded": await start(find.id, { inputs }),
    "run that failed": await start(broken.id, { inputs: {} }),
    "run that was simulated": await start(find.id, {
      inputs,
      simulate: {
        now: "2026-05-31T14:00:00Z",
        answers: { found: { status: 200, headers: {}, body: { items: [{ id: 7 }] } } },
      },
    }),
    "run that waits": await start(patient.id, { wait_ms: 1 }),
    "run under way": await start(slow.id, { wait_ms: 1 }),
    "bot with runs": `/bots/${bot.id}`,
    "limits of a bot": `/bots/${bot.id}/limits`,
  };
  const [triggers, none] = [`/behaviors/${patient.id}/triggers`, `/behaviors/${slow.id}/triggers`];
  await scheduleBehavior(ada, patient.id, { cron: "0 9 * * 1-5", time_zone: "Europe/Berlin" });
  await addEventTrigger(ada, patient.id, { events: ["account.needs_reconnect", "account.refreshed"] });
  const { webhook } = await addWebhook(ada, patient.id, {
    name: "Pushes",
    scheme: "slack",
    secret: "0123456789abcdef",
  });
  const more = {
    triggers,
    "no triggers": none,
    "schedule form": `/behaviors/${find.id}/triggers/schedule?mode=again`,
    "webhook form": `/behaviors/${find.id}/triggers/webhook`,
    "edit webhook": `${triggers}/webhooks/${webhook.id}`,
    "webhook's new address": `${triggers}/webhooks/${webhook.id}/address`,
    "event form": `/behaviors/${find.id}/triggers/event`,
    "stop a run": `${paths["run that waits"]}/stop`,
    "simulator filled in": `/behaviors/${find.id}/run?from=${paths["run that succeeded"].slice(6)}&simulate=1`,
  };
  return { paths: { ...paths, ...more }, close: () => crm.close() };
}
