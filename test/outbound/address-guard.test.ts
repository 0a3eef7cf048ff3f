import type { LookupAddress } from "node:dns";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SignetError } from "../../src/errors.ts";
import { AddressGuard, hostName, parseAllowList, portOf } from "../../src/outbound/address-guard.ts";

const nothing = parseAllowList([]);

/** The code and sentence of the refusal, or undefined when the address passes before names are resolved. */
function refusal(url: string, allow: string[] = [], allowedOnly = false): SignetError | undefined {
  try {
    new AddressGuard(parseAllowList(allow), allowedOnly).judge(new URL(url));
  } catch (error) {
    expect(error).toBeInstanceOf(SignetError);
    expect((error as SignetError).code).toBe("address_denied");
    return error as SignetError;
  }
  return undefined;
}

/** What a socket to `host` would be given to connect to; rejects as the socket would fail. */
function resolved(host: string, allow: string[] = [], port = 443, allowedOnly = false): Promise<string[]> {
  const lookup = new AddressGuard(parseAllowList(allow), allowedOnly).lookupFor(port);
  return new Promise((resolve, reject) => {
    lookup(host, { all: true }, (error, addresses) => {
      if (error) reject(error);
      else resolve((addresses as LookupAddress[]).map(({ address }) => address));
    });
  });
}

const SPECIAL = {
  "this network": ["0.0.0.0", "0.0.0.1", "0.255.255.255"],
  "private use": ["10.0.0.0", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255"],
  "shared address space": ["100.64.0.1", "100.127.255.255"],
  loopback: ["127.0.0.1", "127.0.0.0", "127.255.255.255", "[::1]"],
  "link-local": ["169.254.0.1", "169.254.255.255", "[fe80::1]", "[febf:ffff::1]"],
  "protocol assignments": ["192.0.0.1", "192.0.0.8", "192.0.0.170", "[2001:0:1::1]", "[2001:1ff::1]"],
  documentation: ["192.0.2.1", "198.51.100.1", "203.0.113.255", "[2001:db8::1]", "[3fff::1]", "[3fff:fff::1]"],
  "6to4 relays": ["192.88.99.1"],
  "AS112 and AMT": ["192.31.196.1", "192.52.193.1", "192.175.48.1"],
  benchmarking: ["198.18.0.1", "198.19.255.255", "[2001:2::1]"],
  multicast: ["224.0.0.1", "239.255.255.255", "[ff02::1]", "[ff0e::1]"],
  "reserved and broadcast": ["240.0.0.1", "255.255.255.254", "255.255.255.255"],
  unspecified: ["[::]", "[0:0:0:0:0:0:0:0]"],
  mapped: ["[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:10.0.0.1]", "[::ffff:169.254.169.254]", "[::ffff:0:0]"],
  compatible: ["[::127.0.0.1]", "[::7f00:1]", "[::a9fe:a9fe]", "[::8.8.8.8]"],
  translated: ["[::ffff:0:127.0.0.1]", "[::ffff:0:8.8.8.8]"],
  NAT64: ["[64:ff9b::127.0.0.1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b::8.8.8.8]", "[64:ff9b:1::1]", "[64:ff9b:1:ffff::]"],
  "6to4": ["[2002:7f00:1::]", "[2002:a9fe:a9fe::1]", "[2002:808:808::1]"],
  Teredo: ["[2001::1]", "[2001:0:53aa:64c:0:0:80ff:fffe]"],
  ORCHID: ["[2001:10::1]", "[2001:20::1]"],
  "discard only": ["[100::1]", "[100:0:0:1::1]"],
  "segment routing": ["[5f00::1]"],
  "unique local": ["[fc00::1]", "[fd00::1]", "[fdff:ffff::1]", "[fd00:ec2::254]"],
  "site-local": ["[fec0::1]"],
  unassigned: ["[4000::1]", "[8000::1]", "[e000::1]", "[1000::1]", "[200::1]"],
  metadata: ["169.254.169.254", "168.63.129.16", "169.254.170.2", "100.100.100.200", "192.0.0.192", "[fd20:ce::254]"],
};

describe("an address that is not global unicast is refused", () => {
  const cases = Object.entries(SPECIAL).flatMap(([range, hosts]) => hosts.map((host) => ({ range, host })));

  test.each(cases)("$range: $host", async ({ host }) => {
    expect(refusal(`https://${host}/`)).toBeDefined();
    expect(refusal(`http://${host}:8080/`)).toBeDefined();
    await expect(resolved(hostName(host))).rejects.toMatchObject({ code: "address_denied" });
  });

  const written = [
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0x0.0x0.0x1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://0/",
    "https://0x0/",
    "https://127.0.0.1./",
    "https://127。0。0。1/",
    "https://１２７.0.0.1/",
    "https://%31%32%37.0.0.1/",
    "https://①②⑦.0.0.1/",
    "https://0xa9fea9fe/",
    "https://2852039166/",
    "https://0251.0376.0251.0376/",
    "https://169.254.43518/",
    "https://[0:0:0:0:0:ffff:127.0.0.1]/",
    "https://[::FFFF:7F00:0001]/",
    "https://user@127.0.0.1/",
    "https:127.0.0.1",
    "https:\\\\127.0.0.1\\",
  ];
  test.each(written)("written as %s", (url) => {
    expect(refusal(url)).toBeDefined();
  });

  test("whatever its last bits are", () => {
    const v4 = fc
      .constantFrom("10.", "127.", "0.")
      .chain((first) => fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255)).map((rest) => first + rest.join(".")));
    const block = fc.nat(0xffff).map((value) => value.toString(16));
    const v6 = fc
      .tuple(fc.constantFrom("fe80", "fc12", "fd34", "ff05", "2002", "64:ff9b:0:0:0:0"), block, block)
      .map(([first, a, b]) => (first.includes(":") ? `[${first}:${a}:${b}]` : `[${first}::${a}:${b}]`));
    fc.assert(fc.property(fc.oneof(v4, v6), (host) => void expect(refusal(`https://${host}/`)).toBeDefined()));
  });
});

