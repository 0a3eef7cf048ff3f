import type { Page } from "playwright-core";
import { addService } from "../../src/services/add.ts";
import type { Actor } from "../../src/access/actor.ts";
import { button, field, fill, link } from "./chromium.ts";
import type { Salesforce } from "./salesforce.ts";
import type { TestWorld } from "./world.ts";

/** On the page of a Salesforce service: gives it the addresses of another login host and its org, and saves. */
export async function pointServiceAt(page: Page, { login, hosts }: Salesforce): Promise<void> {
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.locator("#page-menu").getByRole("link", { name: "Edit" }).click();
  await page.getByText("More settings").click();
  const oauth = `${login.url}/services/oauth2`;
  await fill(page, {
    "Authorization URL": `${oauth}/authorize`,
    "Token URL": `${oauth}/token`,
    "Revocation URL": `${oauth}/revoke`,
    "Base URL": login.url,
    Hosts: hosts.join("\n"),
  });
  await button(page, "Save Changes");
}

/** The same service, made without a browser. */
export function salesforceService(
  hub: TestWorld,
  admin: Actor,
  { app, login, hosts }: Salesforce,
  name = "Salesforce",
) {
  const oauth = `${login.url}/services/oauth2`;
  return addService(hub.ctx(admin), {
    kind: "oauth2",
    name,
    settings: {
      authorize_url: `${oauth}/authorize`,
      token_url: `${oauth}/token`,
      revoke_url: `${oauth}/revoke`,
      client_id: app.key,
      client_secret: app.secret,
      scopes: ["api", "refresh_token", "openid"],
      token_auth: "body",
      base_url_from: "instance_url",
    },
    hosts,
    base_url: login.url,
    test: {
      method: "GET",
      url: "/services/oauth2/userinfo",
      identity: { id: "user_id", label: "preferred_username" },
    },
  });
}

/** At Salesforce: signs in as somebody and allows or denies what is asked. */
export async function decideAt(page: Page, username: string, decision: "Allow" | "Deny"): Promise<void> {
  await button(page, `Log in as ${username}`);
  await page.getByRole("heading", { name: "Allow Access?" }).waitFor();
  await button(page, decision);
}

/** What `page` would be led to if somebody allowed what it was sent to Salesforce for; the page stays where it is. */
export async function addressAfter(page: Page, salesforce: Salesforce, username: string): Promise<string> {
  const asked = new URL(page.url()).search.slice(1);
  const body = new URLSearchParams({ asked, username, save: "Allow" });
  const answer = await fetch(`${salesforce.login.url}/approve`, { method: "POST", body, redirect: "manual" });
  return answer.headers.get("location")!;
}

/** From the list of accounts to Salesforce's page: the form for a new account with that name. */
export async function startLink(page: Page, name: string, service = "Salesforce"): Promise<void> {
  await page.goto("/accounts/new");
  await link(page, service);
  await field(page, "Name").fill(name);
  await link(page, `Link to ${service}`);
  await page.getByRole("heading", { name: "Saved usernames" }).waitFor();
}
