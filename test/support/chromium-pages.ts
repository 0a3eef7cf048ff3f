import type { Page } from "playwright-core";
import { button, field, fill, link } from "./chromium.ts";
import type { SeededRuns } from "./chromium-runs.ts";
import type { Seed } from "./chromium-seed.ts";
import { decideAt } from "./salesforce-steps.ts";
import type { Cast } from "./world.ts";

/** A page of the hub: its address, or how to get there. */
export type Stop = [name: string, open: string | ((page: Page) => Promise<unknown>)];

const KINDS = ["oauth2", "oauth1", "api_key", "bearer", "basic", "login", "jwt", "mtls", "ldap", "none"];

const EXAMPLE = "curl https://api.acme.example/v1/me -H 'X-Api-Key: $KEY' -H 'Workspace: {workspace}'";

const PACKAGE = {
  ...{ signet_package: 1, name: "Night watch", uid: "acme/night", version: "1.1" },
  prompts: [{ key: "secret", type: "secret", label: "Client secret" }],
  services: [
    {
      ...{ uid: "acme/crm", kind: "oauth2", name: "Acme CRM", hosts: ["crm.example"] },
      settings: {
        authorize_url: "https://crm.example/authorize",
        token_url: "https://crm.example/token",
        client_id: "app",
        client_secret: "{{{ prompts.secret }}}",
      },
    },
  ],
  bots: [
    { uid: "acme/night", slug: "night-shift", name: "Night shift" },
    { uid: "acme/day", slug: "day-shift", name: "Day shift", config: { region: "us" } },
  ],
  behaviors: [
    {
      ...{ uid: "acme/day/look", bot: "day-shift", slug: "look", title: "Look around" },
      steps: [{ id: "seen", do: "http_request", account: { service: "salesforce" }, url: "/services/data/" }],
      schedules: [{ cron: "0 6 * * *" }],
    },
  ],
};

/** Of a hub with people and nothing else. */
export const EMPTY: Stop[] = [
  ["home", "/"],
  ["services", "/services"],
  ["accounts", "/accounts"],
  ["new account", "/accounts/new"],
  ["shared with me", "/accounts?tab=shared"],
  ["bots", "/bots"],
  ["requests", "/requests"],
  ["own tokens", "/settings/tokens"],
  ["packages", "/settings/packages"],
  ["export package", "/settings/packages/export"],
  ["notices", "/notices"],
];

