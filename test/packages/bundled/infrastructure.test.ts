import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectAccount } from "../../../src/accounts/connect.ts";
import { addService } from "../../../src/services/add.ts";
import { family } from "../../support/certificates.ts";
import { newDirectory, type DirectoryEntry, type TestDirectory } from "../../support/directory.ts";
import { emulateAws } from "../../support/emulators/aws.ts";
import { Walk } from "../../support/emulators/walk.ts";
import { install, installOn, lastAt, linesAt, requestsAt, type Installed } from "./installed.ts";

// The bots of the library on which others stand.

let walk: Walk;
beforeAll(async () => {
  walk = await Walk.begin();
});
afterAll(() => walk?.end());

describe("the AWS bot", () => {
  const region = "eu-central-1";
  const host = `s3.${region}.amazonaws.com`;
  let bot: Installed;
  beforeAll(async () => {
    const { access_key_id, secret_access_key } = emulateAws(walk, region).user("grace");
    const service = await walk.setUp("amazon-web-services", { region });
    await walk.enter(service, "AWS of Grace", { access_key_id, secret_access_key });
    bot = await installOn(walk, "amazon-web-services", { account: "aws-of-grace", region });
  });

  test("tells whose key it is, and lists buckets and their objects page by page, signed", async () => {
    expect(await bot.does("who-am-i")).toEqual({
      arn: "arn:aws:iam::123456789012:user/grace",
      account: "123456789012",
    });
    expect(await bot.does("list-buckets")).toEqual({
      buckets: [{ name: "acme-moths", created_at: "2026-05-31T14:00:00.000Z" }],
    });
    const before = requestsAt(walk, host).length;
    const { objects } = (await bot.does("list-objects", { bucket: "acme-moths" })) as { objects: { key: string }[] };
    expect(objects.map(({ key }) => key)).toEqual(["moths/a & b.txt", "moths/c.txt", "relays/70.txt"]);
    expect(linesAt(walk, host, before)).toEqual([
      "GET /acme-moths?list-type=2",
      expect.stringMatching(/^GET \/acme-moths\?continuation-token=.+&list-type=2$/),
    ]);
  });

  test("writes and reads an object whose key has folders and blanks, and says what S3 says", async () => {
    const object = { bucket: "acme-moths", key: "moths/in relay #70.txt" };
    expect(await bot.does("put-object", { ...object, text: "Found." })).toMatchObject({ etag: '"e1"' });
    expect(lastAt(walk, host)).toMatchObject({ line: "PUT /acme-moths/moths/in%20relay%20%2370.txt", body: "Found." });
    expect(await bot.does("get-object", object)).toEqual({
      ...{ type: "text/plain; charset=utf-8", text: "Found.", base64: null, complete: true },
    });
    expect(await bot.says("get-object", { ...object, key: "moths/none" })).toBe(
      "Amazon Web Services answered 404: The specified key does not exist.",
    );
    expect(await bot.says("list-objects", { bucket: "other" })).toBe(
      "Amazon Web Services answered 404: The specified bucket does not exist",
    );
  });
});

describe("the LDAP bot", () => {
  const BASE = "dc=acme,dc=example";
  const READER = `cn=reader,${BASE}`;
  const person = (uid: string, cn: string): DirectoryEntry => ({
    dn: `uid=${uid},${BASE}`,
    attributes: {
      objectClass: ["person"],
      uid: [uid],
      cn: [cn],
      mail: [`${uid}@acme.example`],
      memberOf: [`cn=moths,${BASE}`],
    },
  });
  let directory: TestDirectory;
  let bot: Installed;
  beforeAll(async () => {
    const { authority, server } = family();
    const entries = [
      { dn: BASE, attributes: { objectClass: ["domain"] } },
      ...[person("grace", "Grace Hopper"), person("alan", "Alan Turing")],
      {
        dn: `cn=moths,${BASE}`,
        attributes: { objectClass: ["groupOfNames"], cn: ["moths"], member: [`uid=grace,${BASE}`] },
      },
    ];
    directory = await newDirectory({ security: "starttls", own: server, people: { [READER]: "canary-4411" }, entries });
    const { hub, people } = walk.served;
    const service = await addService(hub.ctx(people.ada), {
      kind: "ldap",
      name: "Directory",
      settings: { url: `ldap://localhost:${directory.port}`, base_dn: BASE, tls_ca: authority.certificate },
    });
    const secret = { dn: READER, password: "canary-4411" };
    const account = await connectAccount(hub.ctx(people.ben), { service: service.id, name: "Directory", secret });
    bot = await install({ hub, ben: people.ben }, "ldap", { account: account.id, login: "uid" });
  });
  afterAll(() => directory?.close());

  test("finds a person with groups, and nobody by an asterisk", async () => {
    expect(await bot.does("find-person", { login: "grace" })).toEqual({
      ...{ dn: `uid=grace,${BASE}`, name: "Grace Hopper", login: "grace", email: "grace@acme.example" },
      ...{ telephone: null, title: null, groups: [`cn=moths,${BASE}`] },
    });
    for (const login of ["*", "grace)(uid=*", "nobody"])
      expect(await bot.says("find-person", { login })).toBe(`Nobody in the directory is called ${login}.`);
  });

  test("searches people and groups, and with a filter of one's own", async () => {
    const found = (await bot.does("search-people", { text: "Tur" })) as { people: object[]; complete: boolean };
    expect(found).toMatchObject({ people: [{ login: "alan" }], complete: true });
    expect(await bot.does("list-group-members", { group: "moths" })).toMatchObject({ members: [`uid=grace,${BASE}`] });
    const { entries } = (await bot.does("search", { filter: "(mail=*@acme.example)" })) as { entries: object[] };
    expect(entries).toHaveLength(2);
    expect(await bot.says("search", { filter: "mail=*" })).toContain("a filter begins with");
  });
});
