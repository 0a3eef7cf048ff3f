import { z } from "zod";
import { baseStep, failing, stepKind, type ScheduleWish, type Step } from "../step.ts";

interface ScheduleBehavior extends Step, ScheduleWish {
  behavior: string;
}

export const scheduleBehavior = stepKind<ScheduleBehavior>({
  kind: "schedule_behavior",
  label: "Schedule behavior",
  help: "Lets a behavior run later, once or again and again.",
  icon: "calendar-clock",
  acts: true,
  schema: (steps) =>
    z
      .strictObject({
        ...baseStep,
        ...failing(steps),
        do: z.literal("schedule_behavior"),
        behavior: z.string().trim().min(1, "Choose a behavior.").max(200),
        at: z.string().trim().min(1).max(1_000).optional(),
        cron: z.string().trim().min(1).max(1_000).optional(),
        time_zone: z.string().trim().min(1).max(1_000).optional(),
        inputs: z.record(z.string(), z.unknown()).optional(),
        duplicates: z.enum(["allow", "keep_first", "keep_last"]).optional(),
      })
      .superRefine(({ at, cron }, check) => {
        if ((at === undefined) === (cron === undefined))
          check.addIssue({ code: "custom", path: ["at"], message: "Give either at, a moment, or cron, a pattern." });
      }) as unknown as z.ZodType<ScheduleBehavior>,
  fields: [
    { name: "behavior", label: "Behavior", type: "behavior", required: true, example: "notes/add" },
    {
      name: "at",
      label: "At",
      type: "text",
      example: '{{ now + duration("24h") }}',
      help: "A moment, such as 2026-05-31T14:00 in the time zone.",
    },
    {
      name: "cron",
      label: "Or by pattern",
      type: "text",
      example: "0 9 * * 1-5",
      help: "Minute, hour, day, month, weekday.",
    },
    {
      name: "time_zone",
      label: "Time zone",
      type: "text",
      example: "Europe/Berlin",
      help: "UTC when nothing is said.",
    },
    { name: "inputs", label: "Inputs", type: "json", example: '{ "email": "{{ inputs.email }}" }' },
    {
      name: "duplicates",
      label: "If one is waiting already",
      type: "choice",
      options: [
        { value: "allow", label: "Add another" },
        { value: "keep_first", label: "Keep that one" },
        { value: "keep_last", label: "Replace it" },
      ],
      rare: true,
    },
  ],
  line: ({ behavior, at, cron }) => [behavior, at ?? cron ?? ""].join(" · "),
  names: ({ behavior }) => [{ names: "behavior", key: behavior }],
  perform: async ({ behavior, at, cron, time_zone, inputs, duplicates }, performance) => {
    const texts = await performance.render({ at, cron, time_zone }, () => "text");
    const wish = { ...texts, inputs: await performance.render(inputs ?? {}), duplicates };
    return performance.schedule(behavior, JSON.parse(JSON.stringify(wish)) as ScheduleWish);
  },
});
