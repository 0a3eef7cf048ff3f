import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that take tens of seconds. Started last, each would keep the whole run waiting for one worker. */
const LONG = ["journeys/every-page", "journeys/", "storage/embedded", "process/", "house/canary", "demo/"];

/** Long files first, the rest as Vitest would have them. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => place(a) - place(b));
  }
}

function place({ moduleId }: TestSpecification): number {
  const found = LONG.findIndex((part) => moduleId.includes(`/test/${part}`));
  return found < 0 ? LONG.length : found;
}
