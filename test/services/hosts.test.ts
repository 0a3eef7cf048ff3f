import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hostAllowed, hostOf, narrower, parseHost } from "../../src/services/hosts.ts";

function parsed(entry: string): string | undefined {
  const result = parseHost(entry);
  return "host" in result ? result.host : undefined;
}

describe("a host entry is kept in one form", () => {
  const cases: [entry: string, host: string][] = [
    ["api.example.com", "api.example.com"],
    [" API.Example.COM ", "api.example.com"],
    ["api.example.com.", "api.example.com"],
    ["api.example.com.:8443", "api.example.com:8443"],
    ["api.example.com:8443", "api.example.com:8443"],
    ["*.example.com", "*.example.com"],
    ["*.Example.com:8443", "*.example.com:8443"],
    ["*.example.co.uk", "*.example.co.uk"],
    ["localhost", "localhost"],
    ["localhost:3000", "localhost:3000"],
    ["under_score.example.com", "under_score.example.com"],
    ["_dmarc.example.com", "_dmarc.example.com"],
    ["bücher.example", "xn--bcher-kva.example"],
    ["BÜCHER.example", "xn--bcher-kva.example"],
    ["xn--bcher-kva.example", "xn--bcher-kva.example"],
    ["*.bücher.example", "*.xn--bcher-kva.example"],
    ["ａｐｉ.example.com", "api.example.com"],
    ["api。example。com", "api.example.com"],
    ["10.0.0.5", "10.0.0.5"],
    ["10.0.0.5:8080", "10.0.0.5:8080"],
    ["0x7f.1", "127.0.0.1"],
    ["2130706433", "127.0.0.1"],
    ["[::1]", "[::1]"],
    ["[::1]:8080", "[::1]:8080"],
    ["[0:0:0:0:0:0:0:1]:8080", "[::1]:8080"],
    ["[2001:DB8::A]", "[2001:db8::a]"],
    ["[::ffff:10.0.0.5]", "[::ffff:a00:5]"],
  ];
  test.each(cases)("%j as %j", (entry, host) => {
    expect(parsed(entry)).toBe(host);
    expect(parsed(host)).toBe(host);
  });
});

describe("a host entry is refused with a sentence", () => {
  const cases = [
    ["", "*", "*.", ".", "..", "*.*", "*.*.example.com", "api.*.com", "api*.example.com", "**.example.com"],
    ["*.com", "*.localhost", "*.com:443"],
    ["https://api.example.com", "api.example.com/v1", "//api.example.com", "api.example.com/"],
    [
      "user@api.example.com",
      "good.example@evil.example",
      "user:pass@api.example.com",
      "api.example.com@evil.example:443",
    ],
    ["api.example.com?x", "api.example.com#x", "api.example.com\\evil.example", "api.example.com;evil.example"],
    ["api.exam\tple.com", "api.exam\nple.com", "api example.com", "api.example.com,evil.example", "api%2eexample.com"],
    [
      "api..example.com",
      ".example.com",
      "-api.example.com",
      "api-.example.com",
      "api.example.com:",
      "api.example.com:x",
    ],
    ["api.example.com:0", "api.example.com:65536", "api.example.com:99999", "api.example.com:443:443", "a.example:-1"],
    ["::1", "[::1", "::1]", "[::1]x", "[:::]", "[1::2::3]", "[fe80::1%25eth0]", "[::1]:0", "[127.0.0.1]", "[]"],
    [
      "1.2.3.256",
      "1.2.3.4.5",
      `${"a".repeat(64)}.example.com`,
      "exa\u0000mple.com",
      "(a|b).example.com",
      "a.example.com$",
    ],
  ].flat();
  test.each(cases)("%j", (entry) => {
    const result = parseHost(entry);
    expect(result).toHaveProperty("problem");
    expect((result as { problem: string }).problem).toMatch(/\.$/);
  });
});

describe("a credential may go", () => {
  const BASE = "https://api.example.com/v1";
  const cases: [hosts: string[], url: string, base: string | null][] = [
    [["api.example.com"], "https://api.example.com/x", BASE],
    [["api.example.com"], "https://API.example.com:443/x", BASE],
    [["api.example.com"], "https://api.example.com./x", BASE],
    [["api.example.com"], "https://api.example.com/x", null],
    [["api.example.com:8443"], "https://api.example.com:8443/x", BASE],
    [["api.example.com"], "https://api.example.com:8443/x", "https://api.example.com:8443/"],
    [["other.example", "api.example.com"], "https://api.example.com/", BASE],
    [["*.example.com"], "https://a.example.com/", BASE],
    [["*.example.com"], "https://a.b.example.com/", BASE],
    [["*.example.com:8443"], "https://a.example.com:8443/", BASE],
    [["xn--bcher-kva.example"], "https://bücher.example/", BASE],
    [["127.0.0.1:9000"], "http://127.0.0.1:9000/", "http://127.0.0.1:9000/"],
    [["127.0.0.1"], "http://127.0.0.1:9000/", "http://127.0.0.1:9000/"],
    [["127.0.0.1:9000"], "http://2130706433:9000/", "http://127.0.0.1:9000/"],
    [["[::1]:9000"], "http://[0:0:0:0:0:0:0:1]:9000/", "http://[::1]:9000/"],
    [["api.example.com"], "http://api.example.com/", "http://api.example.com/"],
    [["api.example.com"], "https://api.example.com/", "http://api.example.com/"],
  ];
  test.each(cases)("by %j to %s when the base URL is %s", (hosts, url, base) => {
    expect(hostAllowed(hosts, new URL(url), base)).toBe(true);
  });
});

