import { addBehavior, type AddBehavior } from "../../src/behaviors/save.ts";
import { addBot } from "../../src/bots/add.ts";
import type { Bot } from "../../src/bots/bot.ts";
import type { Run } from "../../src/runs/run.ts";
import { startRun, type StartInput } from "../../src/runs/start.ts";
import type { WorkerActor } from "../../src/access/actor.ts";
import { cast, newWorld, type Cast, type TestWorld } from "./world.ts";

/** A world in which behaviors are written and run at once. */
export interface Studio {
  hub: TestWorld;
  people: Cast;
  /** A bot of somebody's own, unless `more` names another owner. */
  bot(owner: WorkerActor, slug: string, more?: object): Promise<Bot>;
  /** Makes a behavior of these steps, runs it and answers with the run at its end. */
  run(
    bot: Bot,
    program: Partial<Omit<AddBehavior, "steps">> & { steps: object[] },
    given?: Partial<StartInput>,
  ): Promise<Run>;
}

export async function newStudio(given?: TestWorld): Promise<Studio> {
  const hub = given ?? (await newWorld({ outboundAllow: ["127.0.0.1/32", "::1"] }));
  const people = await cast(hub.world);
  const owners = new Map<string, WorkerActor>();
  let made = 0;
  return {
    hub,
    people,
    bot: async (owner, slug, more = {}) => {
      const bot = await addBot(hub.ctx(owner), { name: slug, slug, ...more });
      owners.set(bot.id, owner);
      return bot;
    },
    run: async (bot, program, given = {}) => {
      const ctx = hub.ctx(owners.get(bot.id)!);
      const slug = `b-${++made}`;
      const behavior = await addBehavior(ctx, {
        bot: bot.id,
        slug,
        title: slug,
        output: null,
        ...program,
      } as AddBehavior);
      return startRun(ctx, behavior.id, { wait_ms: 20_000, ...given }, "api");
    },
  };
}
