import { afterAll, beforeAll, expect, test } from "vitest";
import { addService } from "../../src/services/add.ts";
import { serviceOf } from "../../src/services/browse.ts";
import { catalog, type CatalogEntry } from "../../src/services/catalog.ts";
import { Browser, startApp, type App, type FormFields } from "../support/app.ts";
import { cast, newWorld, PASSWORDS, type Cast, type TestWorld } from "../support/world.ts";

// What an entry of the catalog says of its provider survives a form that was opened and saved as it was.

let hub: TestWorld;
let app: App;
let people: Cast;
let ada: Browser;

beforeAll(async () => {
  hub = await newWorld();
  people = await cast(hub.world);
  app = await startApp(hub.world);
  ada = await new Browser(app).signIn("ada@example.com", PASSWORDS.ada);
});
afterAll(async () => {
  await app?.close();
  await hub?.close();
});

/** Those that differ most from what is usual, one of each kind of setting among them. */
const odd = catalog()
  .filter(({ settings }) => Object.keys(settings).length > 10)
  .sort((a, b) => Object.keys(b.settings).length - Object.keys(a.settings).length)
  .slice(0, 15);

function answers({ prompts }: CatalogEntry): Record<string, unknown> {
  const answer = (type: string) => (type === "host" ? "sample.example.com" : "sample-of-more-than-eight");
  return Object.fromEntries(prompts.map((prompt) => [prompt.key, prompt.default ?? answer(prompt.type)]));
}

/** What a browser would send of the page's form. */
function fieldsOf(page: string): FormFields {
  const form = /<form[^>]*method="post"[^>]*action="[^"]*\/edit"[\s\S]*?<\/form>/.exec(page)![0];
  const fields: FormFields = {};
  const text = (html: string) =>
    html.replace(/&#39;|&quot;|&lt;|&gt;|&amp;/g, (code) => ENTITIES[code as keyof typeof ENTITIES]);
  for (const [, attributes] of form.matchAll(/<input([^>]*)>/g)) {
    const name = / name="([^"]*)"/.exec(attributes!)?.[1];
    const box = /type="checkbox"/.test(attributes!);
    if (name && (!box || / checked/.test(attributes!)))
      fields[name] = text(/ value="([^"]*)"/.exec(attributes!)?.[1] ?? (box ? "on" : ""));
  }
  for (const [, name, value] of form.matchAll(/<textarea[^>]* name="([^"]*)"[^>]*>([\s\S]*?)<\/textarea>/g))
    fields[name!] = text(value!.replace(/^\n/, ""));
  for (const [, name, options] of form.matchAll(/<select[^>]* name="([^"]*)"[^>]*>([\s\S]*?)<\/select>/g))
    fields[name!] = text(/<option[^>]*value="([^"]*)"[^>]* selected/.exec(options!)?.[1] ?? "");
  return fields;
}

const ENTITIES = { "&#39;": "'", "&quot;": '"', "&lt;": "<", "&gt;": ">", "&amp;": "&" };

test.each(odd.map((entry) => [entry.key, entry] as const))("%s", async (_key, entry) => {
  const { id } = await addService(hub.ctx(people.ada), { catalog: entry.key, settings: answers(entry) });
  const before = await serviceOf(hub.ctx(people.ada), id);
  const page = await ada.get(`/services/${id}/edit`);
  const saved = await ada.post(`/services/${id}/edit`, fieldsOf(page.text));
  expect(saved.status).toBe(303);
  const after = await serviceOf(hub.ctx(people.ada), id);
  expect(after.version).toBe(before.version + 1);
  expect(withoutOff(after.settings)).toEqual(withoutOff(before.settings));
  expect({ ...after, settings: 0, version: 0, updatedAt: 0 }).toEqual({
    ...before,
    settings: 0,
    version: 0,
    updatedAt: 0,
  });
});

/** A switch that is off and one that was never touched are the same. */
function withoutOff(settings: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== false));
}
