import { expect, test } from "vitest";
import { retryAfter } from "../../src/accounts/retry-after.ts";

const NOW = new Date("2026-11-05T12:00:00Z");

test.each([
  [429, { "retry-after": "2" }, 2000],
  [503, { "retry-after": " 0.5 " }, 500],
  [503, { "retry-after": "Thu, 05 Nov 2026 12:00:03 GMT" }, 3000],
  [503, { "retry-after": "Thu, 05 Nov 2026 11:00:00 GMT" }, 0],
  [429, { "retry-after": "soon" }, undefined],
  [429, { "retry-after": "-1" }, undefined],
  [429, { "x-ratelimit-retry-after": "7" }, 7000],
  [429, { "x-ratelimit-reset": "1793880004" }, 4000],
  [429, { "x-rate-limit-reset": "1793880004000" }, 4000],
  [429, { "ratelimit-reset": "12" }, 12_000],
  [429, { "x-ratelimit-reset": "1793870000" }, 0],
  [429, { "retry-after": "1", "x-ratelimit-reset": "60" }, 1000],
  [503, { "x-ratelimit-reset": "60" }, undefined],
  [429, { "x-ratelimit-reset": "10, 20" }, undefined],
  [429, { "x-ratelimit-reset": ["10", "20"] }, undefined],
  [429, {}, undefined],
])("an answer of %i with %j asks for %s milliseconds of patience", (status, headers, wait) => {
  expect(retryAfter(status, headers, NOW)).toBe(wait);
});
