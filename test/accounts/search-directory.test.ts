import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Actor } from "../../src/access/actor.ts";
import { acceptHosts } from "../../src/accounts/accept-hosts.ts";
import type { Account } from "../../src/accounts/account.ts";
import { connectAccount } from "../../src/accounts/connect.ts";
import { execute } from "../../src/accounts/execute.ts";
import { pauseAccount, resumeAccount } from "../../src/accounts/pause.ts";
import { searchDirectory, type SearchInput } from "../../src/accounts/search-directory.ts";
import { shareAccount, unshareAccount } from "../../src/accounts/share.ts";
import { testAccount } from "../../src/accounts/test.ts";
import { addService } from "../../src/services/add.ts";
import { editService } from "../../src/services/edit.ts";
import type { Service } from "../../src/services/service.ts";
import { family } from "../support/certificates.ts";
import { newDirectory, type DirectoryEntry, type TestDirectory } from "../support/directory.ts";
import { auditRows, cast, newWorld, type Cast, type TestWorld } from "../support/world.ts";

const PASSWORD = "canary-directory-4711";
const BASE = "dc=example,dc=com";
const READER = `cn=reader,${BASE}`;
const { authority, server } = family();
const photo = Buffer.from([0xff, 0xd8, 0, 1]);

const entries: DirectoryEntry[] = [
  { dn: BASE, attributes: { objectClass: ["domain"] } },
  {
    dn: `cn=Ada,ou=people,${BASE}`,
    attributes: {
      objectClass: ["person"],
      cn: ["Ada", "Countess"],
      jpegPhoto: [photo],
      objectGUID: [Buffer.from("plain ascii text")],
      note: [`the password is ${PASSWORD}`, Buffer.from(PASSWORD).toString("base64")],
    },
  },
  ...["Ben", "Cleo"].map((cn) => ({
    dn: `cn=${cn},ou=people,${BASE}`,
    attributes: { objectClass: ["person"], cn: [cn] },
  })),
  { dn: `ou=people,${BASE}`, attributes: { objectClass: ["organizationalUnit"] } },
];

let hub: TestWorld;
let people: Cast;
let directory: TestDirectory;
let service: Service;
let account: Account;

beforeAll(async () => {
  hub = await newWorld({ outboundAllow: ["127.0.0.1/32", "::1"] });
  people = await cast(hub.world);
  directory = await newDirectory({ security: "starttls", own: server, people: { [READER]: PASSWORD }, entries });
  service = await addService(hub.ctx(people.ada), {
    kind: "ldap",
    name: "Directory",
    settings: { url: `ldap://localhost:${directory.port}`, base_dn: BASE, tls_ca: authority.certificate },
  });
  account = await connect({ try: true });
});

afterAll(async () => {
  await directory?.close();
  await hub?.close();
});

beforeEach(() => (directory.heard.length = 0));

/** Without the leave that an earlier connection may be taking still. */
const heard = () => directory.heard.filter((line) => line !== "unbind");

const connect = (more: object = {}, password = PASSWORD) =>
  connectAccount(hub.ctx(people.ben), {
    service: service.id,
    name: "People",
    secret: { dn: READER, password },
    ...more,
  });

const search = (input: Partial<SearchInput> = {}, actor: Actor = people.ben) =>
  searchDirectory(hub.ctx(actor), { account: account.slug, ...input });

const rowsOf = async (action: string) => (await auditRows(hub.world)).filter((row) => row.action === action);

/** The facts of the newest rows about requests, newest first. */
const recorded = async (count: number) =>
  (await rowsOf("execute")).slice(-count).map(({ outcome, facts }) => ({ outcome, ...(facts as object) }));

