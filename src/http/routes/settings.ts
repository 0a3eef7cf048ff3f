import { verify } from "../../audit/verify.ts";
import { callbackUrl, type Context } from "../../context.ts";
import { aboutHub } from "../about.ts";
import { view } from "../answer.ts";
import { get, post } from "../route.ts";
import { settingsTabs } from "../settings-view.ts";

export default [
  get("/settings", (ctx) => {
    const data = { page: { title: "Settings" }, tabs: settingsTabs(ctx, "General") };
    return view("settings", { ...data, address: ctx.publicUrl, callback: callbackUrl(ctx) });
  }),

  get("/settings/about", (ctx) => aboutPage(ctx), "admin"),

  post("/settings/about/verify", async (ctx) => aboutPage(ctx, await verify(ctx.database, ctx.audit)), "admin"),
];

async function aboutPage(ctx: Context, verification: Awaited<ReturnType<typeof verify>> | null = null) {
  const data = { page: { title: "About" }, tabs: settingsTabs(ctx, "About"), about: await aboutHub(ctx), verification };
  return view("settings-about", { ...data, node: process.version });
}
