import { z } from "zod";
import type { Field } from "../../kind.ts";
import { flag, map } from "../../shapes.ts";

/** How access is renewed, and how long it lasts. */
export const refreshShape = {
  refresh_params: map.default({}),
  repeat_redirect_uri_on_refresh: flag.default(false),
  lifetime_seconds: z.coerce.number().int().min(30).max(315_360_000).optional(),
};

export const refreshFields: Field[] = [
  { name: "refresh_params", label: "Extra refresh parameters", type: "map", advanced: true },
  {
    name: "repeat_redirect_uri_on_refresh",
    label: "Repeat the callback address when refreshing",
    type: "switch",
    advanced: true,
  },
  { name: "lifetime_seconds", label: "Lifetime when the answer names none (seconds)", type: "number", advanced: true },
];
