import { inspect } from "node:util";
import messages, { type Request } from "@ldapjs/messages";
import { afterEach, describe, expect, test } from "vitest";
import { SignetError } from "../../src/errors.ts";
import { parseAllowList } from "../../src/outbound/address-guard.ts";
import { Directories, type Search, type Target } from "../../src/outbound/ldap.ts";
import { encodeFilter } from "../../src/outbound/ldap/filter.ts";
import { certify, family } from "../support/certificates.ts";
import { newDirectory, type DirectoryOptions, type TestDirectory } from "../support/directory.ts";
import { newRawServer } from "../support/echo.ts";
import { closing } from "./collect.ts";

const clean = closing();
afterEach(clean.all);

const PASSWORD = "canary-directory-4711";
const READER = "cn=reader,dc=example,dc=com";
const { authority, server, client } = family("Signet for Ben");

const entries = [
  { dn: "dc=example,dc=com", attributes: { objectClass: ["domain"] } },
  ...Array.from({ length: 30 }, (_, number) => ({
    dn: `cn=p${number},dc=example,dc=com`,
    attributes: { objectClass: ["person"], cn: [`p${number}`], mail: [`p${number}@example.com`] },
  })),
];

const start = async (options: DirectoryOptions = {}) =>
  clean.later(await newDirectory({ own: server, people: { [READER]: PASSWORD }, entries, ...options }));

const door = (allow = ["127.0.0.0/8"]) => new Directories(parseAllowList(allow));

function target(
  directory: { port: number },
  more: Partial<Target> & { security?: "tls" | "starttls" | "none" } = {},
): Target {
  const { security = "none", ...rest } = more;
  return {
    directory: { host: "localhost", port: directory.port, security, base: "", attributes: [] },
    bind: { method: "simple", dn: READER, password: PASSWORD },
    certificate: { authorities: authority.certificate },
    timeoutMs: 5_000,
    ...rest,
  };
}

const WISH: Search = {
  base: "dc=example,dc=com",
  scope: "sub",
  filter: encodeFilter("(objectClass=person)"),
  attributes: [],
  sizeLimit: 100,
  pageSize: 10,
};

const search = (directory: { port: number }, more: Partial<Search> = {}, at: Parameters<typeof target>[1] = {}) =>
  door().search(target(directory, at), { ...WISH, ...more });

async function refusal(work: Promise<unknown>): Promise<SignetError> {
  const error: unknown = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(SignetError);
  expect(inspect(error, { depth: 10 })).not.toContain(PASSWORD);
  return error as SignetError;
}