describe("a credential may not go", () => {
  const BASE = "https://api.example.com/v1";
  const cases: [hosts: string[], url: string, base: string | null][] = [
    [[], "https://api.example.com/", BASE],
    [["api.example.com"], "https://example.com/", BASE],
    [["api.example.com"], "https://a.api.example.com/", BASE],
    [["api.example.com"], "https://api.example.com.evil.example/", BASE],
    [["api.example.com"], "https://evilapi.example.com/", BASE],
    [["api.example.com"], "https://apixexample.com/", BASE],
    [["api.example.com"], "https://api.example.com@evil.example/", BASE],
    [["api.example.com"], "https://evil.example/?api.example.com", BASE],
    [["api.example.com"], "https://evil.example#api.example.com", BASE],
    [["api.example.com"], "https://api.example.com:8443/", BASE],
    [["api.example.com"], "https://api.example.com:8443/", "https://other.example:8443/"],
    [["api.example.com:8443"], "https://api.example.com/", BASE],
    [["api.example.com:8443"], "https://api.example.com:9443/", BASE],
    [["*.example.com"], "https://example.com/", BASE],
    [["*.example.com"], "https://.example.com/", BASE],
    [["*.example.com"], "https://evilexample.com/", BASE],
    [["*.example.com"], "https://a.example.com.evil.example/", BASE],
    [["*.example.com"], "https://a.example.com:8443/", BASE],
    [["*.0.0.1"], "https://127.0.0.1/", BASE],
    [["api.example.com"], "http://api.example.com/", BASE],
    [["api.example.com"], "http://api.example.com:443/", BASE],
    [["api.example.com"], "http://api.example.com/", null],
    [["api.example.com"], "ftp://api.example.com/", BASE],
    [["api.example.com"], "ws://api.example.com/", BASE],
    [["api.example.com"], "wss://api.example.com/", "http://api.example.com/"],
    [["127.0.0.1"], "http://127.0.0.1:9001/", "http://127.0.0.1:9000/"],
    [["bücher.example"], "https://bucher.example/", BASE],
    [["api.exаmple.com"], "https://api.example.com/", BASE],
  ];
  test.each(cases)("by %j to %s when the base URL is %s", (hosts, url, base) => {
    const entries = hosts.map((entry) => parsed(entry) ?? entry);
    expect(hostAllowed(entries, new URL(url), base)).toBe(false);
  });
});

test("an entry that is accepted allows the host it names, and a host is not allowed by any other's entry", () => {
  const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/);
  const name = fc.array(label, { minLength: 2, maxLength: 4 }).map((labels) => labels.join("."));
  fc.assert(
    fc.property(name, name, (one, other) => {
      fc.pre(URL.canParse(`https://${one}/`) && URL.canParse(`https://${other}/`));
      fc.pre(parsed(one) !== undefined && parsed(other) !== undefined);
      expect(hostAllowed([parsed(one)!], new URL(`https://${one}/`), null)).toBe(true);
      expect(hostAllowed([parsed(one)!], new URL(`https://${other}/`), null)).toBe(one === other);
    }),
  );
});

describe("of a sealed and a present list, only what both allow counts", () => {
  const cases: [sealed: string[], present: string[], both: string[]][] = [
    [["a.example"], ["a.example"], ["a.example"]],
    [["a.example", "b.example"], ["b.example", "c.example"], ["b.example"]],
    [["a.example"], [], []],
    [[], ["a.example"], []],
    [["a.example.com"], ["*.example.com"], ["a.example.com"]],
    [["*.example.com"], ["a.example.com"], ["a.example.com"]],
    [["*.example.com"], ["*.a.example.com"], ["*.a.example.com"]],
    [["*.example.com"], ["*.example.com"], ["*.example.com"]],
    [["*.example.com"], ["example.com"], []],
    [["*.example.com"], ["evilexample.com"], []],
    [["a.example.com:8443"], ["*.example.com"], []],
    [["a.example.com:8443"], ["*.example.com:8443"], ["a.example.com:8443"]],
    [["a.example:8443"], ["a.example"], []],
    [
      ["a.example", "*.example.com"],
      ["x.example.com", "a.example"],
      ["a.example", "x.example.com"],
    ],
  ];
  test.each(cases)("%j and %j: %j", (sealed, present, both) => {
    expect(narrower(sealed, present)).toEqual(both);
    expect(narrower(present, sealed).sort()).toEqual([...both].sort());
  });

  test("whatever the lists and the host", () => {
    const entry = fc.constantFrom("a.x.example", "*.x.example", "x.example", "*.a.x.example", "b.x.example:8443");
    const lists = fc.uniqueArray(entry, { maxLength: 5 });
    const host = fc.constantFrom("a.x.example", "x.example", "b.a.x.example", "b.x.example:8443", "y.example");
    fc.assert(
      fc.property(lists, lists, host, (sealed, present, name) => {
        const url = new URL(`https://${name}/`);
        const both = hostAllowed(sealed, url, null) && hostAllowed(present, url, null);
        expect(hostAllowed(narrower(sealed, present), url, null)).toBe(both);
      }),
    );
  });
});

test("the entry of a base URL has its port only when it is not the scheme's own", () => {
  expect(hostOf("https://API.example.com/v1")).toBe("api.example.com");
  expect(hostOf("https://api.example.com:443/v1")).toBe("api.example.com");
  expect(hostOf("https://api.example.com:8443")).toBe("api.example.com:8443");
  expect(hostOf("http://[::1]:9000/")).toBe("[::1]:9000");
});
