import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newAuthorizationServer, type AuthorizationServer } from "../support/authorization-server.ts";
import { button, field, fill } from "../support/chromium.ts";
import { newStage, type Stage } from "../support/chromium-world.ts";
import { temporaryFolder } from "../support/postgres.ts";

// Forms in a real browser: filled in from elsewhere, refused, and corrected.

let stage: Stage;
let server: AuthorizationServer;
let folder: string;
let ada: Page;

beforeAll(async () => {
  stage = await newStage();
  server = await newAuthorizationServer();
  folder = await temporaryFolder();
  ada = await stage.open("ada");
});
afterAll(async () => {
  await stage?.close();
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

const PEM = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA\n-----END PRIVATE KEY-----\n";

/** The id of what has the focus. */
const focused = (page: Page) => page.evaluate(() => document.activeElement?.id ?? "");

describe("a secret of several lines", () => {
  const key = () => field(ada, "Private key");

  async function choose(name: string, content: string | Buffer, into = "Private key"): Promise<void> {
    const path = join(folder, name);
    await writeFile(path, content);
    const opened = ada.waitForEvent("filechooser");
    await button(ada, `From a file into ${into}`);
    await (await opened).setFiles(path);
  }

  test("comes from a file, which is read in the browser and sent nowhere", async () => {
    await ada.goto("/services/build?kind=oauth1");
    const sent: string[] = [];
    ada.on("request", (request) => sent.push(request.url()));
    await choose("key.pem", `\uFEFF${PEM}`);
    await expect.poll(() => key().inputValue()).toBe(PEM);
    expect(await focused(ada)).toBe(await key().getAttribute("id"));
    expect(await key().evaluate((element) => getComputedStyle(element).fontFamily)).toContain("monospace");
    expect(sent).toEqual([]);
  });

  test("and so does a certificate, which is no secret", async () => {
    await ada.getByText("More settings").click();
    await choose("client.pem", PEM.replaceAll("PRIVATE KEY", "CERTIFICATE"), "Client certificate");
    await expect.poll(() => field(ada, "Client certificate").inputValue()).toContain("BEGIN CERTIFICATE");
    expect(await key().inputValue()).toBe(PEM);
  });

  test("that is not text comes as base64", async () => {
    const bytes = Buffer.from([0x30, 0x82, 0, 0xff, 0xfe]);
    await choose("key.p12", bytes);
    await expect.poll(() => key().inputValue()).toBe(bytes.toString("base64"));
  });

  test("that is too long for a key is refused on the spot", async () => {
    await choose("film.mp4", Buffer.alloc(100_001, 97));
    await expect
      .poll(() => key().evaluate((element: HTMLTextAreaElement) => element.validationMessage))
      .toContain("film.mp4 is larger than 100 KB");
    expect(await key().inputValue()).not.toContain("aaaa");
    await key().fill(PEM);
    expect(await key().evaluate((element: HTMLTextAreaElement) => element.validationMessage)).toBe("");
  });
});

describe("a form that is refused", () => {
  test("has the focus on the first field to correct, which says what is wrong with it", async () => {
    await ada.goto("/services/build?kind=bearer");
    await fill(ada, { Name: "Odd", "Base URL": "not an address", Hosts: "https://api.example.com/" });
    await button(ada, "Create");
    await ada.getByRole("alert").waitFor();
    await expect.poll(() => focused(ada)).toBe("field-base_url");
    const described = await field(ada, "Base URL").getAttribute("aria-describedby");
    expect(described).toBe("field-base_url-problem field-base_url-help");
    expect(await ada.locator("#field-base_url-problem").innerText()).toContain("Enter a full address");
    await ada
      .getByRole("alert")
      .getByRole("link", { name: /enter the host name alone/ })
      .click();
    expect(await focused(ada)).toBe("field-hosts");
    expect(await field(ada, "Base URL").inputValue()).toBe("not an address");
  });

  test("opens what its problem is folded into", async () => {
    await ada.goto("/services/build?kind=bearer");
    await fill(ada, { Name: "Folded", "Base URL": "https://api.example.com" });
    await ada.getByText("More settings").click();
    await field(ada, "Header").fill("two words");
    await button(ada, "Create");
    await expect.poll(() => focused(ada)).toBe("field-settings-header");
    expect(await field(ada, "Header").isVisible()).toBe(true);
  });
});

describe("a service from an address", () => {
  test("is found by Enter, and registered with one more press", async () => {
    await ada.goto("/services/build?kind=oauth2");
    await field(ada, "Fill in from an address").fill(server.issuer);
    await ada.keyboard.press("Enter");
    await ada.getByText("It offers 4 scopes").waitFor();
    expect(await field(ada, "Token URL").inputValue()).toBe(`${server.issuer}/token`);
    await fill(ada, { Name: "Tickets", "Base URL": "https://api.tickets.example" });
    await ada.getByLabel("tickets:read").check();
    await button(ada, "Register and create");
    await ada.getByText("Tickets is set up. Signet has registered itself there.").waitFor();
  });

  test("is created by Enter in any other field", async () => {
    await ada.goto("/services/build?kind=oauth2");
    await field(ada, "Fill in from an address").fill(server.issuer);
    await button(ada, "Fill in");
    await ada.getByText("It offers 4 scopes").waitFor();
    await fill(ada, { Name: "More tickets", "Client ID": "c-1", "Base URL": "https://api.tickets.example" });
    await field(ada, "Name").press("Enter");
    await ada.getByText("More tickets is set up.").waitFor();
  });
});
