import type { World } from "../context.ts";

/** How long an address stays known after a sign-in, and how long guesses are remembered. */
const KNOWN = 90 * 24 * 3600_000;
const GUESSES = 2 * 24 * 3600_000;

/** Removes what has expired: sessions, invitations, counts of guesses. Changes nothing that anybody could still use. */
export async function sweepPeople({ database, clock }: World): Promise<void> {
  const now = clock();
  const before = (age: number) => new Date(now.getTime() - age);
  await database.knex("sessions").where("expires_at", "<=", now).delete();
  await database.knex("invitations").where("expires_at", "<=", now).delete();
  await database.knex.raw(
    `delete from sign_in_failures where key in (
       select key from sign_in_failures where last_at < ? and (failures > 0 or last_at < ?) for update skip locked)`,
    [before(GUESSES), before(KNOWN)],
  );
}
