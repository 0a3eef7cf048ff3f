import {
  duplicateStep,
  liftStep,
  readPath,
  removeStep,
  sendStep,
  shiftStep,
  stepAt,
  switchStep,
  type StepPath,
} from "../behaviors/edit-tree.ts";
import type { Program } from "../behaviors/program.ts";
import { invalid } from "../errors.ts";
import { stepTitle } from "./step-tree.ts";

/** A changed program, where the step stands now (undefined when it is gone), and what was done in words. */
export interface Acted {
  program: Program;
  place: StepPath | undefined;
  said: string;
}

/** What the buttons above a step's form do. Throws `invalid` for a step or list that is not there. */
export function actOnStep(program: Program, path: StepPath, act: string, list: string): Acted {
  const step = stepAt(program, path);
  if (!step) throw invalid("step", "This step is no longer where it was.");
  const title = stepTitle(step);
  const edited = (done: { program: Program; path: StepPath }, said: string): Acted => ({
    program: done.program,
    place: done.path,
    said,
  });
  switch (act) {
    case "up":
      return edited(shiftStep(program, path, -1), `${title} is moved up.`);
    case "down":
      return edited(shiftStep(program, path, 1), `${title} is moved down.`);
    case "out":
      return edited(liftStep(program, path), `${title} is moved out.`);
    case "send":
      return edited(sendStep(program, path, readPath(list)), `${title} is moved.`);
    case "duplicate":
      return edited(duplicateStep(program, path), `${title} is copied; this is the copy.`);
    case "switch":
      return edited(switchStep(program, path), `${title} is ${step.disabled ? "on" : "off: runs skip it"}.`);
    case "delete":
      return { program: removeStep(program, path), place: undefined, said: `${title} is deleted.` };
    default:
      throw invalid("act", "There is no such act.");
  }
}
