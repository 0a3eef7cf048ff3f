import { lendableAccounts } from "../../accounts/lendable.ts";
import { getAccount } from "../../accounts/browse.ts";
import { shareAccount } from "../../accounts/share.ts";
import type { Behavior } from "../../behaviors/behavior.ts";
import { managedBehavior } from "../../behaviors/browse.ts";
import { knownBot } from "../../bots/browse.ts";
import type { Context } from "../../context.ts";
import { invalid, notFound } from "../../errors.ts";
import { ownerKey } from "../../people/owner.ts";
import { listServices } from "../../services/browse.ts";
import { kindOf } from "../../signer/kinds.ts";
import { good, redirect, view, type Answer } from "../answer.ts";
import { behaviorPath } from "../behavior-links.ts";
import { attempt, type Problems } from "../failure.ts";
import { refused, text } from "../form.ts";
import { linkWith } from "../list-links.ts";
import { namedOwner } from "../owner-field.ts";
import { backWith, returnPath } from "../return-path.ts";
import { get, post } from "../route.ts";
import { usableByBot } from "../step-accounts.ts";
import { tileOf } from "../tile.ts";

export default [
  get("/behaviors/:id/accounts", async (ctx, { params, query }) => {
    const behavior = await managedBehavior(ctx, params.id!);
    return show(ctx, behavior, backOf(behavior, query));
  }),

  post("/behaviors/:id/accounts", async (ctx, { params, form }) => {
    const behavior = await managedBehavior(ctx, params.id!);
    const back = returnPath(text(form, "back")) || behaviorPath(behavior);
    const result = await attempt(async () => {
      const key = text(form, "account");
      if (key === "") throw invalid("account", "Choose an account.");
      await shareAccount(ctx, key, { with: { type: "bot", id: behavior.bot.id } });
      return getAccount(ctx, key);
    });
    if (!result.ok) return show(ctx, behavior, back, result.problems);
    const said = good(`${result.value.name} is shared with ${behavior.bot.name}. Save the step to use it.`);
    return redirect(backWith(back, result.value, behaviorPath(behavior)), said);
  }),
];

/** The step's form, which the account is for. */
function backOf(behavior: Behavior, { step, list, at, kind }: Record<string, string>): string {
  return behaviorPath(behavior, list === undefined ? { step } : { add: list, at, kind });
}

async function show(ctx: Context, behavior: Behavior, back: string, problems?: Problems): Promise<Answer> {
  const bot = await knownBot(ctx, behavior.bot.id);
  if (!bot) throw notFound("behavior");
  const [usable, lendable, { items }] = await Promise.all([
    usableByBot(ctx, bot),
    lendableAccounts(ctx),
    listServices(ctx, { limit: 200 }),
  ]);
  const known = new Set(usable.items.map(({ id }) => id));
  const data = {
    page: { title: "Another account", section: "bots" },
    behavior: { id: behavior.id, title: behavior.title },
    bot: { id: bot.id, name: bot.name },
    owner: await namedOwner(ctx, bot.owner),
    back,
    lendable: lendable
      .filter(({ id }) => !known.has(id))
      .map(({ id, name, service }) => ({ value: id, label: `${name} (${service.name})` })),
    tiles: items.map((service) => ({
      href: linkWith("/accounts/new", { service: service.id, owner: ownerKey(bot.owner), back }),
      label: service.name,
      help: kindOf(service.kind).label,
      service: tileOf({ name: service.name, catalog: service.catalogKey }),
    })),
    problems: problems ? refused(problems) : null,
  };
  return view("behavior-account", data, { status: problems ? 400 : 200 });
}
