/** Somebody who works at the fictional company and can sign in there. */
export interface Person {
  id: string;
  name: string;
  email: string;
  title: string;
}

/** Who may sign in at Acme; nobody has a password, because nobody is real. */
export const PEOPLE: Person[] = [
  { id: "grace", name: "Grace Okafor", email: "grace@acme.example", title: "Support lead" },
  { id: "mateo", name: "Mateo Silva", email: "mateo@acme.example", title: "Support agent" },
  { id: "hana", name: "Hana Novak", email: "hana@acme.example", title: "Account manager" },
];

/** The person with this id; undefined when there is none. */
export function personOf(id: string | undefined): Person | undefined {
  return PEOPLE.find((person) => person.id === id);
}
