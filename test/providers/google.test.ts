import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { emulateDialogflow } from "../support/emulators/dialogflow.ts";
import { emulateGoogle, type Google } from "../support/emulators/google.ts";
import { ALAN, GRACE } from "../support/emulators/http.ts";
import { emulateNest } from "../support/emulators/nest.ts";
import { APP } from "../support/emulators/oauth2-rules.ts";
import { Walk } from "../support/emulators/walk.ts";

// Google, and the two of the seed list that became part of it.

const CLIENT = { client_id: APP.id, client_secret: APP.secret };
const PROJECT = "1a2b3c4d-0000-1111-2222-333344445555";
const USERINFO = { url: "https://openidconnect.googleapis.com/v1/userinfo" };

let walk: Walk;
let google: Google;
beforeAll(async () => {
  walk = await Walk.begin();
  google = emulateGoogle(walk);
  emulateDialogflow(walk, google, "europe-west1");
  emulateNest(walk, google, PROJECT);
});
afterAll(() => walk?.end());

describe("Google", () => {
  let service: string;
  let account: string;
  beforeAll(async () => {
    service = await walk.setUp("google", CLIENT);
    account = await walk.link(service, "Google of Grace");
  });

  test("links by consent, asking for access while people are away, and answers as the one who linked", async () => {
    expect((await walk.answer(account, USERINFO)).body.email).toBe(GRACE.email);
    const [asked] = walk.internet.to("accounts.google.com", "/o/oauth2/v2/auth");
    for (const parameter of ["access_type=offline", "prompt=consent"]) expect(asked!.path).toContain(parameter);
  });

  test("renews each hour with the one refresh token, at every later consent too", async () => {
    const second = await walk.link(service, "Google of Grace again");
    walk.pass({ hours: 2 });
    for (const one of [account, second, account]) expect((await walk.answer(one, USERINFO)).status).toBe(200);
    walk.pass({ hours: 2 });
    expect((await walk.answer(account, USERINFO)).status).toBe(200);
  });

  test("shows what somebody unticked, and what the API says about it", async () => {
    const half = await walk.link(service, "Google half", { as: ALAN, only: "email" });
    expect(await walk.page(half)).toContain("2 scopes were not granted.");
    const calendar = await walk.answer(half, { url: "/calendar/v3/calendars/primary" });
    expect(calendar).toMatchObject({ status: 403, body: { error: { status: "PERMISSION_DENIED" } } });
  });

  test("asks for a person once the access was taken back there, and takes it up again", async () => {
    google.oauth.endAll(GRACE);
    expect(await walk.execute(account, USERINFO)).toMatchObject({ status: 424, body: { code: "needs_reconnect" } });
    expect(await walk.page(account)).toContain("The provider no longer accepts this sign-in. Reconnect to continue.");
    expect(await walk.reconnect(account)).toContain(`Google of Grace is linked as ${GRACE.email}.`);
    expect((await walk.answer(account, USERINFO)).status).toBe(200);
  });

  test("revokes the grant when the account is disconnected", async () => {
    expect(await walk.disconnect(account)).toContain("Google revoked the grant.");
    expect(google.oauth.revoked).toEqual([expect.stringMatching(/^1\/\//)]);
  });
});

describe("Dialogflow, once Api.ai", () => {
  let account: string;
  beforeAll(async () => {
    const endpoint = "europe-west1-dialogflow.googleapis.com";
    const service = await walk.setUp("dialogflow", { ...CLIENT, endpoint, project_id: "acme" });
    account = await walk.link(service, "Agents of Grace");
  });
  const agent = { url: "/projects/acme/agent" };

  test("links by consent and calls the region's host as the one who linked", async () => {
    const answer = await walk.answer(account, agent);
    expect(answer.url).toBe("https://europe-west1-dialogflow.googleapis.com/v2/projects/acme/agent");
    expect(answer.body.displayName).toBe(`Agent of ${GRACE.email}`);
    expect(walk.internet.requests.at(-1)!.header("x-goog-user-project")).toBe("acme");
    const old = await walk.execute(account, { url: "https://api.api.ai/v1/query" });
    expect(old).toMatchObject({ status: 403, body: { code: "host_not_allowed" } });
  });

  test("lets a bot in by a service account's key file, whose tokens are won anew each hour", async () => {
    const robot = "bot@acme.iam.gserviceaccount.example";
    const scopes = { scopes: "https://www.googleapis.com/auth/dialogflow" };
    const service = await walk.setUp("google-service-account", scopes);
    const key = JSON.stringify(google.serviceAccount(robot));
    expect((await walk.enter(service, "Agents of the bot", { key })).saved).toBe(true);
    const url = "https://europe-west1-dialogflow.googleapis.com/v2/projects/acme/agent";
    for (const _ of [1, 2]) {
      expect((await walk.answer("agents-of-the-bot", { url })).body.displayName).toBe(`Agent of ${robot}`);
      walk.pass({ hours: 2 });
    }
    google.deleteServiceAccount(robot);
    expect(await walk.execute("agents-of-the-bot", { url })).toMatchObject({
      status: 424,
      body: { code: "needs_reconnect" },
    });
  });

  test("renews as Google does, and is revoked as Google is", async () => {
    walk.pass({ hours: 2 });
    expect((await walk.answer(account, agent)).status).toBe(200);
    const before = google.oauth.revoked.length;
    expect(await walk.disconnect(account)).toContain("Dialogflow (Api.ai) revoked the grant.");
    expect(google.oauth.revoked).toHaveLength(before + 1);
  });
});

describe("Google Nest, once Works with Nest", () => {
  let account: string;
  beforeAll(async () => {
    const service = await walk.setUp("nest", { ...CLIENT, project_id: PROJECT });
    account = await walk.link(service, "Nest of Grace");
  });
  const devices = { url: `/enterprises/${PROJECT}/devices` };

  test("links on the project's own page of consent, and asks for the devices at once, as it must", async () => {
    const [asked] = walk.internet.to("nestservices.google.com", `/partnerconnections/${PROJECT}/auth`);
    expect(new URL(asked!.path, "https://nest.invalid").searchParams.get("access_type")).toBe("offline");
    expect(walk.internet.to("smartdevicemanagement.googleapis.com", `/v1${devices.url}`)).toHaveLength(1);
    expect(await walk.page(account)).toContain(`Identity Home of ${GRACE.email}`);
    expect((await walk.answer(account, devices)).body.devices[0].owner).toBe(GRACE.email);
  });

  test("renews as Google does, and tells what the project may not", async () => {
    walk.pass({ hours: 2 });
    expect((await walk.answer(account, devices)).status).toBe(200);
    const other = await walk.answer(account, { url: "/enterprises/another/devices" });
    expect(other).toMatchObject({ status: 403, body: { error: { status: "PERMISSION_DENIED" } } });
  });

  test("is revoked as Google is", async () => {
    expect(await walk.disconnect(account)).toContain("Google Nest revoked the grant.");
  });
});
