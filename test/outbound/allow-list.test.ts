import { describe, expect, test } from "vitest";
import { AddressGuard, parseAllowList } from "../../src/outbound/address-guard.ts";

function passes(url: string, allow: string[], allowedOnly = false): boolean {
  try {
    new AddressGuard(parseAllowList(allow), allowedOnly).judge(new URL(url));
    return true;
  } catch {
    return false;
  }
}

describe("what the operator allows", () => {
  const cases: [allow: string, url: string, passes: boolean][] = [
    ["127.0.0.0/8", "http://127.0.0.1:9000/", true],
    ["127.0.0.0/8", "http://[::ffff:127.0.0.1]:9000/", true],
    ["127.0.0.0/8", "http://[::1]:9000/", false],
    ["127.0.0.1", "http://127.0.0.1/", true],
    ["127.0.0.1", "http://127.0.0.2/", false],
    ["10.0.0.0/24", "https://10.0.0.255/", true],
    ["10.0.0.0/24", "https://10.0.1.0/", false],
    ["0.0.0.0/0", "https://192.168.1.1/", true],
    ["0.0.0.0/0", "https://[fd00::1]/", false],
    ["fd00::/8", "https://[fd12::1]/", true],
    ["fd00::/8", "https://[fe80::1]/", false],
    ["::1", "http://[::1]:9000/", true],
    ["::1/128", "http://[0:0:0:0:0:0:0:1]/", true],
    ["127.0.0.1:9000", "http://127.0.0.1:9000/", true],
    ["127.0.0.1:9000", "http://127.0.0.1:9001/", false],
    ["127.0.0.1:80", "http://127.0.0.1/", true],
    ["127.0.0.1:443", "http://127.0.0.1/", false],
    ["[::1]:9000", "http://[::1]:9000/", true],
    ["[::1]:9000", "http://[::1]:9001/", false],
    ["[0:0::1]:9000", "http://[::1]:9000/", true],
    ["localhost:9000", "http://localhost:9000/", true],
    ["LOCALHOST:9000", "http://localhost.:9000/", true],
    ["localhost:9000", "http://localhost:9001/", false],
    ["localhost:9000", "http://127.0.0.1:9000/", false],
    ["db.internal:443", "https://db.internal/", true],
    ["db.internal:443", "https://other.internal/", false],
  ];
  test.each(cases)("by %s, %s: %j", (allow, url, expected) => {
    expect(passes(url, [allow])).toBe(expected);
  });

  test("opens local names for a look at their addresses, once a range is allowed", () => {
    expect(passes("http://wiki.lan/", ["10.0.0.0/8"])).toBe(true);
    expect(passes("http://wiki.lan/", ["10.0.0.1:80"])).toBe(false);
  });

  test("never opens the addresses and names at which clouds hand out credentials", () => {
    const everything = ["0.0.0.0/0", "::/0"];
    const named = ["169.254.169.254:80", "metadata.google.internal:80", "[fd00:ec2::254]:80", "metadata:80"];
    const places = [
      "169.254.169.254",
      "[::ffff:169.254.169.254]",
      "[64:ff9b::169.254.169.254]",
      "[64:ff9b::a9fe:a9fe]",
      "[2002:a9fe:a9fe::1]",
      "[::169.254.169.254]",
      "[::ffff:0:169.254.169.254]",
      "[fd00:ec2::254]",
      "[FD00:0EC2:0:0:0:0:0:254]",
      "168.63.129.16",
      "169.254.170.2",
      "100.100.100.200",
      "metadata.google.internal",
      "metadata.google.internal.",
      "metadata",
    ];
    for (const place of places) {
      expect(passes(`http://${place}/`, everything), place).toBe(false);
      expect(passes(`http://${place}/`, [...everything, ...named]), place).toBe(false);
    }
    expect(passes("http://169.254.1.1/", everything)).toBe(true);
  });

  test("is all that passes where only what is allowed may", () => {
    expect(passes("http://8.8.8.8/", [], true)).toBe(false);
    expect(passes("http://8.8.8.8/", ["8.8.8.8:80"], true)).toBe(true);
    expect(passes("http://127.0.0.1/", ["127.0.0.1"], true)).toBe(true);
  });
});

describe("an entry of the allow list", () => {
  test.each(["", "10.0.0.0/33", "10.0.0/8", "10.0.0.256", "example.com", "example.com:", "*:443", "*.example.com:443"])(
    "is refused when it is neither a range nor host and port: %j",
    (entry) => {
      expect(() => parseAllowList([entry])).toThrow(
        /^Setting OUTBOUND_ALLOW: .* is neither a range .* nor host:port\.$/,
      );
    },
  );

  test.each([
    "http://127.0.0.1:80",
    "127.0.0.1:80/x",
    "fd00::1:80:",
    "[::1]",
    "::1/129",
    "a b:80",
    "127.0.0.1:99999",
    "a:0",
  ])("is refused when it is something else: %j", (entry) => {
    expect(() => parseAllowList([entry])).toThrow("OUTBOUND_ALLOW");
  });
});
