import type { Owner } from "../access/actor.ts";
import type { Context } from "../context.ts";

/** Somebody who can be told something. */
export interface Addressee {
  id: string;
  name: string;
}

// Everybody who is here, in reach of an owner: the worker, the members of the team, or all. What a name stands for: an
// e-mail address, a team by its name or short name, or the owner, which for the organization are its admins.
const ASKED = `
  with reach as (
    select id, name, email, role from workers
    where state = 'active' and (
      :type = 'organization'
      or (:type = 'worker' and id = :id)
      or (:type = 'team' and id in (select worker_id from team_members where team_id = :id)))
  ),
  asked as (select name from unnest(cast(:names as text[])) as name)
  select asked.name as asked, reach.id, reach.name
  from asked join reach on
    lower(reach.email) = lower(asked.name)
    or (asked.name = 'owner' and (:type <> 'organization' or reach.role = 'admin'))
    or exists (
      select from team_members join teams on teams.id = team_id
      where worker_id = reach.id
        and (:type <> 'team' or teams.id = :id)
        and (lower(teams.name) = lower(asked.name)
          or trim(both '-' from regexp_replace(lower(teams.name), '[^a-z0-9]+', '-', 'g')) = asked.name))
  order by lower(reach.name), reach.id`;

/** Who is meant by each of the names, among the owner's people; a name that means nobody is missing. */
export async function peopleOf(ctx: Context, owner: Owner, names: string[]): Promise<Map<string, Addressee[]>> {
  const { rows } = await ctx.db.raw<{ rows: (Addressee & { asked: string })[] }>(ASKED, {
    type: owner.type,
    id: owner.id,
    names: [...new Set(names)],
  });
  const found = new Map<string, Addressee[]>();
  for (const { asked, id, name } of rows) found.set(asked, [...(found.get(asked) ?? []), { id, name }]);
  return found;
}
