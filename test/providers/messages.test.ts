import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { emulateClickatell } from "../support/emulators/clickatell.ts";
import { emulateHipChat } from "../support/emulators/hipchat.ts";
import { ALAN, GRACE } from "../support/emulators/http.ts";
import { APP } from "../support/emulators/oauth2-rules.ts";
import { emulateSlack } from "../support/emulators/slack.ts";
import { emulateTwilio } from "../support/emulators/twilio.ts";
import { Walk } from "../support/emulators/walk.ts";

// Providers of the seed list by which people write to each other.

const CLIENT = { client_id: APP.id, client_secret: APP.secret };

let walk: Walk;
beforeAll(async () => {
  walk = await Walk.begin();
});
afterAll(() => walk?.end());

describe("Slack", () => {
  const message = { channel: "C1", text: "Found a moth." };
  const post = { method: "POST", url: "/chat.postMessage", body: message };
  let slack: ReturnType<typeof emulateSlack>;
  let bots: string;
  let people: string;
  beforeAll(async () => {
    slack = emulateSlack(walk);
    bots = await walk.setUp("slack", CLIENT);
    people = await walk.setUp("slack-user", CLIENT);
  });

  test("links the app's bot, with scopes that are separated by commas", async () => {
    const account = await walk.link(bots, "Slack of the bot");
    expect(await walk.page(account)).toContain("channels:read");
    expect((await walk.answer(account, post)).body.message).toEqual({ text: message.text, user: "U0KRQLJ9H" });
    const [asked] = walk.internet.to("slack.com", "/oauth/v2/authorize").slice(-1);
    expect(asked!.path).toContain("scope=chat%3Awrite%2Cchannels%3Aread%2Cusers%3Aread");
  });

  test("links a person by the second scope parameter and the token further inside, and speaks as the one who linked", async () => {
    const [grace, alan] = [
      await walk.link(people, "Slack of Grace"),
      await walk.link(people, "Slack of Alan", { as: ALAN }),
    ];
    expect((await walk.answer(grace, post)).body.message.user).toBe(`U${GRACE.id}`);
    expect((await walk.answer(alan, post)).body.message.user).toBe(`U${ALAN.id}`);
    expect(await walk.page(grace)).toContain("Identity grace");
  });

  test("tells errors that come with 200, at the token endpoint and elsewhere", async () => {
    const { words } = await walk.consent(
      await walk.setUp("slack", { ...CLIENT, client_secret: "wrong" }, "Wrong Slack"),
      "No Slack",
    );
    expect(words).toContain("The provider does not accept the client id or secret of this service.");
    const account = await walk.link(bots, "Slack without a scope");
    const refused = await walk.answer(account, { url: "/nothing.like.it" });
    expect(refused).toMatchObject({ status: 200, body: { ok: false, error: "unknown_method" } });
    slack.uninstall();
    expect(await walk.answer(account, post)).toMatchObject({ status: 200, body: { error: "token_revoked" } });
    expect(await walk.test(account)).toContain("Slack does not accept it (answer 200).");
  });

  test("revokes the token with itself when the account is disconnected", async () => {
    const account = await walk.link(people, "Slack to end");
    expect(await walk.disconnect(account)).toContain("Slack (as a person) revoked the grant.");
    expect(slack.oauth.revoked).toEqual([expect.stringMatching(/^xoxp-/)]);
  });

  test("renews a bot's and a person's token after twelve hours once the app rotates them", async () => {
    slack.turnRotationOn();
    const accounts = [await walk.link(bots, "Slack rotating"), await walk.link(people, "Slack rotating too")];
    for (const _ of [1, 2]) {
      walk.pass({ hours: 13 });
      for (const account of accounts) expect((await walk.answer(account, post)).body.ok).toBe(true);
    }
    slack.uninstall();
    walk.pass({ hours: 13 });
    for (const account of accounts)
      expect(await walk.execute(account, post)).toMatchObject({ status: 424, body: { code: "needs_reconnect" } });
  });

  test("takes a token that somebody has already, and only a good one", async () => {
    const tokens = await walk.setUp("slack-token");
    const { saved, words } = await walk.enter(tokens, "Slack by a bad token", { token: "xoxb-nobody-knows" });
    expect([saved, words]).toEqual([false, expect.stringContaining("does not accept it")]);
  });
});

describe("HipChat", () => {
  const room = { method: "POST", url: "/room/Shipping/notification", body: { message: "Done." } };
  let hipchat: ReturnType<typeof emulateHipChat>;
  beforeAll(() => {
    hipchat = emulateHipChat(walk, "hipchat.acme.example");
  });

  test("takes a token for a server of one's own, and says that the service itself is gone", async () => {
    const service = await walk.setUp("hipchat", { host: "hipchat.acme.example" });
    const { saved } = await walk.enter(service, "HipChat by token", { token: hipchat.personalToken(GRACE) });
    expect(saved).toBe(true);
    expect((await walk.answer("hipchat-by-token", room)).status).toBe(204);
    expect((await walk.answer("hipchat-by-token", { url: `/user/${GRACE.email}` })).body.name).toBe("Grace Hopper");
    const cloud = await walk.execute("hipchat-by-token", { url: "https://api.hipchat.com/v2/room" });
    expect(cloud).toMatchObject({ status: 403, body: { code: "host_not_allowed" } });
    hipchat.deletePersonalTokens();
    expect(await walk.test("hipchat-by-token")).toContain("HipChat Server does not accept it (answer 401).");
    expect(await walk.disconnect("hipchat-by-token")).toContain("HipChat Server can not be told");
  });

  test("links by consent with the entry for any OAuth 2.0 service, and renews with the client in the header", async () => {
    const service = await walk.setUp("generic-oauth2", {
      ...CLIENT,
      authorize_url: "https://hipchat.acme.example/users/authorize",
      token_url: "https://hipchat.acme.example/v2/oauth/token",
      scopes: "view_group send_notification",
      base_url: "https://hipchat.acme.example/v2",
      test_path: "/room?auth_test=true",
    });
    const account = await walk.link(service, "HipChat by consent");
    walk.pass({ hours: 2 });
    expect((await walk.answer(account, { url: `/user/${GRACE.email}` })).body.name).toBe("Grace Hopper");
    hipchat.oauth.endAll();
    walk.pass({ hours: 2 });
    expect(await walk.execute(account, room)).toMatchObject({ status: 424, body: { code: "needs_reconnect" } });
  });
});

