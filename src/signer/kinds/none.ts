import { z } from "zod";
import type { Kind } from "../kind.ts";

type Nothing = Record<string, never>;

/** No credential: requests to an API that asks for none, with the same rules and the same audit. */
export const none: Kind<Nothing, Nothing> = {
  id: "none",
  label: "No authentication",
  summary: "The API is open; Signet still checks hosts and records every request.",
  settings: [],
  settingsSchema: z.strictObject({}),
  secret: () => [],
  secretSchema: z.strictObject({}),
  sign: (request) => request,
  preview: (request) => request,
  slots: () => ({ headers: [], query: [], body: [] }),
  sensitive: () => [],
  facts: () => [],
};
