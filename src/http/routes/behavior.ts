import { getBehavior } from "../../behaviors/browse.ts";
import { showEditor, wishOf } from "../behavior-editor.ts";
import { get } from "../route.ts";

export default [
  get("/behaviors/:id", async (ctx, { params, query }) => {
    const behavior = await getBehavior(ctx, params.id!);
    return showEditor(ctx, behavior, wishOf(behavior, query));
  }),
];