describe("Clickatell", () => {
  let clickatell: ReturnType<typeof emulateClickatell>;
  beforeAll(() => {
    clickatell = emulateClickatell(walk);
  });

  test("takes a key that is all of the header, equals signs included, and only a good one", async () => {
    const service = await walk.setUp("clickatell");
    const key = clickatell.integration(42);
    expect((await walk.enter(service, "Clickatell", { key })).saved).toBe(true);
    expect((await walk.answer("clickatell", { url: "/v1/balance" })).body).toEqual({ balance: 42, currency: "USD" });
    expect(walk.internet.requests.at(-1)!.header("authorization")).toBe(key);
    const { saved, words } = await walk.enter(service, "Clickatell cut", { key: key.slice(0, -2) });
    expect([saved, words]).toEqual([false, expect.stringContaining("Clickatell does not accept it (answer 401).")]);
  });

  test("tells which of several messages was not taken, although the whole was", async () => {
    const messages = ["4930123456", "nobody"].map((to) => ({ channel: "sms", to, content: "Found a moth." }));
    const answer = await walk.answer("clickatell", { method: "POST", url: "/v1/message", body: { messages } });
    expect(answer.status).toBe(207);
    expect(answer.body.messages.map(({ accepted }: { accepted: boolean }) => accepted)).toEqual([true, false]);
    clickatell.deleteIntegrations();
    expect(await walk.test("clickatell")).toContain("Clickatell does not accept it (answer 401).");
    expect(await walk.disconnect("clickatell")).toContain("Clickatell can not be told");
  });
});

describe("Twilio", () => {
  const sms = {
    method: "POST",
    url: "/Messages.json",
    form: { To: "+4930123456", From: "+15005550006", Body: "Moth." },
  };
  let twilio: ReturnType<typeof emulateTwilio>;
  beforeAll(() => {
    twilio = emulateTwilio(walk);
  });

  test("takes the account's SID and token, and sends forms as Basic", async () => {
    const service = await walk.setUp("twilio", { account_sid: twilio.account });
    const secret = { username: twilio.account, password: twilio.authToken() };
    expect((await walk.enter(service, "Twilio", secret)).words).toContain(
      "Twilio knows it as Acme's Account".replace("'", "&#39;"),
    );
    expect(await walk.answer("twilio", sms)).toMatchObject({ status: 201, body: { body: "Moth.", status: "queued" } });
    const wrong = { ...sms, form: { ...sms.form, To: "home" } };
    expect(await walk.answer("twilio", wrong)).toMatchObject({ status: 400, body: { code: 21211 } });
    const { saved, words } = await walk.enter(service, "Twilio wrong", { ...secret, password: "wrong" });
    expect([saved, words]).toEqual([false, expect.stringContaining("Twilio does not accept it (answer 401).")]);
  });

  test("takes an API key, which may not read the account itself", async () => {
    const service = await walk.setUp("twilio-api-key", { account_sid: twilio.account });
    expect((await walk.enter(service, "Twilio by key", twilio.apiKey())).saved).toBe(true);
    expect((await walk.answer("twilio-by-key", sms)).status).toBe(201);
    const account = `https://api.twilio.com/2010-04-01/Accounts/${twilio.account}.json`;
    expect(await walk.answer("twilio-by-key", { url: account })).toMatchObject({ status: 401, body: { code: 20003 } });
  });

  test("takes an OAuth app's client id and secret, and wins a new token each hour", async () => {
    const service = await walk.setUp("twilio-oauth", { account_sid: twilio.account });
    expect((await walk.enter(service, "Twilio by app", CLIENT)).saved).toBe(true);
    for (const _ of [1, 2]) {
      expect((await walk.answer("twilio-by-app", sms)).status).toBe(201);
      walk.pass({ hours: 2 });
    }
    const { saved, words } = await walk.enter(service, "Twilio by no app", { ...CLIENT, client_secret: "wrong" });
    expect([saved, words]).toEqual([
      false,
      expect.stringContaining("The provider does not accept this client id or secret."),
    ]);
  });

  test("says when the credential was changed there", async () => {
    twilio.rotate();
    expect(await walk.answer("twilio", sms)).toMatchObject({ status: 401, body: { code: 20003 } });
    expect(await walk.test("twilio")).toContain("Twilio does not accept it (answer 401).");
    expect(await walk.disconnect("twilio")).toContain("Twilio can not be told");
  });
});
