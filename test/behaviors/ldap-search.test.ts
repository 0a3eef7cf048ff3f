import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connectAccount } from "../../src/accounts/connect.ts";
import type { Bot } from "../../src/bots/bot.ts";
import { getRun } from "../../src/runs/browse.ts";
import { addService } from "../../src/services/add.ts";
import { newStudio, type Studio } from "../support/behaviors.ts";
import { family } from "../support/certificates.ts";
import { newDirectory, type TestDirectory } from "../support/directory.ts";

const BASE = "dc=example,dc=com";
const READER = `cn=reader,${BASE}`;
const PASSWORD = "canary-directory-7302";
const { authority, server } = family();
const person = (uid: string, ou: string) => ({
  dn: `uid=${uid},ou=${ou},${BASE}`,
  attributes: { objectClass: ["person"], uid: [uid], mail: [`${uid}@example.com`] },
});

let studio: Studio;
let directory: TestDirectory;
let bot: Bot;

beforeAll(async () => {
  studio = await newStudio();
  const { hub, people } = studio;
  const entries = [
    { dn: BASE, attributes: { objectClass: ["domain"] } },
    { dn: `ou=guests,${BASE}`, attributes: { objectClass: ["organizationalUnit"] } },
    person("ada", "staff"),
    person("ben", "staff"),
    person("cleo", "guests"),
  ];
  directory = await newDirectory({ security: "starttls", own: server, people: { [READER]: PASSWORD }, entries });
  const service = await addService(hub.ctx(people.ada), {
    kind: "ldap",
    name: "Directory",
    settings: { url: `ldap://localhost:${directory.port}`, base_dn: BASE, tls_ca: authority.certificate },
  });
  const secret = { dn: READER, password: PASSWORD };
  await connectAccount(hub.ctx(people.ada), { service: service.id, name: "Staff", slug: "staff", secret });
  bot = await studio.bot(people.ada, "directory");
});

afterAll(async () => {
  await directory?.close();
  await studio?.hub.close();
});

beforeEach(() => (directory.heard.length = 0));

const look = (step: object, inputs: Record<string, string> = {}, given = {}) =>
  studio.run(
    bot,
    {
      inputs: Object.keys(inputs).map((name) => ({ name })),
      steps: [{ id: "found", do: "ldap_search", account: "staff", ...step }],
      output: "{{ steps.found }}",
    },
    { inputs, ...given },
  );
const searches = () => directory.heard.filter((line) => line.startsWith("search"));

describe("a step that searches a directory", () => {
  it("brings entries with the attributes that were asked for", async () => {
    const ended = await look({ filter: "(uid={{ inputs.uid }})", attributes: ["mail"] }, { uid: "ben" });
    expect(ended).toMatchObject({
      state: "succeeded",
      output: {
        truncated: false,
        entries: [{ dn: `uid=ben,ou=staff,${BASE}`, attributes: { mail: ["ben@example.com"] } }],
      },
    });
    const { steps } = await getRun(studio.hub.ctx(studio.people.ada), ended.id);
    expect(steps[0]?.shown).toMatchObject({ filter: "(uid=ben)", scope: "sub" });
    expect(JSON.stringify(steps)).not.toContain(PASSWORD);
  });

  it.each(["*)(uid=*", "*", "ada)(|(uid=ben", "\\2a"])("compares %j as it is", async (uid) => {
    const ended = await look({ filter: "(&(objectClass=person)(uid={{ inputs.uid }}))" }, { uid });
    expect(ended.output).toEqual({ entries: [], truncated: false });
    expect(searches()).toHaveLength(1);
  });

  it("keeps an author's own asterisk", async () => {
    const ended = await look({ filter: "(uid={{ inputs.begin }}*)" }, { begin: "a" });
    expect((ended.output as { entries: unknown[] }).entries).toHaveLength(1);
  });

  it("keeps what is filled into a name within its part of it", async () => {
    await look({ base: `ou={{ inputs.ou }},${BASE}`, scope: "one" }, { ou: "guests" });
    expect(searches()).toEqual([expect.stringContaining(`ou=guests,${BASE} `)]);
    directory.heard.length = 0;
    await look({ base: `ou={{ inputs.ou }},${BASE}` }, { ou: "x,dc=other" });
    expect(searches()[0]).toContain("ou=x\\2cdc=other,");
  });

  it("takes a whole filter and a whole name as they are, and says what is wrong with them", async () => {
    const whole = { filter: "{{ inputs.filter }}", base: "{{ inputs.base }}" };
    const ended = await look(whole, { filter: "(uid=*)", base: `ou=guests,${BASE}` });
    expect((ended.output as { entries: unknown[] }).entries).toHaveLength(1);
    expect(await look({ filter: "{{ inputs.filter }}" }, { filter: "uid=ben" })).toMatchObject({
      state: "failed",
      error: { code: "invalid", message: expect.stringContaining("a filter begins with") },
    });
    expect(await look({ scope: "{{ inputs.scope }}" }, { scope: "deep" })).toMatchObject({
      state: "failed",
      error: { code: "invalid", message: expect.stringContaining("“scope”") },
    });
  });

  it("is only shown in a simulation, which may be given a result", async () => {
    const step = { filter: "(uid={{ inputs.uid }})" };
    const empty = await look(step, { uid: "ben" }, { simulate: true });
    expect(empty).toMatchObject({ state: "succeeded", output: { entries: [], truncated: false } });
    const entries = [{ dn: "uid=x", attributes: {} }];
    const given = await look(step, { uid: "ben" }, { simulate: { answers: { found: { entries } } } });
    expect(given.output).toEqual({ entries, truncated: false });
    expect(directory.heard).toEqual([]);
  });
});
