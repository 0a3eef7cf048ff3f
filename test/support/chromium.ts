import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import sparticuz from "@sparticuz/chromium";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import type { App } from "./app.ts";

/** How long a page may take to show what a test waits for. */
const PATIENCE = 15_000;
/** The package's own arguments are for one process in the cloud, and turn off part of what a browser protects. */
const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--font-render-hinting=none"];
const PACKAGE = join(import.meta.dirname, "../../node_modules/@sparticuz/chromium/package.json");
const { version: VERSION } = JSON.parse(readFileSync(PACKAGE, "utf8")) as { version: string };

/** A real browser without a window; one for each test file. */
export async function openChromium(): Promise<Browser> {
  const executablePath = process.env["CHROMIUM_PATH"] ?? (await unpacked());
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

/**
 * Chromium out of its package, once on a machine. It appears under its name only when it is complete: test files
 * start side by side, and a run may be stopped half way.
 */
async function unpacked(): Promise<string> {
  const home = join(tmpdir(), `signet-browser-${VERSION}-${userInfo().uid}`);
  if (!existsSync(home)) {
    const draft = await mkdtemp(`${home}-`);
    const before = process.env["TMPDIR"];
    process.env["TMPDIR"] = draft;
    try {
      await sparticuz.executablePath();
    } finally {
      if (before === undefined) delete process.env["TMPDIR"];
      else process.env["TMPDIR"] = before;
    }
    // The package's own list of folders is for one cloud; with no font at all the browser ends at the first letter.
    await writeFile(join(draft, "fonts", "fonts.conf"), fontsIn(join(home, "fonts")));
    // Whoever came first has made the same.
    await rename(draft, home).catch(() => rm(draft, { recursive: true, force: true }));
  }
  process.env["FONTCONFIG_PATH"] = join(home, "fonts");
  return join(home, "chromium");
}

function fontsIn(folder: string): string {
  const folders = [folder, "/usr/share/fonts"].map((each) => `<dir>${each}</dir>`).join("");
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>${folders}<cachedir>${join(folder, "cache")}</cachedir></fontconfig>
`;
}

/** Somebody's own browser profile with one empty page. Addresses such as "/people" are the app's. */
export async function newPerson(browser: Browser, app: App, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ baseURL: app.url, reducedMotion: "reduce", ...options });
  context.setDefaultTimeout(PATIENCE);
  return context.newPage();
}

/** Signs in with the form, as people do. */
export async function signIn(page: Page, email: string, password: string): Promise<Page> {
  await page.goto("/sign-in");
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await button(page, "Sign in");
  await page.getByRole("navigation", { name: "Main" }).waitFor();
  return page;
}

/** Presses the button called exactly that. */
export async function button(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name, exact: true }).click();
}

/** Follows the link called exactly that. */
export async function link(page: Page, name: string): Promise<void> {
  await page.getByRole("link", { name, exact: true }).click();
}

/** Goes to a place by the navigation at the side. */
export async function place(page: Page, name: string): Promise<void> {
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name, exact: true }).click();
  await page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
}

/** Fills in fields by their labels, or the beginning of those. */
export async function fill(page: Page, fields: Record<string, string>): Promise<void> {
  for (const [label, value] of Object.entries(fields)) await field(page, label).fill(value);
}

/** The field of that label; its mark "optional" and the like are not part of the name. */
export function field(page: Page, label: string) {
  return page.getByLabel(label, { exact: true });
}

/** What all of `page` says now, white space made small. */
export async function words(page: Page): Promise<string> {
  return (await page.locator("main, body").first().innerText()).replace(/\s+/g, " ");
}
