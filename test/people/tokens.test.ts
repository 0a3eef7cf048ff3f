import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ANONYMOUS } from "../../src/access/actor.ts";
import {
  flushTokenUsage,
  issueOwnToken,
  issueToken,
  listTokens,
  removeTokens,
  revokeToken,
  verifyToken,
} from "../../src/people/token.ts";
import { newId } from "../../src/storage/id.ts";
import { auditRows, cast, newWorld, type Cast, type TestWorld } from "../support/world.ts";

let now = new Date("2026-03-01T09:00:00Z");
let hub: TestWorld;
let people: Cast;
beforeAll(async () => {
  hub = await newWorld({ clock: () => now });
  people = await cast(hub.world);
});
afterAll(() => hub.close());

const own = (given: object = {}) => issueOwnToken(hub.ctx(people.ben), given);
const bens = () => ({ type: "worker" as const, id: people.ben.id });

test("a token is shown once, stored as its hash, and stands for its holder and scopes", async () => {
  const made = await own({ name: "Laptop", scopes: ["read", "execute", "read"] });
  expect(made.token).toMatch(/^sgw_[\w-]{43}$/);
  expect(made).toMatchObject({
    name: "Laptop",
    scopes: ["read", "execute"],
    lastFour: made.token.slice(-4),
    expiresAt: null,
  });
  expect(await verifyToken(hub.world, made.token)).toEqual({
    id: made.id,
    holder: bens(),
    scopes: ["read", "execute"],
    expiresAt: null,
  });
  const { items } = await listTokens(hub.ctx(people.ben), bens());
  expect(items.map((item) => item.id)).toEqual([made.id]);
  const stored = JSON.stringify([items, await hub.world.database.knex("tokens"), await auditRows(hub.world)]);
  expect(stored).not.toContain(made.token.slice(4));
});

test.each([
  [""],
  ["sgw_"],
  [`sgw_${"A".repeat(43)}`],
  [`sgb_${"\0".repeat(43)}`],
  [`xxx_${"A".repeat(43)}`],
  ["A".repeat(100_000)],
])("the made-up token %j stands for nobody", async (text) =>
  expect(await verifyToken(hub.world, text)).toBeUndefined(),
);

test("a token that was seen before costs no query, whether it is the same process's first use or its thousandth", async () => {
  const { token } = await own();
  await verifyToken(hub.world, token);
  const asked = vi.spyOn(hub.world.database, "prepared");
  for (let i = 0; i < 1_000; i++) await verifyToken(hub.world, token);
  expect(asked).not.toHaveBeenCalled();
  asked.mockRestore();
});

test("a token ends at its moment even where it is remembered", async () => {
  const { token } = await own({ expires_at: "2026-03-01T10:00:00Z" });
  expect(await verifyToken(hub.world, token)).toBeDefined();
  now = new Date("2026-03-01T10:00:00Z");
  expect(await verifyToken(hub.world, token)).toBeUndefined();
});

test("a revoked token is forgotten, and only its holder or an admin revokes and lists", async () => {
  const { id, token } = await own();
  await verifyToken(hub.world, token);
  for (const actor of [people.cleo, ANONYMOUS]) {
    await expect(revokeToken(hub.ctx(actor), bens(), id)).rejects.toMatchObject({ code: "not_found" });
    await expect(listTokens(hub.ctx(actor), bens())).rejects.toMatchObject({ code: "not_found" });
  }
  const cleos = { type: "worker" as const, id: people.cleo.id };
  await expect(revokeToken(hub.ctx(people.cleo), cleos, id)).rejects.toMatchObject({ code: "not_found" });
  await expect(revokeToken(hub.ctx(people.ben), bens(), "x")).rejects.toMatchObject({ code: "not_found" });
  await revokeToken(hub.ctx(people.ben), bens(), id);
  await expect.poll(() => verifyToken(hub.world, token)).toBeUndefined();
  await expect(revokeToken(hub.ctx(people.ada), bens(), id)).rejects.toMatchObject({ code: "not_found" });
});

