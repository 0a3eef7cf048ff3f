import type { WorkerActor } from "../../src/access/actor.ts";
import type { Who } from "../../src/audit/audit.ts";
import type { Event } from "../../src/audit/event.ts";
import { newId } from "../../src/storage/id.ts";

export const ANN: WorkerActor = {
  type: "worker",
  id: "0197a000-0000-7000-8000-000000000001",
  name: "Ann",
  email: "ann@example.com",
  role: "worker",
  teams: [],
  scopes: ["execute"],
};

export function who(requestId = newId()): Who {
  return { actor: ANN, requestId };
}

export function executed(outcome: Event["outcome"], path = "/contacts"): Event {
  return { action: "execute", outcome, facts: { method: "GET", host: "api.example.com", path } };
}
