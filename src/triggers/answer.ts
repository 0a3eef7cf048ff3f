import type { World } from "../context.ts";
import { isSignetError } from "../errors.ts";
import { waitForRun } from "../runs/wait.ts";
import type { Webhook } from "./webhook.ts";

/** What a sender gets back. */
export interface Answered {
  status: number;
  contentType: string;
  body: string;
}

/** The answer that the webhook is to give, once the run is queued; what became of the run changes nothing about it. */
export async function answerTo(world: World, webhook: Webhook, trigger: object, run: string): Promise<Answered> {
  const { answer } = webhook;
  switch (answer.type) {
    case "accepted":
      return json(202, { run });
    case "fixed":
      return {
        status: answer.status,
        contentType: answer.content_type,
        body: await filled(world, answer.body, trigger),
      };
    case "output":
      return outputOf(world, run, answer.wait_seconds);
  }
}

async function outputOf(world: World, id: string, seconds: number): Promise<Answered> {
  const run = await waitForRun(world, id, seconds * 1000);
  if (run?.state === "succeeded") return json(200, run.output);
  // Callers get an output or nothing: why it failed is for who looks after the bot.
  return run?.state === "failed" || run?.state === "stopped"
    ? json(502, { run: id, state: run.state })
    : json(202, { run: id });
}

async function filled(world: World, body: string, trigger: object): Promise<string> {
  const scope = { inputs: {}, config: {}, vars: {}, steps: {}, trigger, now: world.clock().toISOString() };
  try {
    return String(await world.expressions.render(body, scope, () => "text"));
  } catch (error) {
    // The run is on its way; a placeholder that comes to nothing is no reason to have the delivery sent again.
    if (isSignetError(error)) return "";
    throw error;
  }
}

function json(status: number, body: unknown): Answered {
  return { status, contentType: "application/json", body: JSON.stringify(body ?? null) };
}
