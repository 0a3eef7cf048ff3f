import { getBehavior } from "../../src/behaviors/browse.ts";
import { addBehavior, type AddBehavior } from "../../src/behaviors/save.ts";
import { addBot } from "../../src/bots/add.ts";
import type { Bot } from "../../src/bots/bot.ts";
import type { Context } from "../../src/context.ts";
import { isSignetError } from "../../src/errors.ts";
import { startRun } from "../../src/runs/start.ts";

/** What the team's bot does for everybody, with the account that only it may use. */
const OF_HELPER: Omit<AddBehavior, "bot">[] = [
  {
    slug: "open-tickets",
    title: "List open tickets",
    public: true,
    inputs: [
      { name: "priority", type: "picklist", label: "Priority", options: ["any", "high", "normal"], default: "any" },
    ],
    steps: [
      {
        id: "found",
        do: "http_request",
        title: "Ask Acme for open tickets",
        account: "acme-crm",
        method: "GET",
        url: "/api/tickets",
        query: { state: "open" },
        fail_on: "4xx",
      },
      {
        do: "set",
        title: "Keep those of the priority",
        name: "tickets",
        value: '{{ steps.found.body.tickets.filter(t, inputs.priority == "any" || t.priority == inputs.priority) }}',
      },
    ],
    output: "{{ vars.tickets.map(t, {'id': t.id, 'subject': t.subject, 'priority': t.priority}) }}",
  },
  {
    slug: "add-note",
    title: "Add a note to a ticket",
    public: true,
    inputs: [
      { name: "ticket", label: "Ticket", required: true, help: "Such as T-1001." },
      { name: "text", type: "long_text", label: "Note", required: true },
    ],
    steps: [
      {
        id: "added",
        do: "http_request",
        account: "acme-crm",
        method: "POST",
        url: "/api/tickets/{{ inputs.ticket }}/notes",
        body: { text: "{{ inputs.text }}" },
        fail_on: "4xx",
        on_error: [{ do: "stop", state: "failed", message: "Acme has no ticket {{ inputs.ticket }}." }],
      },
    ],
    output: "{{ steps.added.body }}",
  },
];

/** What somebody's own bot does, which may not use Acme at all: it asks the team's bot. */
const OF_BRIEFING: Omit<AddBehavior, "bot">[] = [
  {
    slug: "briefing",
    title: "Morning briefing",
    inputs: [],
    steps: [
      { id: "tickets", do: "run_behavior", behavior: "helpdesk-helper/open-tickets", inputs: {} },
      {
        do: "decide",
        title: "Is there anything to do?",
        outcomes: [
          {
            title: "Nothing",
            when: "size(steps.tickets.output) == 0",
            steps: [{ do: "set", name: "text", value: "Nothing is waiting." }],
          },
          {
            title: "Something",
            steps: [
              {
                do: "set",
                name: "text",
                value:
                  "{{ size(steps.tickets.output) }} tickets are open; the first: {{ steps.tickets.output[0].subject }}",
              },
            ],
          },
        ],
      },
    ],
    output: { text: "{{ vars.text }}" },
  },
];

/** Behaviors of the team's bot, and a bot of the manager's own that has them run; each of them runs once. */
export async function seedBehaviors(manager: Context, helper: Bot): Promise<void> {
  if (await isThere(manager, "helpdesk-helper/open-tickets")) return;
  for (const behavior of OF_HELPER) await addBehavior(manager, { bot: helper.id, ...behavior });
  const briefing = await addBot(manager, { name: "Ben's briefing", slug: "bens-briefing" });
  for (const behavior of OF_BRIEFING) await addBehavior(manager, { bot: briefing.id, ...behavior });
  await startRun(manager, "helpdesk-helper/open-tickets", { inputs: { priority: "high" }, wait_ms: 10_000 }, "hand");
  await startRun(manager, "bens-briefing/briefing", { wait_ms: 10_000 }, "hand");
  const inputs = { ticket: "T-0000", text: "Is this still so?" };
  await startRun(manager, "helpdesk-helper/add-note", { inputs, wait_ms: 10_000 }, "hand");
}

async function isThere(ctx: Context, key: string): Promise<boolean> {
  try {
    return (await getBehavior(ctx, key)) !== undefined;
  } catch (error) {
    if (isSignetError(error) && error.code === "not_found") return false;
    throw error;
  }
}