describe("an account of a directory", () => {
  test("signs in before it is kept, and is known by the name that the directory tells", async () => {
    expect(account.identity).toEqual({ id: READER, label: READER });
    expect(account.facts).toEqual([
      { label: "Bind DN", value: READER },
      { label: "Password", value: "saved, hidden" },
    ]);
    expect(service.hosts).toEqual([`localhost:${directory.port}`]);
  });

  test("is not kept when the directory refuses it", async () => {
    await expect(connect({ try: true }, "wrong")).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringMatching(/does not accept the bind DN and password/) as string,
    });
    await expect(connect({}, "")).rejects.toMatchObject({ issues: [{ path: "secret.password" }] });
  });

  test("is tested by signing in, which is recorded", async () => {
    expect(await testAccount(hub.ctx(people.ben), account.id)).toMatchObject({
      worked: true,
      message: `Directory knows it as ${READER}.`,
    });
    expect(heard()).toEqual(["starttls", `bind ${READER}`, "who"]);
    const rows = await rowsOf("execute.test");
    expect(rows.slice(-2).map(({ outcome, facts }) => [outcome, (facts as { method: string }).method])).toEqual([
      ["pending", "BIND"],
      ["ok", "BIND"],
    ]);
  });

  test("sends no HTTP requests, and says what it is for", async () => {
    for (const url of ["/", `https://localhost:${directory.port}/`]) {
      await expect(execute(hub.ctx(people.ben), { account: account.id, url })).rejects.toMatchObject({
        code: "invalid",
        message: "People is an account of a directory, which takes no HTTP requests; search it.",
      });
    }
    expect(heard()).toEqual([]);
  });
});

describe("a search by Ben", () => {
  test("brings entries with texts as text, bytes in base64, and the password cleaned away", async () => {
    const found = await search({ filter: "(cn=Ada)", base: `ou=people,${BASE}`, scope: "one" });
    expect(found).toEqual({
      entries: [
        {
          dn: `cn=Ada,ou=people,${BASE}`,
          attributes: {
            objectClass: ["person"],
            cn: ["Ada", "Countess"],
            jpegPhoto: [photo.toString("base64")],
            objectGUID: [Buffer.from("plain ascii text").toString("base64")],
            note: [`the password is ${"*".repeat(21)}`, "*".repeat(28)],
          },
          binary: ["jpegPhoto", "objectGUID"],
        },
      ],
      truncated: false,
      duration_ms: expect.any(Number) as number,
      request_id: expect.any(String) as string,
    });
    expect(directory.heard).toContain(`search ou=people,${BASE} single (cn=Ada)`);
  });

  test("begins at the service's base with all entries, and asks for what the service or Ben names", async () => {
    expect((await search()).entries).toHaveLength(5);
    expect(directory.heard).toContain(`search ${BASE} subtree (objectClass=*)`);
    const [ada] = (await search({ filter: "(cn=Ada)", attributes: ["CN"] })).entries;
    expect(ada!.attributes).toEqual({ cn: ["Ada", "Countess"] });
    const limited = await search({ filter: "(objectClass=person)", size_limit: 2, page_size: 1 });
    expect([limited.entries.length, limited.truncated]).toEqual([2, true]);
  });

  test("is recorded before and after, with place and rule, without filter and secret", async () => {
    await search({ filter: "(cn=Countess)" });
    const seen = {
      account: "People",
      method: "SEARCH",
      host: `localhost:${directory.port}`,
      path: `/${BASE}`,
      via: "api",
    };
    await expect
      .poll(() => recorded(2))
      .toEqual([
        { outcome: "pending", ...seen, rule: "owner" },
        { outcome: "ok", ...seen, rule: "owner", duration_ms: expect.any(Number) as number },
      ]);
    const all = JSON.stringify(await auditRows(hub.world));
    for (const text of ["Countess", PASSWORD]) expect(all).not.toContain(text);
  });

  test("that fails is recorded with its code, and told in our words", async () => {
    await expect(search({ base: "ou=nowhere" })).rejects.toMatchObject({ code: "invalid", issues: [{ path: "base" }] });
    await expect.poll(async () => (await recorded(1))[0]).toMatchObject({ outcome: "failed", code: "invalid" });
  });

  test("with a filter that is none is refused before anything is said, with the place", async () => {
    await expect(search({ filter: "(&(cn=Ada)" })).rejects.toMatchObject({
      code: "invalid",
      issues: [{ path: "filter", message: "At character 1: the “)” that ends this filter is missing." }],
    });
    for (const input of [
      { size_limit: 0 },
      { attributes: ["c n"] },
      { scope: "all" },
      { base: "a\nb" },
      { page_size: 5000 },
    ])
      await expect(search(input as never)).rejects.toThrow();
    expect(heard()).toEqual([]);
  });

  test("is not made when it can not be recorded", async () => {
    const { world } = hub;
    const full = { ...world.audit, append: () => Promise.reject(new Error("full")) };
    await expect(
      searchDirectory({ ...hub.ctx(people.ben), audit: full as never }, { account: account.slug }),
    ).rejects.toThrow("full");
    expect(heard()).toEqual([]);
  });
});

