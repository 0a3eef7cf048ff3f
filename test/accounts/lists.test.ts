import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SCOPES, type Actor, type Owner } from "../../src/access/actor.ts";
import { maySee, mayUse, type Share } from "../../src/access/policy.ts";
import { countAccounts, listAccounts, usableAccounts } from "../../src/accounts/browse.ts";
import { createTeam } from "../../src/people/create-team.ts";
import { setMember } from "../../src/people/set-member.ts";
import { workerActor } from "../../src/people/browse.ts";
import { newId } from "../../src/storage/id.ts";
import { bearerService, connected } from "../support/services.ts";
import { cast, newWorld, type Cast, type TestWorld } from "../support/world.ts";

// What the lists show is decided in SQL, what a single account shows by maySee(); they must be the same for everybody.

let hub: TestWorld;
let people: Cast;
let actors: Actor[];
let owners: Owner[];
let grantees: Share["with"][];
let model: { serviceId: string; secretId: string };

beforeAll(async () => {
  hub = await newWorld();
  people = await cast(hub.world);
  const other = await createTeam(hub.ctx(), { name: "Sales" });
  await setMember(hub.ctx(), other.id, { worker: people.cleo.id, manager: false });
  await setMember(hub.ctx(), people.support.id, { worker: people.ada.id, manager: false });
  owners = [
    { type: "organization", id: null },
    { type: "team", id: people.support.id },
    { type: "team", id: other.id },
    { type: "worker", id: people.ada.id },
    { type: "worker", id: people.ben.id },
    { type: "worker", id: people.cleo.id },
  ];
  const bots = owners.map((owner, index): Actor & { id: string } => {
    const name = `Bot ${index}`;
    return { type: "bot", id: newId(), name, slug: `bot-${index}`, owner, scopes: SCOPES };
  });
  const workers = [people.ada, people.ben, people.cleo];
  actors = [];
  for (const { id } of workers) actors.push((await workerActor(hub.world, id, SCOPES))!);
  actors.push(...bots);
  grantees = [
    { type: "everyone", id: null },
    ...workers.map(({ id }) => ({ type: "worker" as const, id })),
    { type: "team", id: people.support.id },
    { type: "team", id: other.id },
    ...bots.map(({ id }) => ({ type: "bot" as const, id })),
    { type: "worker", id: newId() },
  ];
  const service = await bearerService(hub, people.ada, "https://api.example.com");
  const account = await connected(hub, people.ada, service, { token: "tok-1234567890" });
  model = { serviceId: service.id, secretId: account.secretId };
});

afterAll(() => hub?.close());

interface Made {
  id: string;
  owner: Owner;
  shares: Share[];
}

/** Accounts with these owners and shares in place of all there were. */
async function fill(accounts: { owner: number; shares: { with: number; until: number }[] }[]): Promise<Made[]> {
  const { db } = hub.ctx();
  await db("accounts").delete();
  const now = Date.now();
  const made = accounts.map(({ owner, shares }, index) => ({
    id: newId(),
    name: `${"ab"[index % 2]} ${index}`,
    owner: owners[owner]!,
    shares: [...new Map(shares.map((share) => [share.with, share])).values()].map((share) => ({
      id: newId(),
      with: grantees[share.with]!,
      rules: null,
      until: [null, new Date(now + 3_600_000), new Date(now - 3_600_000)][share.until]!,
    })),
  }));
  const rows = made.map(({ id, name, owner }) => {
    const own = { owner_type: owner.type, owner_id: owner.id, created_by: people.ada.id };
    return { id, slug: id, name, service_id: model.serviceId, secret_id: model.secretId, ...own };
  });
  if (rows.length > 0) await db("accounts").insert(rows);
  const granted = made.flatMap(({ id, shares }) =>
    shares.map((share) => ({
      id: share.id,
      account_id: id,
      with_type: share.with.type,
      with_id: share.with.id,
      until: share.until,
    })),
  );
  if (granted.length > 0) await db("shares").insert(granted);
  return made;
}

const share = fc.record({ with: fc.nat(12), until: fc.nat(2) });
const accounts = fc.array(fc.record({ owner: fc.nat(5), shares: fc.array(share, { maxLength: 3 }) }), {
  maxLength: 12,
});

const ids = (items: { id: string }[]) => items.map(({ id }) => id).sort();

test("every actor's list is what they may see, and what they may use is what the choosers offer", async () => {
  // Every owner with every grantee once, then at random.
  const every = owners.flatMap((_, owner) =>
    grantees.flatMap((_, one) => [0, 1, 2].map((until) => ({ owner, shares: [{ with: one, until }] }))),
  );
  await compare(await fill(every));
  await fc.assert(
    fc.asyncProperty(accounts, async (drawn) => compare(await fill(drawn))),
    { numRuns: 25 },
  );
}, 60_000);

async function compare(made: Made[]): Promise<void> {
  const now = new Date();
  for (const actor of actors) {
    const ctx = hub.ctx(actor);
    const listed = await all(ctx);
    const visible = made.filter(({ owner, shares }) => maySee(actor, owner, shares, now));
    expect(ids(listed), `${actor.type} ${actor.name}`).toEqual(ids(visible));
    expect(await countAccounts(ctx, {})).toMatchObject({ all: visible.length, active: visible.length });
    const wish = { method: "GET", host: "api.example.com", path: "/" };
    const usable = made.filter(({ owner, shares }) => mayUse(actor, owner, shares, wish, now).allowed);
    const offered = await usableAccounts(ctx);
    if (usable.length <= 100) expect(ids(offered), `${actor.type} ${actor.name} uses`).toEqual(ids(usable));
    for (const item of offered) expect(usable.map(({ id }) => id)).toContain(item.id);
  }
}

/** The whole list, page by page; none of it twice. */
async function all(ctx: ReturnType<TestWorld["ctx"]>) {
  const items = [];
  let cursor: string | undefined;
  do {
    const page = await listAccounts(ctx, { limit: 7, ...(cursor && { cursor }) });
    items.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  expect(new Set(ids(items)).size).toBe(items.length);
  return items;
}

test("the tabs divide a list without making it longer", async () => {
  const made = await fill(
    owners.flatMap((_, owner) => [0, 1, 2, 3].map((one) => ({ owner, shares: [{ with: one, until: 0 }] }))),
  );
  for (const actor of actors) {
    const ctx = hub.ctx(actor);
    const [mine, shared, whole] = await Promise.all(
      (["mine", "shared", "all"] as const).map(async (tab) =>
        ids((await listAccounts(ctx, { tab, limit: 200 })).items),
      ),
    );
    expect(whole).toEqual(expect.arrayContaining([...mine!, ...shared!]));
    const seen = ids(made.filter(({ owner, shares }) => maySee(actor, owner, shares, new Date())));
    expect(whole).toEqual(seen);
  }
});