describe("a connection", () => {
  test.each(["tls", "starttls", "none"] as const)(
    "with security %s signs in, asks, and takes its leave",
    async (security) => {
      const directory = await start({ security });
      expect(await door().whoAmI(target(directory, { security }))).toBe(`dn:${READER}`);
      const first = security === "starttls" ? ["starttls"] : [];
      await expect.poll(() => directory.heard).toEqual([...first, `bind ${READER}`, "who", "unbind"]);
      await expect.poll(() => directory.open).toBe(0);
    },
  );

  test.each(["tls", "starttls"] as const)(
    "with security %s never says the password to a server that can not be verified",
    async (security) => {
      const others = [
        { own: certify({ name: "localhost", hosts: ["localhost"] }) },
        { own: certify({ name: "elsewhere", hosts: ["elsewhere.example.com"], by: authority }) },
        {
          own: certify({ name: "localhost", hosts: ["localhost"], by: authority, until: new Date(Date.now() - 1000) }),
        },
      ];
      for (const other of others) {
        const directory = await start({ security, ...other });
        expect((await refusal(door().whoAmI(target(directory, { security })))).message).toBe(
          "The provider's certificate can not be verified.",
        );
        expect(directory.heard.filter((line) => line !== "starttls")).toEqual([]);
      }
      const directory = await start({ security });
      const error = await refusal(door().whoAmI(target(directory, { security, certificate: undefined })));
      expect(error.message).toBe("The provider's certificate can not be verified.");
    },
  );

  test("is not made without encryption, unless the operator allowed the address", async () => {
    const directory = await start();
    const { port } = directory;
    for (const allow of [[], ["10.0.0.0/8"], [`127.0.0.1:${port + 1}`]]) {
      const error = await refusal(door(allow).whoAmI(target(directory)));
      expect([error.code, error.message]).toEqual([
        "address_denied",
        `Without encryption the password would cross the network in the clear. Use ldaps:// or StartTLS, or have the operator allow localhost:${port} (OUTBOUND_ALLOW).`,
      ]);
    }
    const anywhere = { ...target(directory).directory, host: "directory.example.com", port: 389 };
    expect(() => door([]).judge({ ...anywhere, security: "tls" })).not.toThrow();
    expect(() => door(["directory.example.com:389"]).judge(anywhere)).not.toThrow();
    const open = { ...anywhere, host: "93.184.215.14" };
    expect(() => door([]).judge({ ...open, security: "starttls" })).not.toThrow();
    expect(() => door([]).judge(open)).toThrow(/password would cross the network in the clear/);
    expect(directory.heard).toEqual([]);
    expect(await door([`localhost:${port}`]).whoAmI(target(directory))).toBe(`dn:${READER}`);
  });

  test("goes to no private address, encrypted or not, and to no metadata address ever", async () => {
    const directory = await start({ security: "tls" });
    expect((await refusal(door([]).whoAmI(target(directory, { security: "tls" })))).code).toBe("address_denied");
    const metadata = { ...target(directory).directory, host: "169.254.169.254", port: 636, security: "tls" as const };
    for (const allow of [[], ["169.254.0.0/16"]])
      expect(() => door(allow).judge(metadata)).toThrow(expect.objectContaining({ code: "address_denied" }));
    expect(directory.open).toBe(0);
  });

  test("is given up when the server does not turn it into an encrypted one, or said something before", async () => {
    const unwilling = await start({ security: "none" });
    expect((await refusal(door().whoAmI(target(unwilling, { security: "starttls" })))).message).toMatch(/StartTLS/);
    const early = await start({
      security: "starttls",
      instead: (request, socket) => {
        if (request?.type !== "ExtensionRequest") return undefined;
        const { messageId } = request;
        socket.write(new messages.ExtensionResponse({ messageId, status: 0 }).toBer().buffer);
        return new messages.BindResponse({ messageId: messageId + 1, status: 0 }).toBer().buffer;
      },
    });
    const error = await refusal(door().whoAmI(target(early, { security: "starttls" })));
    expect(error.code).toBe("upstream_unreachable");
    for (const directory of [unwilling, early]) expect(directory.heard).toEqual([]);
  });

  test("shows the client certificate, and can sign in with it alone", async () => {
    for (const security of ["tls", "starttls"] as const) {
      const directory = await start({ security, clients: authority });
      const own = { certificate: client.certificate, key: client.key, authorities: authority.certificate };
      const at = target(directory, { security, bind: { method: "external" }, certificate: own });
      expect(await door().whoAmI(at)).toBe("dn:CN=Signet for Ben");
      const error = await refusal(door().whoAmI({ ...at, certificate: { authorities: authority.certificate } }));
      expect([error.code, error.message]).toEqual(["needs_reconnect", expect.stringMatching(/client certificate/)]);
    }
  });
});

describe("a sign-in", () => {
  test("that is refused says what to change, and nothing that the server said", async () => {
    const directory = await start();
    const bind = { method: "simple", dn: READER, password: "wrong" } as const;
    const error = await refusal(door().whoAmI(target(directory, { bind })));
    expect([error.code, error.message]).toEqual([
      "needs_reconnect",
      "The directory does not accept the bind DN and password. Check the whole name, such as cn=reader,dc=example,dc=com, and the password.",
    ]);
    expect(inspect(error, { depth: 10 })).not.toContain("wrong");
  });

  test.each([
    [
      "80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data 52e, v1db1",
      49,
      /password: the user name or password is wrong\./,
    ],
    [
      "80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data 532, v1db1",
      49,
      /too old and must be changed/,
    ],
    [
      "80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data 775, v1db1",
      49,
      /locked after too many tries/,
    ],
    ["data fff <script>", 49, /^The directory does not accept the bind DN and password\. Check/],
    ["confidentiality required", 13, /encrypted connections only/],
    ["stronger auth required", 8, /encrypted connections only/],
    ["", 34, /not a name that the directory can read/],
    ["", 48, /does not let this name sign in with a password/],
    ["", 52, /busy or not available/],
    ["", 10, /refers to another server\. Signet does not follow/],
    ["", 53, /result code 53 \(unwillingToPerform\)/],
    ["", 4096, /result code 4096 \(unknown\)/],
  ])("answered with “%s” and code %i is told in our words", async (diagnosticMessage, status, sentence) => {
    const directory = await start({
      instead: (request) =>
        request?.type === "BindRequest"
          ? new messages.BindResponse({ messageId: request.messageId, status, diagnosticMessage }).toBer().buffer
          : undefined,
    });
    const error = await refusal(door().whoAmI(target(directory)));
    expect(error.message).toMatch(sentence);
    if (diagnosticMessage !== "") expect(error.message).not.toContain(diagnosticMessage.slice(0, 15));
  });

  test("without a password is never tried: a directory would say that it worked", async () => {
    const directory = await start();
    const bind = { method: "simple", dn: READER, password: "" } as const;
    expect((await refusal(door().whoAmI(target(directory, { bind })))).message).toMatch(/no password/);
    expect(directory.heard.filter((line) => line.startsWith("bind"))).toEqual([]);
  });

  test("to a directory that does not tell who it is leaves that open", async () => {
    const directory = await start({
      instead: (request) =>
        request?.type === "ExtensionRequest"
          ? new messages.ExtensionResponse({ messageId: request.messageId, status: 2 }).toBer().buffer
          : undefined,
    });
    expect(await door().whoAmI(target(directory))).toBeUndefined();
  });
});