describe("an address that is global unicast passes", () => {
  const hosts = [
    "8.8.8.8",
    "1.1.1.1",
    "172.15.0.1",
    "172.32.0.1",
    "100.63.0.1",
    "100.128.0.1",
    "192.0.1.1",
    "198.17.0.1",
  ];
  test.each([
    ...hosts,
    "223.255.255.255",
    "[2606:4700::1111]",
    "[2a00:1450::1]",
    "[2001:4860::8888]",
    "[::ffff:8.8.8.8]",
  ])("%s", async (host) => {
    expect(refusal(`https://${host}/`)).toBeUndefined();
    await expect(resolved(hostName(host))).resolves.toHaveLength(1);
  });
});

describe("a name is refused before it is resolved", () => {
  const names = [
    ["localhost", "localhost.", "LOCALHOST", "a.localhost", "printer.local", "db.internal", "db.internal.", "nas.lan"],
    ["router.home.arpa", "web.svc", "a.b.svc", "db.service.consul", "wiki.intranet", "intranet", "printer", "db"],
    [
      "metadata",
      "metadata.google.internal",
      "Metadata.Google.Internal.",
      "instance-data",
      "instance-data.ec2.internal",
    ],
    ["localhost..", "db.internal..", "ｌｏｃａｌｈｏｓｔ", "loc%61lhost"],
  ].flat();
  test.each(names)("%s", (name) => {
    expect(refusal(`https://${name}/`)).toBeDefined();
  });

  test("unless it only looks alike", () => {
    for (const name of ["internal.example", "localhost.example", "mylocal.example", "notlocal.com", "svc.example"]) {
      expect(refusal(`https://${name}/`), name).toBeUndefined();
    }
  });
});

test("one guard judges each address for itself, however often it is asked", () => {
  const guard = new AddressGuard(parseAllowList(["127.0.0.1:9000"]));
  const asked: [url: string, passes: boolean][] = [
    ["https://8.8.8.8/", true],
    ["https://10.0.0.1/", false],
    ["http://127.0.0.1:9000/a", true],
    ["http://127.0.0.1:9001/a", false],
    ["https://127.0.0.1:9000/", true],
    ["http://127.0.0.1/", false],
    ["other://8.8.8.8/", true],
    ["other://127.0.0.1/", false],
    ["other://api.example.com/", true],
    ["other://localhost/", false],
  ];
  for (let turn = 0; turn < 3; turn++) {
    for (const [url, passes] of asked) {
      const judge = () => guard.judge(new URL(url));
      if (passes) expect(judge, url).not.toThrow();
      else expect(judge, url).toThrow(SignetError);
    }
  }
});

test("every refusal has the same sentence, so that answers map no network", async () => {
  const byName = await resolved("127.0.0.1").catch((error: SignetError) => error.message);
  const sentences = [
    "https://127.0.0.1/",
    "https://169.254.169.254/",
    "https://localhost/",
    "https://db.internal/",
  ].map((url) => refusal(url)!.message);
  expect(new Set([...sentences, byName]).size).toBe(1);
});

describe("a name is resolved for a socket", () => {
  test("and refused when it is loopback, as localhost is", async () => {
    await expect(resolved("localhost")).rejects.toMatchObject({ code: "address_denied" });
  });

  test("and gives only the addresses that are allowed", async () => {
    expect(await resolved("localhost", ["127.0.0.0/8"])).toEqual(["127.0.0.1"]);
  });

  test("and fails as unreachable, with the cause for the log alone, when there is no such name", async () => {
    const error: SignetError = await resolved("no-such-name.invalid").then(
      () => expect.unreachable(),
      (cause: SignetError) => cause,
    );
    expect(error.code).toBe("upstream_unreachable");
    expect(error.message).not.toContain("no-such-name");
  });

  test("into one address when the socket asks for one", async () => {
    const lookup = new AddressGuard(nothing).lookupFor(443);
    const found = await new Promise((resolve) => lookup("8.8.8.8", {}, (...answer) => resolve(answer)));
    expect(found).toEqual([null, "8.8.8.8", 4]);
  });
});

test("the port of an address is the scheme's own when it names none", () => {
  expect(portOf(new URL("https://a.example/"))).toBe(443);
  expect(portOf(new URL("http://a.example/"))).toBe(80);
  expect(portOf(new URL("https://a.example:80/"))).toBe(80);
});