describe("who may search", () => {
  test("strangers do not know of it, and a share's rules count as for requests", async () => {
    await expect(search({}, people.cleo)).rejects.toMatchObject({ code: "not_found" });
    const rules = [{ methods: ["SEARCH"], hosts: [`localhost:${directory.port}`], paths: [`/ou=people,${BASE}`] }];
    const share = await shareAccount(hub.ctx(people.ben), account.id, {
      with: { type: "worker", id: people.cleo.id },
      rules,
    });
    expect((await search({ base: `ou=people,${BASE}` }, people.cleo)).entries).toHaveLength(4);
    await expect(search({}, people.cleo)).rejects.toMatchObject({ code: "rule_denied" });
    await expect.poll(async () => (await recorded(1))[0]).toMatchObject({ outcome: "denied", code: "rule_denied" });
    await unshareAccount(hub.ctx(people.ben), account.id, share.id);
  });

  test("nobody does while it is paused", async () => {
    await pauseAccount(hub.ctx(people.ben), account.id);
    await expect(search()).rejects.toMatchObject({ code: "paused" });
    await resumeAccount(hub.ctx(people.ben), account.id);
    expect(heard()).toEqual([]);
  });

  test("another address of the service gets the password only when the account's owner agrees", async () => {
    const other = await newDirectory({ security: "starttls", own: server, people: { [READER]: PASSWORD }, entries });
    const settings = { url: `ldap://localhost:${other.port}` };
    await editService(hub.ctx(people.ada), service.id, { settings });
    await expect(search()).rejects.toMatchObject({
      code: "host_not_allowed",
      message: expect.stringMatching(/moved to localhost:\d+ since this account was connected/) as string,
    });
    expect((await testAccount(hub.ctx(people.ben), account.id)).message).toMatch(/moved to/);
    expect(other.heard).toEqual([]);
    await acceptHosts(hub.ctx(people.ben), account.id);
    expect((await search()).entries).toHaveLength(5);
    await other.close();
  });
});

describe("a service for a directory", () => {
  const refused = async (settings: object, path: string, more: object = {}) => {
    const service = { kind: "ldap", name: "Odd", settings: { url: "ldaps://ldap.example.com", ...settings }, ...more };
    const error = await addService(hub.ctx(people.ada), service).catch(
      (cause: { issues: { path: string }[] }) => cause,
    );
    expect((error as { issues: { path: string }[] }).issues.map((issue) => issue.path)).toEqual([path]);
  };

  test("is refused with an address that is none, or with what belongs to HTTP", async () => {
    for (const url of [
      "ldap.example.com",
      "https://ldap.example.com",
      "ldap://",
      "ldaps://a b",
      "ldaps://ldap.example.com/dc=x",
      "ldap://h:0",
      "ldap://u@h",
    ])
      await refused({ url }, "settings.url");
    await refused({}, "base_url", { base_url: "https://ldap.example.com" });
    await refused({ bind: "external" }, "settings.tls_certificate");
  });

  test("goes to one place, named with its port", async () => {
    for (const [url, host] of [
      ["ldaps://LDAP.example.com", "ldap.example.com:636"],
      ["ldap://ldap.example.com/", "ldap.example.com:389"],
      ["ldap://[2001:db8::1]:3268", "[2001:db8::1]:3268"],
      ["ldaps://bücher.example:443", "xn--bcher-kva.example:443"],
    ] as const) {
      const made = await addService(hub.ctx(people.ada), {
        kind: "ldap",
        name: url,
        settings: { url },
        hosts: ["evil.example.com"],
      });
      expect(made.hosts).toEqual([host]);
    }
  });
});
