import { describe, expect, test } from "vitest";
import { checkTemplate } from "../../src/expressions/check.ts";
import { evaluatorForTests, refusalOf } from "./support.ts";

const { textOf } = evaluatorForTests();
const HOST = "The host of an address can not come from data";

const addressOf = (text: string, x: unknown, y: unknown = "") => textOf(text, { inputs: { x, y } }, "url");

describe("a value in an address", () => {
  test.each<[string, unknown, string]>([
    ["/contacts/{{ inputs.x }}", "a b/c?d#e", "/contacts/a%20b%2Fc%3Fd%23e"],
    ["/contacts/{{ inputs.x }}/notes", 7, "/contacts/7/notes"],
    ["/contacts/{{ inputs.x }}/notes", "../admin", "/contacts/..%2Fadmin/notes"],
    ["/contacts/{{ inputs.x }}", "%2e%2e", "/contacts/%252e%252e"],
    ["/contacts/v{{ inputs.x }}.json", "", "/contacts/v.json"],
    ["/contacts/{{ inputs.x }}.{{ inputs.x }}", ".", "/contacts/..."],
    ["/search?q={{ inputs.x }}&limit=1", "a&b=c d", "/search?q=a%26b%3Dc%20d&limit=1"],
    ["/search?q={{ inputs.x }}", "", "/search?q="],
    ["/search?path=/{{ inputs.x }}/", "..", "/search?path=/../"],
    ["/a#{{ inputs.x }}", "b c", "/a#b%20c"],
    ["https://api.example.com/{{ inputs.x }}", "a:b@c", "https://api.example.com/a%3Ab%40c"],
    ["https://api.example.com?q={{ inputs.x }}", "@evil.example", "https://api.example.com?q=%40evil.example"],
    ["items/{{ inputs.x }}", "ä", "items/%C3%A4"],
    ["/a/{{ inputs.x }}", ["b", 1], "/a/%5B%22b%22%2C1%5D"],
    ["/a/{{ inputs.x }}:batch", "b", "/a/b:batch"],
  ])("of %s becomes a part of where it stands", async (text, value, address) => {
    expect(checkTemplate(text, "url")).toBeUndefined();
    expect(await addressOf(text, value)).toBe(address);
  });

  test("that the address begins with stands as it is", async () => {
    const next = "https://api.example.com/items?page=2&q=a%20b";
    expect(await addressOf("{{ inputs.x }}", next)).toBe(next);
    expect(await addressOf("{{ inputs.x }}&more=1", next)).toBe(`${next}&more=1`);
    expect(await addressOf("{{ inputs.x }}/{{ inputs.y }}", "https://api.example.com", "a/b")).toBe(
      "https://api.example.com/a%2Fb",
    );
    expect(await addressOf("{{ inputs.x }}/{{ inputs.y }}", "/items", "a b")).toBe("/items/a%20b");
    expect(await refusalOf(addressOf("{{ inputs.x }}", "a\r\nb"))).toBe("An address can not hold line ends or NUL.");
  });

  test.each([
    ["/contacts/{{ inputs.x }}/notes", ".."],
    ["/contacts/{{ inputs.x }}", "."],
    ["/contacts/.{{ inputs.x }}/a", "."],
    ["/contacts/%2E{{ inputs.x }}/a", "."],
    ["/contacts/{{ inputs.x }}%2e", "."],
    ["/contacts/{{ inputs.x }}?a=1", ".."],
    ["/contacts/{{ inputs.x }}#a", ".."],
    ["/contacts/{{ inputs.x }}\\a", ".."],
    ["/contacts\\{{ inputs.x }}/a", ".."],
    ["/contacts/{{ inputs.x }}{{ inputs.x }}/a", "."],
  ])("of %s may not lead out of the path as %j does", async (text, value) => {
    expect(await refusalOf(addressOf(text, value))).toContain(
      "of a part of the path, which would name something else.",
    );
  });

  test.each(["/contacts/{{ inputs.x }}/notes", "/contacts/{{ inputs.x }}", "/contacts/{{ inputs.x }}?a=1"])(
    "of %s may not be empty, which would name all of them",
    async (text) => {
      for (const nothing of ["", null]) {
        expect(await refusalOf(addressOf(text, nothing))).toContain("A value in the path of an address is empty");
      }
    },
  );

  test.each([
    "https://{{ inputs.x }}/a",
    "https://{{ inputs.x }}.example.com/a",
    "https://api.example.com{{ inputs.x }}",
    "https://api.example.com:{{ inputs.x }}/a",
    "https://api.{{ inputs.x }}",
    "https://user:{{ inputs.x }}@api.example.com/",
    "//{{ inputs.x }}/a",
    "\\\\{{ inputs.x }}/a",
    "/\\{{ inputs.x }}/a",
    "/\t/{{ inputs.x }}/a",
    "https:{{ inputs.x }}",
    "https:/{{ inputs.x }}/a",
    "https:\\\\{{ inputs.x }}/a",
    "https:////{{ inputs.x }}/a",
    " https://{{ inputs.x }}/a",
    "ht\ntps://{{ inputs.x }}/a",
    "http{{ inputs.x }}://api.example.com/a",
    "h{{ inputs.x }}{{ inputs.y }}://api.example.com/a",
  ])("of %j is refused in scheme, host and port, before there are values and with them", async (text) => {
    expect(checkTemplate(text, "url")).toContain(HOST);
    expect(await refusalOf(addressOf(text, "s", "a"))).toContain(HOST);
  });

  test("is refused in the host that another value has begun", async () => {
    const text = "{{ inputs.x }}{{ inputs.y }}/a";
    expect(checkTemplate(text, "url")).toBeUndefined();
    expect(await refusalOf(addressOf(text, "https://api", ".evil.example"))).toContain(HOST);
    expect(await refusalOf(addressOf("{{ inputs.x }}:{{ inputs.y }}/a", "https://api.example.com", "81"))).toContain(
      HOST,
    );
    expect(await addressOf(text, "/items/", "b")).toBe("/items/b/a");
  });

  test("that is half a character is refused", async () => {
    expect(await refusalOf(addressOf("/a/{{ inputs.x }}", "\ud800"))).toContain("half a character");
  });

  test("never changes where the request goes, as clients read the address", async () => {
    const values = ["..", "/..", "\\..", "//evil.example", "@evil.example", ":80", "?", "#", "%2e", "a\tb", " ", "💥"];
    for (const value of values) {
      const address = (await addressOf("https://api.example.com/a/x{{ inputs.x }}/b?c=1", value)) as string;
      const { host, pathname, search } = new URL(address);
      expect({ host, segments: pathname.split("/").length, search }, value).toEqual({
        host: "api.example.com",
        segments: 4,
        search: "?c=1",
      });
    }
  });
});
