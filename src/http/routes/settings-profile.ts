import type { Context } from "../../context.ts";
import { getWorker } from "../../people/browse.ts";
import { changePassword } from "../../people/change-password.ts";
import { changeWorker } from "../../people/change-worker.ts";
import { endOtherSessions, endSession, listSessions } from "../../people/session.ts";
import { actingWorker } from "../../people/worker.ts";
import { browserName } from "../browser-name.ts";
import { good, redirect, view } from "../answer.ts";
import { attempt, type Problems } from "../failure.ts";
import { fields, refused, refusedStatus, text } from "../form.ts";
import { get, post } from "../route.ts";
import { settingsTabs } from "../settings-view.ts";

export default [
  get("/settings/profile", (ctx) => profilePage(ctx)),

  post("/settings/profile", async (ctx, { form }) => {
    const { name } = fields(form, "name");
    const result = await attempt(() => changeWorker(ctx, actingWorker(ctx).id, { name }));
    if (result.ok) return redirect("/settings/profile", good("Saved your name."));
    return profilePage(ctx, { name, about: "name", problems: result.problems });
  }),

  post("/settings/password", async (ctx, { form }) => {
    const given = fields(form, "current", "password");
    const result = await attempt(() => changePassword(ctx, given));
    if (result.ok) {
      return redirect("/settings/profile", good("Changed your password. Your other sessions have ended."));
    }
    return profilePage(ctx, { about: "password", problems: result.problems, status: refusedStatus(result.error) });
  }),

  get("/settings/sessions", async (ctx) => {
    const sessions = (await listSessions(ctx)).map((one) => ({ ...one, name: browserName(one.browser) }));
    const tabs = settingsTabs(ctx, "Sessions");
    return view("settings-sessions", { page: { title: "Sessions" }, tabs, sessions });
  }),

  post("/settings/sessions/end", async (ctx, { form }) => {
    await endSession(ctx, text(form, "session"));
    return redirect("/settings/sessions", good("That session has ended."));
  }),

  post("/settings/sessions/end-others", async (ctx) => {
    const ended = await endOtherSessions(ctx);
    const words = ended === 1 ? "The other session has ended." : `${ended} other sessions have ended.`;
    return redirect("/settings/sessions", good(ended === 0 ? "There was no other session." : words));
  }),
];

interface Refused {
  about: "name" | "password";
  problems: Problems;
  name?: string;
  status?: number;
}

async function profilePage(ctx: Context, form?: Refused) {
  // Asked anew: what is remembered of the actor may be a moment older than their own change.
  const { name, email, role } = await getWorker(ctx, actingWorker(ctx).id);
  const problems = form ? { [form.about]: refused(form.problems) } : {};
  const data = { tabs: settingsTabs(ctx, "Profile"), email, role, typed: { name: form?.name ?? name }, problems };
  return view(
    "settings-profile",
    { page: { title: "Profile" }, ...data },
    { status: form ? (form.status ?? 400) : 200 },
  );
}
