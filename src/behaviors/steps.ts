import type { StepKind } from "./step.ts";
import { decide } from "./steps/decide.ts";
import { httpRequest } from "./steps/http-request.ts";
import { ldapSearch } from "./steps/ldap-search.ts";
import { loop } from "./steps/loop.ts";
import { notify } from "./steps/notify.ts";
import { paginate } from "./steps/paginate.ts";
import { runBehavior } from "./steps/run-behavior.ts";
import { scheduleBehavior } from "./steps/schedule-behavior.ts";
import { set } from "./steps/set.ts";
import { stop } from "./steps/stop.ts";
import { unscheduleBehavior } from "./steps/unschedule-behavior.ts";
import { wait } from "./steps/wait.ts";

/** Every kind of step, in the order in which the editor offers them. A new one is a file and a line here. */
const KINDS = new Map<string, StepKind>(
  [
    httpRequest,
    paginate,
    ldapSearch,
    set,
    decide,
    loop,
    runBehavior,
    scheduleBehavior,
    unscheduleBehavior,
    wait,
    notify,
    stop,
  ].map((kind) => [kind.kind, kind]),
);

export function allStepKinds(): StepKind[] {
  return [...KINDS.values()];
}

/** The kind of a step that was checked; undefined for a name that is none. */
export function findStepKind(name: string): StepKind | undefined {
  return KINDS.get(name);
}
