import { shareAccount } from "../../src/accounts/share.ts";
import { execute } from "../../src/accounts/execute.ts";
import type { Bot } from "../../src/bots/bot.ts";
import { addBot } from "../../src/bots/add.ts";
import { botActor, listBots } from "../../src/bots/browse.ts";
import { contextFor } from "../../src/compose.ts";
import type { Context, World } from "../../src/context.ts";
import { issueToken, verifyToken } from "../../src/people/token.ts";

const SCOPES = ["execute", "read"] as const;

/** The team's bot: it may use what the team owns, and what is shared with it. */
export async function seedBot(manager: Context, team: string): Promise<Bot & { fresh: boolean }> {
  const slug = "helpdesk-helper";
  const known = (await listBots(manager, { q: slug })).items.find((bot) => bot.slug === slug);
  if (known) return { ...known, fresh: false };
  const owner = { type: "team" as const, id: team };
  return { ...(await addBot(manager, { name: "Helpdesk helper", slug, owner })), fresh: true };
}

/** The token that was handed out before, while it still speaks for the bot; a new one otherwise. */
export async function seedToken(manager: Context, bot: Bot, before: string | undefined): Promise<string> {
  const known = before === undefined ? undefined : await verifyToken(manager, before);
  if (known?.holder.id === bot.id) return before!;
  const holder = { type: "bot" as const, id: bot.id };
  return (await issueToken(manager, { holder, name: "For the demo's curl", scopes: SCOPES, expiresAt: null })).token;
}

/** Lets the bot read the forecast, and nothing else, with an account that it does not own. */
export async function shareForecast(admin: Context, account: string, bot: Bot): Promise<void> {
  const rules = [{ methods: ["GET"], paths: ["/weather/forecast"] }];
  await shareAccount(admin, account, { with: { type: "bot", id: bot.id }, rules });
}

/** A few requests of the bot, so that no page is empty on the first visit. */
export async function tryBot(world: World, bot: Bot): Promise<void> {
  const actor = await botActor(world, bot.id, SCOPES);
  if (!actor) return;
  const send = (input: Parameters<typeof execute>[1]) => execute(contextFor(world, actor), input);
  await send({ account: "acme-crm", url: "/api/tickets", query: { state: "open" } });
  await send({ account: "acme-crm", url: "/api/contacts/c-02" });
  const text = "Checked by the Helpdesk helper: the template is being corrected.";
  await send({ account: "acme-crm", method: "POST", url: "/api/tickets/T-1001/notes", body: { text } });
  await send({ account: "acme-weather", url: "/forecast", query: { city: "Lisbon" } });
  // A path that the share does not allow: a refusal for the audit.
  await send({ account: "acme-weather", url: "/key" }).catch(() => undefined);
}
