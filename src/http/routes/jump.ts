import { json, view } from "../answer.ts";
import { placesFor } from "../jump.ts";
import { get } from "../route.ts";

export default [
  get("/jump", async (ctx, { query }) => {
    const q = (query.q ?? "").slice(0, 200);
    return view("jump", { page: { title: "Jump to" }, q, groups: await placesFor(ctx, q) });
  }),

  // For the box that opens by Ctrl-K; a signed-in session as for any page.
  get("/jump.json", async (ctx, { query }) => json({ groups: await placesFor(ctx, query.q ?? "") })),
];
