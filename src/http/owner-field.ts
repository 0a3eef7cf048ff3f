import type { Owner } from "../access/actor.ts";
import type { Context } from "../context.ts";
import { ownerChoices, ownerKey, ownerNames } from "../people/owner.ts";

// An owner as one value of a select: "worker:<id>", "team:<id>" or "organization:".

export interface OwnerOption {
  value: string;
  label: string;
}

/** The choices of an owner menu, the actor first. */
export async function ownerOptions(ctx: Context): Promise<OwnerOption[]> {
  return (await ownerChoices(ctx)).map(({ owner, label }) => ({ value: ownerKey(owner), label }));
}

/** What was chosen, as verbs take it; undefined when nothing was. Verbs refuse what is no owner. */
export function chosenOwner(value: string): Owner | undefined {
  if (value === "") return undefined;
  const [type, id] = value.split(":");
  return (type === "organization" ? { type, id: null } : { type, id: id ?? "" }) as Owner;
}

/** An owner as the part person takes it. */
export function ownerPerson(owner: Owner, names: Map<string, string>) {
  return { type: owner.type, id: owner.id ?? "organization", name: names.get(ownerKey(owner)) ?? "Somebody who left" };
}

export async function namedOwner(ctx: Context, owner: Owner) {
  return ownerPerson(owner, await ownerNames(ctx, [owner]));
}