describe("a search", () => {
  test("goes through all pages, and asks for no more than it needs", async () => {
    const directory = await start();
    const all = await search(directory);
    expect([all.entries.length, all.truncated]).toEqual([30, false]);
    expect(directory.heard.filter((line) => line.startsWith("search"))).toHaveLength(3);
    const some = await search(directory, { sizeLimit: 12, attributes: ["mail"] });
    expect([some.entries.length, some.truncated]).toEqual([12, true]);
    expect(some.entries[0]).toEqual({
      dn: "cn=p0,dc=example,dc=com",
      attributes: [["mail", [Buffer.from("p0@example.com")]]],
    });
    expect(await search(directory, { sizeLimit: 30 })).toMatchObject({ truncated: false });
    expect(await search(directory, { sizeLimit: 10 })).toMatchObject({ truncated: true });
  });

  test("works with a directory that knows no pages, or gives fewer than there are", async () => {
    const whole = await start({ pages: false });
    expect((await search(whole)).entries).toHaveLength(30);
    const cut = await search(whole, { sizeLimit: 20 });
    expect([cut.entries.length, cut.truncated]).toEqual([20, true]);
    const limited = await search(await start({ limit: 7 }));
    expect([limited.entries.length, limited.truncated]).toEqual([7, true]);
  });

  test("goes on after a page without entries", async () => {
    let asked = 0;
    const directory = await start({
      instead: (request) => {
        if (request?.type !== "SearchRequest" || ++asked > 1) return undefined;
        const [paged] = request.controls;
        Object.assign(paged!.value, { cookie: Buffer.from("0") });
        return new messages.SearchResultDone({ messageId: request.messageId, controls: [paged!] }).toBer().buffer;
      },
    });
    expect((await search(directory)).entries).toHaveLength(30);
  });

  test("passes over references to other servers", async () => {
    const directory = await start({
      instead: (request, socket) => {
        if (request?.type !== "SearchRequest") return undefined;
        const { messageId } = request;
        const uri = ["ldap://evil.example.com/dc=example,dc=com??sub"];
        socket.write(new messages.SearchResultReference({ messageId, uri }).toBer().buffer);
        return undefined;
      },
    });
    expect((await search(directory)).entries).toHaveLength(30);
  });

  test.each([
    [32, "invalid", /no such entry to begin at/],
    [34, "invalid", /can not read this name/],
    [18, "invalid", /can not compare like that \(inappropriateMatching\)/],
    [50, "upstream_invalid", /does not let this account search there/],
    [3, "upstream_timeout", /took longer than it may/],
    [10, "upstream_invalid", /refers to another server/],
    [51, "upstream_unreachable", /busy/],
    [80, "upstream_invalid", /result code 80 \(other\)/],
  ])("refused with code %i is told as %s", async (status, code, sentence) => {
    const directory = await start({
      instead: (request) =>
        request?.type === "SearchRequest"
          ? new messages.SearchResultDone({ messageId: request.messageId, status }).toBer().buffer
          : undefined,
    });
    const error = await refusal(search(directory));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(sentence);
  });

  test("that ran out of time keeps what it had", async () => {
    const directory = await start({
      instead: (request, socket) => {
        if (request?.type !== "SearchRequest") return undefined;
        const { messageId } = request;
        socket.write(
          new messages.SearchResultEntry({ messageId, objectName: "cn=one", attributes: [] }).toBer().buffer,
        );
        return new messages.SearchResultDone({ messageId, status: 3 }).toBer().buffer;
      },
    });
    expect(await search(directory)).toEqual({ entries: [{ dn: "cn=one", attributes: [] }], truncated: true });
  });
});

