import { listAccounts } from "../../accounts/browse.ts";
import { runnableBehavior } from "../../behaviors/browse.ts";
import type { Behavior } from "../../behaviors/behavior.ts";
import type { Context } from "../../context.ts";
import { isSignetError } from "../../errors.ts";
import { scheduleBehavior } from "../../schedules/add.ts";
import { managedSchedule } from "../../schedules/browse.ts";
import { pauseSchedule, resumeSchedule } from "../../schedules/pause.ts";
import { removeSchedule } from "../../schedules/remove.ts";
import { isTimeZone } from "../../schedules/zone.ts";
import { getBehavior } from "../../behaviors/browse.ts";
import { bad, good, redirect, view, type Answer } from "../answer.ts";
import { attempt, type Problems } from "../failure.ts";
import { fields, text } from "../form.ts";
import { get, post } from "../route.ts";
import { inputFields, textsOf, typedInputs, valuesOf, type TypedInputs } from "../run-form.ts";
import { clockTime, preview, whenWords, zoneChoices } from "../schedule-words.ts";
import { placed } from "../service-form.ts";
import { askFirst, triggerCrumbs, triggersPath } from "../trigger-pages.ts";

interface Draft {
  typed: Record<"mode" | "at" | "cron" | "time_zone" | "duplicates", string>;
  inputs: TypedInputs;
  problems?: Problems;
}

const FRESH = { mode: "once", at: "", cron: "", time_zone: "UTC", duplicates: "allow" };

export default [
  get("/behaviors/:id/triggers/schedule", async (ctx, { params, query }) => {
    const behavior = await runnableBehavior(ctx, params.id!);
    const typed = { ...FRESH, ...(query.mode === "again" && { mode: "again" }) };
    return show(ctx, behavior, { typed, inputs: textsOf(behavior.inputs) });
  }),

  post("/behaviors/:id/triggers/schedule", async (ctx, { params, form }) => {
    const behavior = await runnableBehavior(ctx, params.id!);
    const typed = fields(form, "mode", "at", "cron", "time_zone", "duplicates");
    const inputs = typedInputs(behavior.inputs, form);
    if (text(form, "act") === "preview") return show(ctx, behavior, { typed, inputs });
    const result = await attempt(async () => {
      const values = valuesOf(behavior.inputs, inputs);
      const when = typed.mode === "again" ? { cron: typed.cron } : { at: typed.at };
      const duplicates = typed.duplicates as "allow";
      return scheduleBehavior(ctx, behavior.id, { ...when, time_zone: typed.time_zone, inputs: values, duplicates });
    });
    if (!result.ok) return show(ctx, behavior, { typed, inputs, problems: result.problems });
    const { nextAt, timeZone } = result.value;
    return redirect(triggersPath(behavior), good(`It runs next on ${clockTime(nextAt, timeZone)}.`));
  }),

  post("/behaviors/:id/triggers/schedules/:schedule/pause", async (ctx, { params }) => {
    const schedule = await pauseSchedule(ctx, params.schedule!);
    return redirect(triggersPath(schedule.behavior), good("The schedule is paused."));
  }),

  post("/behaviors/:id/triggers/schedules/:schedule/resume", async (ctx, { params }) => {
    const { behavior } = await managedSchedule(ctx, params.schedule!);
    const result = await attempt(() => resumeSchedule(ctx, params.schedule!));
    if (!result.ok) return redirect(triggersPath(behavior), bad(result.problems.summary));
    const { nextAt, timeZone } = result.value;
    return redirect(triggersPath(behavior), good(`It runs next on ${clockTime(nextAt, timeZone)}.`));
  }),

  get("/behaviors/:id/triggers/schedules/:schedule/delete", async (ctx, { params }) => {
    const schedule = await managedSchedule(ctx, params.schedule!);
    const behavior = await getBehavior(ctx, schedule.behavior.id);
    const { text, detail } = whenWords(schedule);
    return askFirst(behavior, {
      title: "Delete this schedule",
      context: `${text} · ${detail}`,
      action: `${triggersPath(behavior)}/schedules/${schedule.id}/delete`,
      label: "Delete",
      text: `${behavior.title} is no longer started by it. Runs that it started already go on.`,
    });
  }),

  post("/behaviors/:id/triggers/schedules/:schedule/delete", async (ctx, { params }) => {
    const { behavior } = await managedSchedule(ctx, params.schedule!);
    await removeSchedule(ctx, params.schedule!);
    return redirect(triggersPath(behavior), good("The schedule is deleted."));
  }),
];

async function show(ctx: Context, behavior: Behavior, { typed, inputs, problems }: Draft): Promise<Answer> {
  const asksAccount = behavior.inputs.some(({ type }) => type === "account");
  const accounts = asksAccount ? (await listAccounts(ctx, { limit: 200 })).items : [];
  const times = typed.mode === "again" && typed.cron !== "" ? timesOf(ctx, typed) : { times: [] };
  const names = [...behavior.inputs.map(({ name }) => `inputs.${name}`), "at", "cron", "time_zone", "duplicates"];
  const shown = problems ? placed(problems, names) : { lines: [], of: {} as Record<string, string> };
  if (times.problem !== undefined) shown.of.cron ??= times.problem;
  const title = `Schedule ${behavior.title}`;
  const data = {
    page: { title, section: "bots" },
    title,
    crumbs: triggerCrumbs(behavior),
    here: `${triggersPath(behavior)}/schedule`,
    cancel: triggersPath(behavior),
    off: behavior.enabled ? null : behavior.title,
    typed,
    times: times.times,
    zones: zoneChoices(isTimeZone(typed.time_zone) ? typed.time_zone : "UTC"),
    fields: inputFields(behavior.inputs, inputs, shown.of, accounts),
    problems: shown,
  };
  return view("behavior-schedule", data, { status: problems ? 400 : 200 });
}

/** When the pattern comes next, or what is wrong with it. */
function timesOf(ctx: Context, { cron, time_zone }: Draft["typed"]): { times: string[]; problem?: string } {
  try {
    const times = isTimeZone(time_zone) ? preview(cron, time_zone, ctx.clock()) : [];
    return times.length > 0 ? { times } : { times, problem: "There is no such time in the years to come." };
  } catch (error) {
    if (!isSignetError(error)) throw error;
    return { times: [], problem: error.message };
  }
}
