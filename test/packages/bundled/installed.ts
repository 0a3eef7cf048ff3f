import { expect } from "vitest";
import { importPackage } from "../../../src/packages/import.ts";
import { libraryEntry } from "../../../src/packages/library.ts";
import type { Run } from "../../../src/runs/run.ts";
import { startRun } from "../../../src/runs/start.ts";
import type { Received } from "../../support/echo.ts";
import type { Walk } from "../../support/emulators/walk.ts";
import type { TestWorld } from "../../support/world.ts";
import type { WorkerActor } from "../../../src/access/actor.ts";

/** A bot of the library that Ben installed with an account of his. */
export interface Installed {
  /** Runs one of its behaviors; its output. Throws with the run's error when it does not succeed. */
  does(behavior: string, inputs?: Record<string, unknown>): Promise<unknown>;
  /** Runs one of its behaviors, which is to fail; the sentence that whoever started it reads. */
  says(behavior: string, inputs?: Record<string, unknown>): Promise<string>;
}

export async function install(
  { hub, ben }: { hub: TestWorld; ben: WorkerActor },
  key: string,
  answers: Record<string, unknown>,
): Promise<Installed> {
  const ctx = hub.ctx(ben);
  const { json, pack } = libraryEntry(`${key}-bot`);
  const made = await importPackage(ctx, { package: json, owner: { type: "worker", id: ben.id }, answers });
  const run = (slug: string, inputs: Record<string, unknown>): Promise<Run> => {
    const uid = pack.behaviors.find((one) => one.slug === slug)?.uid;
    const behavior = made.behaviors.find((one) => one.uid === uid);
    if (behavior === undefined) throw new Error(`There is no behavior ${slug}.`);
    return startRun(ctx, behavior.id, { inputs, wait_ms: 20_000 }, "api");
  };
  return {
    does: async (slug, inputs = {}) => {
      const { state, error, output } = await run(slug, inputs);
      expect({ state, error }).toEqual({ state: "succeeded", error: null });
      return output;
    },
    says: async (slug, inputs = {}) => {
      const { state, error } = await run(slug, inputs);
      expect(state).toBe("failed");
      return error!.message;
    },
  };
}

/** The same on a walk through providers. */
export const installOn = (walk: Walk, key: string, answers: Record<string, unknown>) =>
  install({ hub: walk.served.hub, ben: walk.ben }, key, answers);

/** Requests that reached a host from one of them on, as lines; the order of parameters says nothing, so it is theirs. */
export function linesAt(walk: Walk, host: string, from = 0): string[] {
  return requestsAt(walk, host)
    .slice(from)
    .map(({ method, path }) => {
      const [way, query] = path.split("?");
      return `${method} ${decodeURIComponent(way!)}${query === undefined ? "" : `?${inOrder(query)}`}`;
    });
}

export function requestsAt(walk: Walk, host: string): Received[] {
  return walk.internet.requests.filter((request) => request.header("host") === host);
}

/** The newest request to a host, with what it carried. */
export function lastAt(walk: Walk, host: string) {
  const request = requestsAt(walk, host).at(-1)!;
  const body = request.body.toString("utf8");
  const type = request.header("content-type") ?? "";
  return {
    ...{ request, line: `${request.method} ${request.path}` },
    json: /json/.test(type) ? (JSON.parse(body) as unknown) : null,
    form: /form/.test(type) ? inOrder(body) : null,
    body,
  };
}

/** Parameters by their names, read. */
function inOrder(query: string): string {
  const pairs = [...new URLSearchParams(query)].map((pair) => pair.join("="));
  return pairs.sort().join("&");
}