/** For an admin, once there is something. */
export function forAdmins({ services, accounts, links, bot, botToken, behavior, login }: Seed, people: Cast): Stop[] {
  const ben = `/people/${people.ben.id}`;
  const team = `/teams/${people.support.id}`;
  return [
    ["home", "/"],
    ["services", "/services"],
    ["services, none found", "/services?q=nothing+at+all"],
    ["library", "/services/library?q=git"],
    ["library, none found", "/services/library?q=nothing+at+all"],
    ["new service", "/services/new?catalog=salesforce"],
    ["new service refused", (page) => refused(page, "/services/new?catalog=salesforce", "Create")],
    ["build", "/services/build"],
    ...KINDS.map((kind): Stop => [`build ${kind}`, `/services/build?kind=${kind}`]),
    ["build refused", (page) => refused(page, "/services/build?kind=api_key", "Create")],
    [
      "build from an address",
      (page) => fillInFrom(page, "/services/build?kind=oauth2", { "Fill in from an address": login.issuer }),
    ],
    [
      "build from no address",
      (page) => fillInFrom(page, "/services/build?kind=oauth2", { "Fill in from an address": "ftp://x" }),
    ],
    ["build from an example", (page) => fillInFrom(page, "/services/build?name=Acme", { "curl command": EXAMPLE })],
    [
      "build from no example",
      (page) => fillInFrom(page, "/services/build?name=Acme", { "curl command": "curl x.example" }),
    ],
    ["service", services.salesforce],
    ["edit service", `${services.salesforce}/edit`],
    ["delete service", `${services.helpdesk}/delete`],
    ["accounts", "/accounts"],
    ["accounts, none found", "/accounts?q=nothing+at+all"],
    ["new account", "/accounts/new"],
    ["new account by consent", (page) => startAt(page, "Salesforce")],
    ["new account by key", (page) => startAt(page, "Helpdesk")],
    ["new account refused", (page) => startAt(page, "Helpdesk").then(() => send(page, "Save Changes"))],
    ["account", accounts.active],
    ["account by consent", accounts.linked],
    ["account that needs reconnect", accounts.broken],
    ["account that is paused", accounts.paused],
    ["access", `${accounts.active}/access`],
    ["access refused", (page) => refused(page, `${accounts.active}/access`, "Share")],
    ["rename", `${accounts.active}/rename`],
    ["new key", `${accounts.active}/secret`],
    ["disconnect", `${accounts.linked}/disconnect`],
    ["link pending", links.pending],
    ["link failed", links.failed],
    ["link won", links.linked],
    ["link of another", links.other],
    ["bots", "/bots"],
    ["new bot", "/bots/new"],
    ["bot", bot],
    ["edit bot", `${bot}/edit`],
    ["delete bot", `${bot}/delete`],
    ["bot's token", (page) => named(page, bot, "Issue token")],
    ["revoke token", `${botToken}/revoke`],
    ["behaviors", "/behaviors"],
    ["new behavior refused", (page) => refused(page, `${bot}/behaviors/new`, "Create")],
    ["behavior, a request", behavior],
    ["behavior, a decision", `${behavior}?step=1`],
    ["behavior, a loop", `${behavior}?step=1.outcomes.1.steps.0`],
    ["behavior, a new step", `${behavior}?add=steps&at=1`],
    ["behavior, a new call", `${behavior}?add=steps&at=1&kind=run_behavior`],
    ["behavior refused", (page) => refused(page, `${behavior}?add=steps&at=1&kind=http_request`, "Add this step")],
    ["behavior's inputs", `${behavior}?part=inputs&input=1`],
    ["behavior's output", `${behavior}?part=output`],
    ["behavior's settings", `${behavior}?part=settings`],
    ["behavior, completion", (page) => completing(page, `${behavior}?step=0`)],
    ["behavior as text", `${behavior}/text`],
    ["behavior as text refused", (page) => wrongText(page, `${behavior}/text`)],
    ["behavior's flow", `${behavior}/flow`],
    ["behavior's versions", `${behavior}/versions?from=1&to=2`],
    ["behavior, another account", `${behavior}/accounts?step=0`],
    ["delete behavior", `${behavior}/delete`],
    ["requests", "/requests"],
    ["save as step", (page) => asStep(page)],
    ["answer", (page) => request(page, "/tickets", "Send")],
    ["preview", (page) => request(page, "/tickets", "Preview")],
    ["refusal", (page) => request(page, "https://elsewhere.example/", "Send")],
    ["directories", "/requests/directory"],
    ["entries", (page) => searched(page, "(cn=*)")],
    ["no entries", (page) => searched(page, "(cn=nobody)")],
    ["no filter", (page) => searched(page, "cn=nobody")],
    ["account of a directory", accounts.directory],
    ["audit", "/audit"],
    ["jump", "/jump?q=support"],
    ["jump, none found", "/jump?q=nothing+at+all"],
    ["audit record", (page) => page.goto("/audit").then(() => page.locator("tbody a").first().click())],
    ["people", "/people"],
    ["invite", "/people/new"],
    ["invited", (page) => invite(page)],
    ["person", ben],
    ["deactivate", `${ben}/deactivate`],
    ["teams", "/teams"],
    ["new team", "/teams/new"],
    ["team", team],
    ["rename team", `${team}/rename`],
    ["delete team", `${team}/delete`],
    ["settings", "/settings"],
    ["profile", "/settings/profile"],
    ["sessions", "/settings/sessions"],
    ["tokens", "/settings/tokens"],
    ["new token", "/settings/tokens/new"],
    ["own token", (page) => named(page, "/settings/tokens/new", "Create")],
    ["packages", "/settings/packages"],
    ["package", (page) => installed(page)],
    ["remove package", (page) => installed(page).then(() => page.goto(`${page.url()}/remove`))],
    ["import package", "/settings/packages/import"],
    ["import refused", (page) => refused(page, "/settings/packages/import", "Continue")],
    ["package's answers", (page) => fromLibrary(page)],
    ["package's answers refused", (page) => fromLibrary(page).then(() => send(page, "Preview"))],
    ["package's preview", (page) => previewed(page)],
    ["export package", "/settings/packages/export"],
    ["export refused", (page) => refused(page, "/settings/packages/export", "Download")],
    ["about", "/settings/about"],
    ["not found", "/services/018f0000-0000-7000-8000-000000000000"],
  ];
}

/** Of runs, where a form comes back. */
export function aboutRuns({ paths }: SeededRuns): Stop[] {
  const form = paths["run form"]!;
  const limits = paths["limits of a bot"]!;
  return [
    ["run form refused", (page) => refused(page, form, "Run")],
    ["simulation refused", (page) => refusedSimulation(page, form)],
    ["limits refused", (page) => wrongLimits(page, limits)],
  ];
}

