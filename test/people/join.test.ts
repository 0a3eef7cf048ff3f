import { afterAll, beforeAll, expect, test } from "vitest";
import { ANONYMOUS, SCOPES } from "../../src/access/actor.ts";
import { deactivateWorker } from "../../src/people/deactivate.ts";
import { openInvitation } from "../../src/people/invitation.ts";
import { inviteWorker } from "../../src/people/invite.ts";
import { join } from "../../src/people/join.ts";
import { signIn } from "../../src/people/sign-in.ts";
import { issueToken, verifyToken } from "../../src/people/token.ts";
import { workerActor } from "../../src/people/browse.ts";
import { auditRows, cast, newWorld, type Cast, type TestWorld } from "../support/world.ts";

let now = new Date("2026-03-01T09:00:00Z");
let hub: TestWorld;
let people: Cast;

beforeAll(async () => {
  hub = await newWorld({ clock: () => now });
  people = await cast(hub.world);
});
afterAll(() => hub.close());

const PASSWORD = "a lighthouse in the fog";
const stranger = () => hub.ctx(ANONYMOUS);
const invite = (name: string, more = {}) =>
  inviteWorker(hub.ctx(people.ada), { email: `${name}@example.com`, name, ...more });
const accept = (token: string, name = "Dora") => join(stranger(), { token, name, password: PASSWORD });
const gone = { code: "not_found" };

test("an invitation makes a worker who can be in a team at once, and who joins with a password of their own", async () => {
  const { worker, token, expiresAt } = await invite("dora", { teams: [people.support.id] });
  expect(worker).toMatchObject({ email: "dora@example.com", role: "worker", state: "invited" });
  expect(expiresAt).toEqual(new Date("2026-03-08T09:00:00Z"));
  expect((await workerActor(hub.world, worker.id, SCOPES))?.teams).toEqual([{ id: people.support.id, manager: false }]);
  expect(await openInvitation(stranger(), token)).toEqual({ purpose: "join", email: "dora@example.com", name: "dora" });
  expect(await accept(token, "Dora Diver")).toMatchObject({ id: worker.id, name: "Dora Diver", state: "active" });
  const { worker: entered } = await signIn(stranger(), {
    email: "dora@example.com",
    password: PASSWORD,
    browser: null,
    address: "192.0.2.7",
  });
  expect(entered.id).toBe(worker.id);
  await expect(openInvitation(stranger(), token)).rejects.toMatchObject(gone);
  await expect(accept(token)).rejects.toMatchObject(gone);
  const stored = JSON.stringify([await hub.world.database.knex("invitations"), await auditRows(hub.world)]);
  expect(stored).not.toContain(token);
});

test("of many who open one invitation at the same moment one joins", async () => {
  const { token } = await invite("edgar");
  const results = await Promise.allSettled(Array.from({ length: 6 }, (_, i) => accept(token, `Edgar ${i}`)));
  expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
  for (const result of results) if (result.status === "rejected") expect(result.reason).toMatchObject(gone);
});

test("inviting again replaces the link, and an old one opens nothing", async () => {
  const first = await invite("fay");
  const second = await invite("Fay", { role: "admin" });
  expect(second.worker).toMatchObject({ id: first.worker.id, name: "Fay", role: "admin" });
  await expect(accept(first.token)).rejects.toMatchObject(gone);
  await expect(accept(second.token)).resolves.toMatchObject({ role: "admin", state: "active" });
  await expect(invite("fay")).rejects.toMatchObject({ code: "conflict", issues: [{ path: "email" }] });
});

test("two admins who invite the same person at once make one worker with one working link", async () => {
  const results = await Promise.all([invite("gil"), invite("gil"), invite("gil")]);
  expect(new Set(results.map((result) => result.worker.id)).size).toBe(1);
  const opened = await Promise.allSettled(results.map((result) => openInvitation(stranger(), result.token)));
  expect(opened.filter((result) => result.status === "fulfilled")).toHaveLength(1);
});

test("an invitation ends after seven days", async () => {
  const { token } = await invite("hal");
  now = new Date(now.getTime() + 7 * 24 * 3600_000);
  await expect(openInvitation(stranger(), token)).rejects.toMatchObject(gone);
  await expect(accept(token)).rejects.toMatchObject(gone);
});

test("an invitation ends when its worker is deactivated, and they are not invited past that", async () => {
  const { token, worker } = await invite("ivo");
  await deactivateWorker(hub.ctx(people.ada), worker.id);
  await expect(accept(token)).rejects.toMatchObject(gone);
  await expect(invite("ivo")).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringContaining("Reactivate"),
  });
});

test("a weak password is named, and leaves the invitation for another try", async () => {
  const { token } = await invite("jo");
  await expect(join(stranger(), { token, name: "Jo", password: "short" })).rejects.toMatchObject({
    code: "invalid",
    issues: [{ path: "password" }],
  });
  await expect(accept(token, "Jo")).resolves.toMatchObject({ state: "active" });
});

test.each([[""], ["x".repeat(43)], ["\0"], ["'; delete from invitations; --"]])(
  "the made-up invitation %j is not found",
  async (token) => {
    await expect(openInvitation(stranger(), token)).rejects.toMatchObject(gone);
    await expect(accept(token)).rejects.toMatchObject(gone);
  },
);

test("only admins invite", async () => {
  const given = { email: "eve@example.com", name: "Eve" };
  for (const actor of [people.ben, ANONYMOUS]) {
    await expect(inviteWorker(hub.ctx(actor), given)).rejects.toMatchObject({ code: "forbidden" });
  }
});

test.each([
  [{ email: "not an email" }, "email"],
  [{ name: "  " }, "name"],
  [{ name: "x".repeat(101) }, "name"],
  [{ name: "Eve\u202egnp" }, "name"],
  [{ name: "Eve\nadmin" }, "name"],
  [{ role: "owner" }, "role"],
  [{ state: "active" }, ""],
  [{ teams: ["x"] }, "teams.0"],
  [{ teams: ["018f0000-0000-7000-8000-000000000000"] }, "teams"],
])("an invitation with %j is refused", async (wrong, path) => {
  const given = { email: "eve@example.com", name: "Eve", ...wrong };
  const error = await inviteWorker(hub.ctx(people.ada), given as never).catch((reason: unknown) => reason);
  const { issues } = error as { issues: { path: string | string[] }[] };
  expect(issues.map((issue) => [issue.path].flat().join("."))).toEqual([path]);
  expect(await hub.world.database.knex("workers").where({ email: "eve@example.com" })).toEqual([]);
});

test("a token that the operator issued works before its worker has joined", async () => {
  const { worker } = await invite("kit");
  const holder = { type: "worker" as const, id: worker.id };
  const { token } = await issueToken(hub.ctx(), { holder, name: "CLI", scopes: ["read"], expiresAt: null });
  expect((await verifyToken(hub.world, token))?.holder).toEqual(holder);
  expect(await workerActor(hub.world, worker.id, ["read"])).toMatchObject({ name: "kit", scopes: ["read"] });
});
