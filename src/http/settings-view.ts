import { isAdmin } from "../access/actor.ts";
import type { Context } from "../context.ts";

const TABS = [
  ["General", "/settings"],
  ["Profile", "/settings/profile"],
  ["Sessions", "/settings/sessions"],
  ["Tokens", "/settings/tokens"],
  ["Packages", "/settings/packages"],
] as const;

/** The pages of the settings, as tabs; what is about the whole hub is for admins. */
export function settingsTabs(ctx: Context, current: string) {
  const tabs = isAdmin(ctx.actor) ? [...TABS, ["About", "/settings/about"] as const] : TABS;
  return tabs.map(([label, href]) => ({ label, href, current: label === current }));
}
