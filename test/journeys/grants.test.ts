import { generateKeyPairSync } from "node:crypto";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addService } from "../../src/services/add.ts";
import { findings } from "../support/chromium-axe.ts";
import { newStage, type Stage } from "../support/chromium-world.ts";
import { button, field, fill, link } from "../support/chromium.ts";
import { json, newEcho, type Echo } from "../support/echo.ts";

// Accounts whose access is won by another grant than the code, as people make them.

let stage: Stage;
let echo: Echo;
let ada: Page;
let ben: Page;
/** What the token endpoint says when it is asked for a device's code. */
let typed = false;

beforeAll(async () => {
  [stage, echo] = await Promise.all([newStage(), newEcho()]);
  const device = { device_code: "dc", user_code: "WDJB-MJHT", expires_in: 600, interval: 1 };
  const token = { access_token: "at-for-the-journey", expires_in: 3600 };
  echo.answer((request, response) => {
    const form = new URLSearchParams(request.body.toString());
    if (request.path === "/device")
      return json({ ...device, verification_uri: `${echo.url}/type-it-here` })(request, response);
    if (request.path === "/me") return json({ id: "ben", name: "Ben at Home" })(request, response);
    const waits = form.has("device_code") && !typed;
    const wrong = form.get("password") === "not this one";
    if (waits || wrong)
      return json({ error: waits ? "authorization_pending" : "invalid_grant" }, 400)(request, response);
    json(token)(request, response);
  });
  ada = await stage.open("ada");
  ben = await stage.open("ben");
});
afterAll(async () => {
  await stage?.close();
  await echo?.close();
});

async function service(name: string, settings: object): Promise<string> {
  const addresses = { token_url: `${echo.url}/token`, device_url: `${echo.url}/device` };
  const given = { kind: "oauth2", name, settings: { ...addresses, ...settings }, base_url: echo.url };
  const test = { method: "GET" as const, url: "/me", identity: { id: "id", label: "name" } };
  return (await addService(stage.hub.ctx(stage.people.ada), { ...given, test })).id;
}

describe("a code that is typed on another device", () => {
  const television = () =>
    service(`Television ${typed}`, { grant: "device_code", client_id: "tv", token_auth: "none" });

  test.each(["with script", "without script"])("is waited for %s, and saved", async (how) => {
    typed = false;
    const page = how === "with script" ? ben : await stage.open("cleo", { javaScriptEnabled: false });
    const name = `Television ${how}`;
    const id = await service(name, { grant: "device_code", client_id: "tv", token_auth: "none" });
    await page.goto(`/accounts/new?service=${id}`);
    await fill(page, { Name: `Screen ${how}` });
    await link(page, `Link to ${name}`);
    await page.getByRole("heading", { name: `Type this code at ${name}` }).waitFor();
    expect(await page.getByText("WDJB-MJHT").count()).toBe(1);
    expect(await page.getByRole("link", { name: `Open ${name}` }).getAttribute("href")).toBe(
      `${echo.url}/type-it-here`,
    );
    typed = true;
    await page.getByText("Linked as").waitFor();
    expect(await field(page, "Name").inputValue()).toBe(`Screen ${how}`);
    await button(page, "Save Changes");
    await page.getByText(`Screen ${how} is linked as Ben at Home.`).waitFor();
  });

  test("is on a page that everybody can use", async () => {
    typed = false;
    await ben.goto(`/accounts/new?service=${await television()}`);
    await link(ben, "Link to Television false");
    await ben.getByText("WDJB-MJHT").waitFor();
    expect(await findings(ben)).toEqual([]);
  });
});

test("an account with a user name and a password is tried, refused beside the form, and saved", async () => {
  const id = await service("Old CRM", { grant: "password" });
  await ben.goto(`/accounts/new?service=${id}`);
  await fill(ben, { Name: "My old CRM", "User name": "ben", Password: "not this one" });
  await button(ben, "Save Changes");
  await ben.getByText("The provider does not accept this user name or password. Enter them again.").first().waitFor();
  expect(await field(ben, "User name").inputValue()).toBe("ben");
  expect(await field(ben, "Password").inputValue()).toBe("");
  await fill(ben, { Password: "opens everything" });
  await button(ben, "Save Changes");
  await ben.getByText("My old CRM is connected. Old CRM knows it as Ben at Home.").waitFor();
});

test("an account of the service's own client asks for nothing, and can be asked for anew", async () => {
  const id = await service("Robots", {
    grant: "client_credentials",
    client_id: "robot",
    client_secret: "robot-secret",
  });
  await ben.goto(`/accounts/new?service=${id}`);
  await ben.getByText("Nothing to enter: Signet asks Robots for access in the name of the service.").waitFor();
  await fill(ben, { Name: "The robot" });
  await button(ben, "Save Changes");
  await ben.getByText("The robot is connected.").waitFor();
  await link(ben, "Reconnect");
  await ben.getByText("Nothing to enter: Signet asks Robots for access anew.").waitFor();
  await button(ben, "Save Changes");
  await ben.getByText("Access is asked for anew with The robot.").waitFor();
  await ada.goto(`/services/${id}`);
  await ada.getByText("Client ID robot, secret saved, hidden").waitFor();
  expect(await ada.getByText("Callback address").count()).toBe(0);
});

test("an account with a signed assertion takes a key as it is pasted, and says what is wrong with another", async () => {
  const id = await service("Robots with keys", { grant: "jwt_bearer", assertion_issuer: "robot" });
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = (key: typeof privateKey, type: "pkcs8" | "spki") =>
    key.export({ type, format: "pem" } as never) as string;
  await ben.goto(`/accounts/new?service=${id}`);
  await fill(ben, { Name: "Robot with a key", "Private key": pem(publicKey, "spki") });
  await button(ben, "Save Changes");
  await ben.getByText("This is the public part. Paste the private key").first().waitFor();
  await fill(ben, { "Private key": pem(privateKey, "pkcs8").replaceAll("\n", "\\n") });
  await button(ben, "Save Changes");
  await ben.getByText("Robot with a key is connected.").waitFor();
});

test("a service of another grant is built by hand", async () => {
  await ada.goto("/services/build?kind=oauth2");
  await fill(ada, {
    Name: "Built robots",
    "Token URL": `${echo.url}/token`,
    "Base URL": echo.url,
    "Client ID": "robot",
  });
  await field(ada, "How access is won").selectOption({ label: "The client itself (client credentials)" });
  await fill(ada, { "Client secret": "robot-secret" });
  await button(ada, "Create");
  await ada.getByText("Built robots is set up. Next, link your account.").waitFor();
  await ada.goto("/services/build?kind=oauth2");
  await fill(ada, { Name: "Not built", "Token URL": `${echo.url}/token`, "Base URL": echo.url });
  await button(ada, "Create");
  await ada.getByText("Enter the client id.").first().waitFor();
});
