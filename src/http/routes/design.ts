import { view } from "../answer.ts";
import { get } from "../route.ts";

/** The sheet of all parts, for those who draw pages. */
export default [
  { ...get("/design", () => view("design", { page: { title: "Parts" }, logos: true })), development: true as const },
];