describe("a server that misbehaves", () => {
  const answering = (bytes: (request: Request) => Buffer) =>
    start({ instead: (request) => (request?.type === "SearchRequest" ? bytes(request) : undefined) });

  test("with entries that claim more than there is, is told as not valid", async () => {
    for (const body of ["6404040030 7f", "6480", "64847fffffff", "640404003001ff", "1f8101", "65030a0100", "6500"]) {
      const content = Buffer.from(body.replaceAll(" ", ""), "hex");
      const directory = await answering(({ messageId }) =>
        Buffer.concat([Buffer.from([0x30, content.length + 3, 0x02, 0x01, messageId]), content]),
      );
      expect([body, (await refusal(search(directory))).message]).toEqual([
        body,
        "The directory's answer is not valid LDAP.",
      ]);
    }
  });

  test("with thousands of tiny messages in one piece is read to the end", async () => {
    const directory = await answering(({ messageId }) =>
      Buffer.concat([
        ...Array<Buffer>(9_000).fill(Buffer.from([0x30, 0x05, 0x02, 0x01, messageId, 0x73, 0x00])),
        new messages.SearchResultDone({ messageId, status: 0 }).toBer().buffer,
      ]),
    );
    expect(await search(directory)).toEqual({ entries: [], truncated: false });
  });

  test("that announces a message without end is cut off at once", async () => {
    const directory = await answering(() => Buffer.from([0x30, 0x84, 0x7f, 0xff, 0xff, 0xff]));
    expect((await refusal(search(directory))).code).toBe("response_too_large");
  });

  test("that sends more than ten megabytes is cut off there", async () => {
    const big = Array.from({ length: 40 }, (_, number) => ({
      dn: `cn=big${number},dc=example,dc=com`,
      attributes: { objectClass: ["person"], photo: [Buffer.alloc(400_000, 7)] },
    }));
    const found = await search(await start({ entries: [entries[0]!, ...big] }));
    expect(found.truncated).toBe(true);
    expect(found.entries.length).toBeGreaterThan(20);
    expect(found.entries.length).toBeLessThan(30);
  });

  test("that says nothing more, or hangs up, is told as that", async () => {
    const silent = await start({
      instead: (request) => (request?.type === "SearchRequest" ? Buffer.alloc(0) : undefined),
    });
    expect((await refusal(search(silent, {}, { timeoutMs: 300 }))).code).toBe("upstream_timeout");
    await expect.poll(() => silent.open).toBe(0);
    const deaf = clean.later(await newRawServer(() => undefined));
    for (const security of ["tls", "starttls", "none"] as const)
      expect((await refusal(search(deaf, {}, { timeoutMs: 300, security }))).code).toBe("upstream_timeout");
    const gone = await start({
      instead: (request, socket) =>
        request?.type === "SearchRequest" ? (socket.destroy(), Buffer.alloc(0)) : undefined,
    });
    expect((await refusal(search(gone))).code).toBe("upstream_unreachable");
    const leaving = await start({
      instead: (request) =>
        request?.type === "SearchRequest"
          ? new messages.ExtensionResponse({ messageId: 0, status: 52 }).toBer().buffer
          : undefined,
    });
    expect((await refusal(search(leaving))).message).toBe("The directory ended the connection.");
  });

  test("that is none at all is told as that", async () => {
    const web = clean.later(await newRawServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")));
    expect((await refusal(search(web))).message).toBe("The directory's answer is not valid LDAP.");
    expect((await refusal(search(web, {}, { security: "starttls" }))).message).toBe(
      "The directory's answer is not valid LDAP.",
    );
    expect((await refusal(search(web, {}, { security: "tls" }))).code).toBe("upstream_unreachable");
    const closed: TestDirectory = await start();
    await closed.close();
    expect((await refusal(search(closed))).message).toBe("The provider can not be reached.");
  });
});
