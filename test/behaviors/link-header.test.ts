import { expect, test } from "vitest";
import { nextLink } from "../../src/behaviors/link-header.ts";

test.each([
  ['<https://a.example/?page=2>; rel="next", <https://a.example/?page=9>; rel="last"', "https://a.example/?page=2"],
  ["<https://a.example/?page=1>; rel=prev, <https://a.example/?page=3>; rel=next", "https://a.example/?page=3"],
  ['<https://a.example/?q=a,b;c>; title="x, <y>; rel=prev"; REL="Next archives"', "https://a.example/?q=a,b;c"],
  ["</items?after=7> ; rel = \"next\" ; title*=UTF-8''n%C3%A4chste", "/items?after=7"],
  ['<b>; rel="prev"; rel="next"', undefined],
  ['<b>; rel="next"; anchor="#foo"', undefined],
  ['<b>; rel="nextish"', undefined],
  ['<b>; rel="next\\"', undefined],
  ["b; rel=next", undefined],
  ["", undefined],
  [", ,<b>;;rel=next", "b"],
])("the next page in %j is %j", (header, next) => {
  expect(nextLink(header)).toBe(next);
});

test("a header that was made to be slow is read at once", () => {
  for (const piece of [" ;", '="', "<>;", "<a>;rel=prev,", "\t"])
    expect(nextLink(piece.repeat(20_000))).toBeUndefined();
});
