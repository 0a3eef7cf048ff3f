import { listShares, shareAccount, unshareAccount, type ShareInput } from "../../accounts/share.ts";
import { listBots } from "../../bots/browse.ts";
import type { Context } from "../../context.ts";
import { invalid } from "../../errors.ts";
import { grantees } from "../../people/browse.ts";
import { limits } from "../account-page.ts";
import { accountCrumbs, changeable } from "../account-view.ts";
import { good, redirect, view } from "../answer.ts";
import { attempt, type Problems } from "../failure.ts";
import { fields, refused, texts } from "../form.ts";
import { get, post, type Incoming } from "../route.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];
const WORDS = { worker: "Worker", team: "Team", bot: "Bot" } as const;

interface Typed {
  with: string;
  until: string;
  paths: string;
  methods: string[];
}

export default [
  get("/accounts/:slug/access", (ctx, { params, query }) => page(ctx, params.slug!, query.q?.trim() ?? "")),

  post("/accounts/:slug/access", async (ctx, { params, form }) => {
    const { account, path } = await changeable(ctx, params.slug!);
    const typed = typedShare(form);
    const shared = await attempt(() => shareAccount(ctx, account.id, asInput(typed)));
    if (!shared.ok) return page(ctx, account.id, "", typed, shared.problems);
    return redirect(`${path}/access`, good(`${account.name} is shared.`));
  }),

  post("/accounts/:slug/access/:share/remove", async (ctx, { params }) => {
    const { account, path } = await changeable(ctx, params.slug!);
    await unshareAccount(ctx, account.id, params.share!);
    return redirect(`${path}/access`, good("That share has ended."));
  }),
];

async function page(ctx: Context, key: string, q: string, typed?: Typed, problems?: Problems) {
  const { account, path, tile } = await changeable(ctx, key);
  const [shares, people, bots] = await Promise.all([
    listShares(ctx, account.id),
    grantees(ctx, q),
    listBots(ctx, { limit: 50, ...(q && { q }) }),
  ]);
  const found = [...people, ...bots.items.map(({ id, name }) => ({ type: "bot" as const, id, name }))];
  const options = found.map(({ type, id, name }) => ({ value: `${type}:${id}`, label: `${WORDS[type]}: ${name}` }));
  const data = {
    page: { title: `Access to ${account.name}` },
    tile,
    crumbs: accountCrumbs(account),
    path,
    q,
    // Long lists are cut; then a search finds the rest.
    search: q !== "" || people.length === 20 || bots.next_cursor !== null,
    shares: shares.map((share) => ({
      ...share,
      person: { name: share.name, type: share.with.type, id: share.with.id ?? "everyone" },
      limits: limits(share),
      ended: share.until !== null && share.until <= ctx.clock(),
    })),
    options: [{ value: "everyone:", label: "Everyone (all workers)" }, ...options],
    methods: METHODS,
    today: ctx.clock().toISOString().slice(0, 10),
    typed: typed ?? { with: "", until: "", paths: "", methods: [] },
    problems: problems && refused(problems),
  };
  return view("account-access", data, { status: problems ? 400 : 200 });
}

function typedShare(form: Incoming["form"]): Typed {
  return { ...fields(form, "with", "until", "paths"), methods: texts(form, "methods") };
}

function asInput(typed: Typed): ShareInput {
  const [type, id] = typed.with.split(":");
  if (!type) throw invalid("with", "Choose with whom.");
  const paths = typed.paths.split(/\s+/).filter(Boolean);
  const rule = { ...(typed.methods.length > 0 && { methods: typed.methods }), ...(paths.length > 0 && { paths }) };
  return {
    with: (type === "everyone" ? { type } : { type, id }) as ShareInput["with"],
    ...(Object.keys(rule).length > 0 && { rules: [rule] }),
    ...(typed.until !== "" && { until: `${typed.until}T23:59:59Z` }),
  };
}