/** For a worker who is no admin. */
export function forWorkers({ services, accounts, behavior }: Seed): Stop[] {
  return [
    ["behavior of others", behavior],
    ["forbidden", "/people/new"],
    ["service", services.salesforce],
    ["account", accounts.active],
    ["people", "/people"],
  ];
}

/** For somebody who is not signed in. */
export function forGuests({ connect, invitation }: Seed): Stop[] {
  return [
    ["sign in", "/sign-in"],
    ["sign in refused", (page) => wrongPassword(page)],
    ["invitation", invitation],
    ["invitation gone", "/invitations/gone"],
    ["setup gone", "/setup/gone"],
    ["callback error", "/oauth/callback?state=unknown&code=x"],
    ["not found", "/nothing"],
    ["connect", connect],
    ["connected", (page) => connected(page, connect)],
    ["connect gone", "/connect/gone"],
  ];
}

/** Presses a button and waits for the page that answers. */
async function send(page: Page, name: string): Promise<void> {
  const answered = page.waitForResponse((response) => response.request().method() === "POST");
  await button(page, name);
  await answered;
  await page.waitForLoadState();
}

async function fillInFrom(page: Page, address: string, fields: Record<string, string>): Promise<void> {
  await page.goto(address);
  await fill(page, fields);
  await send(page, "Fill in");
}

/** Sends a form as empty as the server lets it come. */
async function refused(page: Page, address: string, name: string): Promise<void> {
  await page.goto(address);
  await withoutChecks(page);
  await send(page, name);
}

async function refusedSimulation(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await withoutChecks(page);
  await page.getByText("Simulate: what to send and what to answer").click();
  await field(page, "In the simulation").first().selectOption("answer");
  await field(page, "Body as JSON").first().fill("{oops");
  await send(page, "Simulate");
}

async function wrongLimits(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await field(page, "Accounts").selectOption("some");
  await fill(page, { "Only these hosts": "https://x", "Runs at once": "many" });
  await send(page, "Save Changes");
}

/** The browser no longer keeps the forms of the page from being sent as they are. */
async function withoutChecks(page: Page): Promise<void> {
  const forms = page.locator("main form");
  await forms.evaluateAll((all) => all.forEach((form) => form.setAttribute("novalidate", "")));
}

async function startAt(page: Page, service: string): Promise<void> {
  await page.goto("/accounts/new");
  await link(page, service);
  await field(page, "Name").fill("");
  await withoutChecks(page);
}

async function named(page: Page, address: string, act: string): Promise<void> {
  await page.goto(address);
  await field(page, "Name").fill("visit");
  await send(page, act);
}

async function installed(page: Page): Promise<void> {
  await page.goto("/settings/packages");
  await page.locator("tbody a").first().click();
  await page.getByRole("heading", { name: "What it installed" }).waitFor();
}

async function fromLibrary(page: Page): Promise<void> {
  await page.goto("/settings/packages/import");
  await send(page, "Salesforce Bot");
}

/** Of a package that asks for a secret, is left out in part, and meets a bot of the same short name. */
async function previewed(page: Page): Promise<void> {
  await page.goto("/settings/packages/import");
  await field(page, "Package").fill(JSON.stringify(PACKAGE));
  await send(page, "Continue");
  await send(page, "Preview");
}

async function request(page: Page, url: string, act: "Send" | "Preview"): Promise<void> {
  await page.goto("/requests");
  await field(page, "Account").selectOption("Support inbox");
  await fill(page, { URL: url });
  await send(page, act);
}

async function asStep(page: Page): Promise<void> {
  await request(page, "/tickets", "Preview");
  await send(page, "Save as step");
}

async function completing(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await field(page, "URL").pressSequentially("/{{ in");
  await page.getByRole("listbox", { name: "What may stand here" }).waitFor();
}

async function wrongText(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await fill(page, { "YAML or JSON": "title: a\nsteps:\n  - do: dance\n" });
  await send(page, "Save");
}

async function searched(page: Page, filter: string): Promise<void> {
  await page.goto("/requests/directory");
  await fill(page, { Filter: filter });
  await send(page, "Search");
}

async function invite(page: Page): Promise<void> {
  await page.goto("/people/new");
  await fill(page, { Email: "emil@example.com", Name: "Emil Expected" });
  await send(page, "Invite");
}

async function wrongPassword(page: Page): Promise<void> {
  await page.goto("/sign-in");
  await fill(page, { Email: "ada@example.com", Password: "not the password" });
  await send(page, "Sign in");
}

async function connected(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await button(page, "Continue to Salesforce");
  await decideAt(page, "alan@acme.example", "Allow");
  await page.getByRole("heading", { name: "Linked as alan@acme.example" }).waitFor();
}
