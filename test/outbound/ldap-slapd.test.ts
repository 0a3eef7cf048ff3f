import { afterAll, beforeAll, expect, test } from "vitest";
import { parseAllowList } from "../../src/outbound/address-guard.ts";
import { Directories, type Search, type Target } from "../../src/outbound/ldap.ts";
import { encodeFilter } from "../../src/outbound/ldap/filter.ts";
import { family } from "../support/certificates.ts";
import { LIMITED, noSlapd, READER, startSlapd, SUFFIX, type Slapd } from "../support/slapd.ts";

// Against OpenLDAP itself, where it is installed; where it is not, the only test says why there are no others.

const PASSWORD = "reads (all) \\of* it, täglich";
const { authority, server, client } = family("Signet for Ben");
const missing = noSlapd();

const people = Array.from({ length: 100 }, (_, number) => {
  const cn = `Person ${String(number).padStart(3, "0")}`;
  return `dn: cn=${cn},ou=people,${SUFFIX}\nobjectClass: inetOrgPerson\ncn: ${cn}\nsn: ${number}\nmail: p${number}@example.com\n`;
});
const ODD = "Zoë (ops*)\\";
const ldif = [
  `dn: ${SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n`,
  `dn: ou=people,${SUFFIX}\nobjectClass: organizationalUnit\nou: people\n`,
  ...people,
  `dn: sn=Z,ou=people,${SUFFIX}
objectClass: inetOrgPerson
cn:: ${Buffer.from(ODD).toString("base64")}
sn: Z
jpegPhoto:: ${Buffer.from([0xff, 0xd8, 0, 1, 2]).toString("base64")}
description;lang-de: Betrieb
`,
].join("\n");

let slapd: Slapd;
const directories = new Directories(parseAllowList(["127.0.0.0/8"]));

beforeAll(async () => {
  if (missing === undefined) slapd = await startSlapd(server, authority, PASSWORD, ldif);
});
afterAll(() => slapd?.close());

const target = (security: "tls" | "starttls" | "none", bind?: Target["bind"], own = false): Target => ({
  directory: {
    host: "localhost",
    port: security === "tls" ? slapd.tlsPort : slapd.port,
    security,
    base: "",
    attributes: [],
  },
  bind: bind ?? { method: "simple", dn: READER, password: PASSWORD },
  certificate: { authorities: authority.certificate, ...(own && { certificate: client.certificate, key: client.key }) },
  timeoutMs: 10_000,
});

const search = (filter: string, more: Partial<Search> = {}, at = target("starttls")) =>
  directories.search(at, {
    base: SUFFIX,
    scope: "sub",
    filter: encodeFilter(filter),
    attributes: ["cn"],
    sizeLimit: 500,
    pageSize: 20,
    ...more,
  });

const names = async (filter: string) =>
  (await search(filter)).entries.flatMap(({ attributes }) => attributes.flatMap(([, values]) => values.map(String)));

if (missing !== undefined) {
  test(`is not there: ${missing}`, () => {
    process.stderr.write(`\nNot tested against OpenLDAP: ${missing}\n`);
    expect(noSlapd()).toBe(missing);
  });
} else {
  test("takes the bind over every kind of connection, and says who that is", async () => {
    for (const security of ["tls", "starttls", "none"] as const)
      expect(await directories.whoAmI(target(security))).toBe(`dn:${READER}`);
  });

  test("takes a client certificate for a sign-in", async () => {
    for (const security of ["tls", "starttls"] as const)
      expect(await directories.whoAmI(target(security, { method: "external" }, true))).toBe(`dn:${LIMITED}`);
    await expect(directories.whoAmI(target("tls", { method: "external" }))).rejects.toMatchObject({
      code: "needs_reconnect",
    });
  });

  test("refuses a wrong password and a name that is none", async () => {
    const wrong = target("starttls", { method: "simple", dn: READER, password: "wrong" });
    await expect(directories.whoAmI(wrong)).rejects.toThrow(/does not accept the bind DN and password/);
    const odd = target("starttls", { method: "simple", dn: "reader", password: PASSWORD });
    await expect(directories.whoAmI(odd)).rejects.toThrow(/not a name that the directory can read/);
  });

  test("gives all pages, beyond what its admin lets one search have at once", async () => {
    const all = await search("(objectClass=inetOrgPerson)", { pageSize: 30 });
    expect([all.entries.length, all.truncated]).toEqual([101, false]);
    expect(new Set(all.entries.map(({ dn }) => dn)).size).toBe(101);
  });

  test("stops at the limit that was asked for, or at its own, and it shows", async () => {
    const some = await search("(objectClass=inetOrgPerson)", { sizeLimit: 25 });
    expect([some.entries.length, some.truncated]).toEqual([25, true]);
    const exactly = await search("(objectClass=inetOrgPerson)", { sizeLimit: 101 });
    expect([exactly.entries.length, exactly.truncated]).toEqual([101, false]);
    const large = await search("(objectClass=inetOrgPerson)", { pageSize: 500 });
    expect([large.entries.length, large.truncated]).toEqual([101, false]);
    const limited = await search("(objectClass=inetOrgPerson)", {}, target("tls", { method: "external" }, true));
    expect([limited.entries.length, limited.truncated]).toEqual([10, true]);
  });

  test("understands every filter as it was meant", async () => {
    expect(await names("(cn=Person 007)")).toEqual(["Person 007"]);
    expect(await names("(& (cn=Person 0*) (| (sn=7) (sn=8)) (! (cn=*8)))")).toEqual(["Person 007"]);
    expect(await names("(cn=*00*7)")).toEqual(["Person 007"]);
    expect(await names("(cn=Zoë \\28ops\\2a\\29\\5c)")).toEqual([ODD]);
    expect(await names("(cn=Zo\\c3\\ab \\28*)")).toEqual([ODD]);
    expect(await names("(2.5.4.3=Person 009)")).toEqual(["Person 009"]);
    expect(await names("(cn:caseIgnoreMatch:=PERSON 009)")).toEqual(["Person 009"]);
    expect(await names("(description;lang-de=betrieb)")).toEqual([ODD]);
    expect(await names("(&(ou:dn:=people)(cn=Person 001))")).toEqual(["Person 001"]);
    expect(await names("(|)")).toEqual([]);
    expect((await names("(&)")).length).toBeGreaterThan(100);
  });

  test("gives bytes as bytes, and only what was asked for", async () => {
    const { entries } = await search("(sn=Z)", { attributes: ["jpegPhoto", "cn"] });
    expect(Object.fromEntries(entries[0]!.attributes)).toEqual({
      cn: [Buffer.from(ODD)],
      jpegPhoto: [Buffer.from([0xff, 0xd8, 0, 1, 2])],
    });
  });

  test("searches as deep as it is told", async () => {
    const count = async (base: string, scope: Search["scope"]) =>
      (await search("(objectClass=*)", { base, scope })).entries.length;
    expect(await count(SUFFIX, "base")).toBe(1);
    expect(await count(SUFFIX, "one")).toBe(2);
    expect(await count(SUFFIX, "sub")).toBe(104);
    await expect(count(`ou=nowhere,${SUFFIX}`, "sub")).rejects.toMatchObject({ issues: [{ path: "base" }] });
    await expect(count("nowhere", "sub")).rejects.toMatchObject({ issues: [{ path: "base" }] });
    expect(await count("", "base")).toBe(1);
  });
}
