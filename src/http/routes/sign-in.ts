import { isSignetError } from "../../errors.ts";
import { endSession } from "../../people/session.ts";
import { signIn, signInForm } from "../../people/sign-in.ts";
import { good, redirect, redirectWithSession, view } from "../answer.ts";
import { attempt } from "../failure.ts";
import { fields, refused, refusedStatus, text } from "../form.ts";
import { safeReturn } from "../gate.ts";
import { get, post } from "../route.ts";

const PAGE = { title: "Sign in" };

export default [
  get(
    "/sign-in",
    (ctx, { query }) => {
      const next = safeReturn(query.next);
      if (ctx.actor.type === "worker") return redirect(next);
      return view("sign-in", { page: PAGE, typed: { email: "" }, next, problems: null });
    },
    "public",
  ),

  post(
    "/sign-in",
    async (ctx, { form, userAgent, address }) => {
      const next = safeReturn(text(form, "next") || undefined);
      const result = await attempt(() => {
        const typed = signInForm.parse(fields(form, "email", "password"));
        return signIn(ctx, { ...typed, browser: userAgent || null, address });
      });
      if (result.ok) return redirectWithSession(next, result.value.token);
      const typed = fields(form, "email");
      const status = refusedStatus(result.error);
      return view("sign-in", { page: PAGE, typed, next, problems: refused(result.problems) }, { status });
    },
    "public",
  ),

  post(
    "/sign-out",
    async (ctx) => {
      // Signing out twice, in two tabs, is signing out.
      await (ctx.session === null ? Promise.resolve() : endSession(ctx)).catch((error: unknown) => {
        if (!isSignetError(error) || error.code !== "not_found") throw error;
      });
      return redirectWithSession("/sign-in", null, good("You are signed out."));
    },
    "public",
  ),
];
