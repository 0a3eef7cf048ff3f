import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
/** The rules whose verdict can change with the theme and the width. */
const LOOK_RULES = ["color-contrast", "link-in-text-block", "target-size", "scrollable-region-focusable"];
const WIDE = { width: 1280, height: 800 };
const PHONE = { width: 375, height: 740 };
/** A page is seen in both themes and at both widths; from one page to the next the other way round. */
const LOOKS = [
  [{ scheme: "dark", ...WIDE } as const, { scheme: "light", ...PHONE } as const],
  [{ scheme: "light", ...WIDE } as const, { scheme: "dark", ...PHONE } as const],
];
let seen = 0;

/** What would keep somebody from using the page as it is now, on a desktop and on a phone. */
export async function findings(page: Page): Promise<string[]> {
  const found: string[] = [];
  await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
  await page.evaluate(AXE);
  for (const [at, { scheme, width, height }] of LOOKS[seen++ % 2]!.entries()) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    await page.setViewportSize({ width, height });
    const runOnly = at === 0 ? { type: "tag", values: WCAG } : { type: "rule", values: LOOK_RULES };
    for (const { id, impact, nodes } of await violations(page, runOnly)) {
      if (impact !== "serious" && impact !== "critical") continue;
      found.push(...nodes.map(({ target }) => `${scheme} ${width}: ${id} at ${target.join(" ")}`));
    }
  }
  return [...found, ...(await tooWide(page))];
}

function violations(page: Page, runOnly: object): Promise<AxeResults["violations"]> {
  return page.evaluate(async (only) => {
    const { axe } = globalThis as unknown as { axe: { run(at: unknown, how: object): Promise<AxeResults> } };
    const how = { runOnly: only, resultTypes: ["violations"], preload: false, iframes: false };
    return (await axe.run(document, how)).violations;
  }, runOnly);
}

/** On the narrowest phone nothing but a region made for it is scrolled sideways. */
async function tooWide(page: Page): Promise<string[]> {
  await page.setViewportSize({ width: 320, height: 640 });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  return width > 320 ? [`320: the page is ${width} px wide`] : [];
}
