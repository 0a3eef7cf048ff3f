import { z } from "zod";
import type { BotActor } from "../access/actor.ts";
import { inTransaction, record, type Context } from "../context.ts";
import { invalid, SignetError } from "../errors.ts";
import { peopleOf, type Addressee } from "../people/addressees.ts";
import { newId } from "../storage/id.ts";
import { noticeLink, noticeText, noticeTitle } from "./notice.ts";

/** Notices that one bot may make within a day, counted by person: more of them nobody reads. */
const MOST_A_DAY = 500;
const DAY = 24 * 3_600_000;

export const notifyInput = z.strictObject({
  /** E-mail addresses of workers, names or short names of teams, or "owner". */
  to: z.union([
    z
      .string()
      .trim()
      .min(1, "Say who is to be told.")
      .max(320)
      .transform((one) => [one]),
    z
      .array(z.string().trim().min(1).max(320))
      .min(1, "Say who is to be told.")
      .max(50, "Name at most 50 people and teams."),
  ]),
  title: noticeTitle,
  text: noticeText.default(""),
  link: noticeLink.nullish(),
});

/**
 * Tells people something, as a bot: only its owner's people, each once. Returns who was told. Throws `forbidden` for
 * anybody but a bot, `invalid` naming `to` for whom it may not tell anything, `rate_limited` beyond what a bot may in a day.
 */
export async function notifyPeople(ctx: Context, given: z.input<typeof notifyInput>): Promise<Addressee[]> {
  const { to, title, text, link } = notifyInput.parse(given);
  const { actor } = ctx;
  if (actor.type !== "bot") throw new SignetError("forbidden", "Only a bot tells people something.");
  return inTransaction(ctx, async (inside) => {
    const people = await addressees(inside, actor, to);
    await requireRoom(inside, actor, people.length);
    const now = inside.clock();
    const of = { bot_id: actor.id, bot_name: actor.name, run_id: inside.behalf?.run ?? null };
    const rows = people.map(({ id }) => ({
      ...{ id: newId(), worker_id: id, ...of },
      ...{ title, text, link: link ?? null, created_at: now },
    }));
    await inside.db("notices").insert(rows);
    const facts = { to: people.slice(0, 20).map(({ name }) => name), people: people.length };
    await record(inside, { action: "notice.sent", outcome: "ok", facts });
    return people;
  });
}

/** The people behind the names, each once. A name of nobody and a name of a stranger are refused alike. */
async function addressees(ctx: Context, bot: BotActor, names: string[]): Promise<Addressee[]> {
  const found = await peopleOf(ctx, bot.owner, names);
  for (const name of names)
    if (!found.has(name))
      throw invalid(
        "to",
        `The bot can tell ${REACH[bot.owner.type]} something; nobody among them is called “${name.slice(0, 100)}”.`,
      );
  const people = new Map([...found.values()].flat().map((person) => [person.id, person]));
  if (people.size === 0) throw invalid("to", "There is nobody to tell: the team has no members.");
  return [...people.values()];
}

const REACH = {
  organization: "everybody here",
  team: "the members of its team",
  worker: "the worker it belongs to",
};

/** One bot at a time, so that runs side by side do not both find the last room. */
async function requireRoom(ctx: Context, bot: BotActor, more: number): Promise<void> {
  await ctx.db.raw("select pg_advisory_xact_lock(hashtext(?))", [`signet:notices:${bot.id}`]);
  const row = await ctx
    .db("notices")
    .where({ bot_id: bot.id })
    .where("created_at", ">", new Date(ctx.clock().getTime() - DAY))
    .count({ count: "*" })
    .first();
  if (Number(row?.count ?? 0) + more > MOST_A_DAY)
    throw new SignetError("rate_limited", `A bot makes at most ${MOST_A_DAY} notices a day, counted by person.`, {
      retryAfter: 3600,
    });
}
