import type { Context } from "../context.ts";
import { isSignetError, notFound } from "../errors.ts";
import { openInvitation } from "../people/invitation.ts";
import { signIn } from "../people/sign-in.ts";
import type { Worker } from "../people/worker.ts";
import { good, redirect, redirectWithSession, view, type Answer } from "./answer.ts";
import { attempt } from "./failure.ts";
import type { Incoming } from "./route.ts";

// What the set-up link and invitations have in common.

/** A living invitation of this purpose. Throws `not_found`. */
export async function opened(ctx: Context, token: string, purpose: "setup" | "join") {
  const invitation = await openInvitation(ctx, token);
  if (invitation.purpose !== purpose) throw notFound("invitation");
  return { email: invitation.email ?? "", name: invitation.name ?? "" };
}

/** Signs in somebody who has just chosen a password, and leads home. */
export async function enter(ctx: Context, request: Incoming, worker: Worker, password: string): Promise<Answer> {
  const { userAgent, address } = request;
  const given = { email: worker.email, password, browser: userAgent || null, address };
  const result = await attempt(() => signIn(ctx, given));
  const welcome = `Welcome, ${worker.name}.`;
  if (result.ok) return redirectWithSession("/", result.value.token, good(welcome));
  return redirect("/sign-in", good(`${welcome} Sign in with your new password.`));
}

/** The page of a link that was used or has expired says what to do instead of "not found". */
export async function orGone(words: { title: string; text: string }, work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (!isSignetError(error) || error.code !== "not_found") throw error;
    return view("link-gone", { page: { title: words.title }, words }, { status: 404 });
  }
}