test("a worker passes on only what they may do, and only with the scope manage", async () => {
  const limited = hub.ctx({ ...people.ben, scopes: ["read", "manage"] });
  expect((await issueOwnToken(limited, { name: "Reader" })).scopes).toEqual(["read"]);
  await expect(issueOwnToken(limited, { scopes: ["execute"] })).rejects.toMatchObject({ issues: [{ path: "scopes" }] });
  const reader = hub.ctx({ ...people.ben, scopes: ["read"] });
  await expect(issueOwnToken(reader, { scopes: ["read"] })).rejects.toMatchObject({ code: "forbidden" });
  await expect(issueOwnToken(hub.ctx(), {})).rejects.toMatchObject({ code: "forbidden" });
});

test.each([
  [{ scopes: [] }, "scopes"],
  [{ scopes: ["root"] }, "scopes.0"],
  [{ expires_at: "2020-01-01T00:00:00Z" }, "expires_at"],
  [{ expires_at: "soon" }, "expires_at"],
  [{ holder: "x" }, ""],
  [{ name: "" }, "name"],
])("a token with %j is refused", async (given, path) => {
  const error = await own(given).catch((reason: unknown) => reason);
  const { issues } = error as { issues: { path: string | string[] }[] };
  expect(issues.map((issue) => [issue.path].flat().join("."))).toEqual([path]);
});

test("a bot's tokens end together", async () => {
  const holder = { type: "bot" as const, id: newId() };
  const issue = () => issueToken(hub.ctx(people.ada), { holder, name: "Bot", scopes: ["execute"], expiresAt: null });
  const [first, second] = [await issue(), await issue()];
  expect(first.token).toMatch(/^sgb_/);
  expect((await verifyToken(hub.world, first.token))?.holder).toEqual(holder);
  expect(await verifyToken(hub.world, second.token)).toBeDefined();
  expect(await removeTokens(hub.ctx(people.ada), holder)).toBe(2);
  await expect.poll(() => verifyToken(hub.world, first.token)).toBeUndefined();
  await expect.poll(() => verifyToken(hub.world, second.token)).toBeUndefined();
});

test("last uses are written together, and never move back", async () => {
  const [first, second] = [await own(), await own()];
  const used = now;
  await Promise.all([first, second].map(({ token }) => verifyToken(hub.world, token)));
  const asked = vi.spyOn(hub.world.database, "prepared");
  await flushTokenUsage(hub.world.database);
  await flushTokenUsage(hub.world.database);
  expect(asked).toHaveBeenCalledTimes(1);
  asked.mockRestore();
  now = new Date(now.getTime() - 60_000);
  await verifyToken(hub.world, first.token);
  await flushTokenUsage(hub.world.database);
  const rows = await hub.world.database.knex("tokens").whereIn("id", [first.id, second.id]);
  expect(rows.map((row) => row.last_used_at)).toEqual([used, used]);
});

test("lists are paged, and a made-up cursor is refused", async () => {
  const holder = { type: "worker" as const, id: people.cleo.id };
  const ctx = hub.ctx(people.cleo);
  for (let i = 0; i < 5; i++) await issueOwnToken(ctx, { name: `T${i}` });
  const seen: string[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await listTokens(ctx, holder, { limit: 2, cursor });
    seen.push(...page.items.map((item) => item.name));
    if (page.next_cursor === null) break;
    cursor = page.next_cursor;
  }
  expect(seen.sort()).toEqual(["T0", "T1", "T2", "T3", "T4"]);
  const made = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  for (const cursor of ["x", made(["x"]), made(["x", "y"]), made(["\0"]), made({})]) {
    await expect(listTokens(ctx, holder, { cursor })).rejects.toMatchObject({ issues: [expect.anything()] });
  }
});
