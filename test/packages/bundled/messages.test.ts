import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { emulateClickatell } from "../../support/emulators/clickatell.ts";
import { emulateHipChat } from "../../support/emulators/hipchat.ts";
import { GRACE } from "../../support/emulators/http.ts";
import { APP } from "../../support/emulators/oauth2-rules.ts";
import { emulateSlack } from "../../support/emulators/slack.ts";
import { emulateTwilio } from "../../support/emulators/twilio.ts";
import { Walk } from "../../support/emulators/walk.ts";
import { installOn, lastAt, linesAt, type Installed } from "./installed.ts";

// The bots of the library by which people are reached.

let walk: Walk;
beforeAll(async () => {
  walk = await Walk.begin();
});
afterAll(() => walk?.end());

describe("the Slack bot", () => {
  let bot: Installed;
  beforeAll(async () => {
    emulateSlack(walk);
    const scopes = "chat:write channels:read channels:history users:read users:read.email";
    const service = await walk.setUp("slack", { client_id: APP.id, client_secret: APP.secret, scopes });
    bot = await installOn(walk, "slack", { account: await walk.link(service, "Slack of the team") });
  });

  test("sends a message, in a thread only where one is named", async () => {
    const sent = await bot.does("send-message", { channel: "C1", text: "Found a {moth}." });
    expect(sent).toEqual({ channel: "C1", ts: "1503435956.000247" });
    expect(lastAt(walk, "slack.com").json).toEqual({ channel: "C1", text: "Found a {moth}." });
    await bot.does("send-message", { channel: "C1", text: "Again.", thread: "1503435956.000247" });
    expect(lastAt(walk, "slack.com").json).toMatchObject({ thread_ts: "1503435956.000247" });
  });

  test("makes sentences of errors that come with 200", async () => {
    expect(await bot.says("send-message", { channel: "C404", text: "x" })).toBe(
      "Slack refused: There is no such channel, or the app can not see it.",
    );
    expect(await bot.says("read-channel", { channel: "C9" })).toMatch(/There is no such channel/);
    expect(await bot.says("find-person", { email: "nobody@acme.example" })).toBe(
      "Slack refused: Nobody there has this e-mail address.",
    );
  });

  test("lists channels by the cursor, reads one, and finds people", async () => {
    const { channels, complete } = (await bot.does("list-channels")) as { channels: object[]; complete: boolean };
    expect([channels.length, complete]).toEqual([3, true]);
    expect(linesAt(walk, "slack.com").at(-1)).toMatch(/conversations\.list\?cursor=.+&types=public_channel/);
    const read = await bot.does("read-channel", { channel: "C1", since: "2017-08-22T00:00:00Z" });
    expect(read).toMatchObject({ messages: [{ user: "U1", text: "Found a moth.", at: "2017-08-22T21:05:56.000Z" }] });
    expect(linesAt(walk, "slack.com").at(-1)).toContain("oldest=1503360000");
    expect(await bot.does("list-people")).toMatchObject({ people: [{ id: "U1", email: GRACE.email }] });
    expect(await bot.does("find-person", { email: GRACE.email })).toMatchObject({ id: "U1" });
  });
});

describe("the Twilio bot", () => {
  const host = "api.twilio.com";
  let bot: Installed;
  let account: string;
  beforeAll(async () => {
    const twilio = emulateTwilio(walk);
    account = twilio.account;
    const service = await walk.setUp("twilio", { account_sid: account });
    await walk.enter(service, "Twilio of Acme", { username: account, password: twilio.authToken() });
    bot = await installOn(walk, "twilio", { account: "twilio-of-acme" });
  });

  test("sends a message from a number or from a messaging service, as a form", async () => {
    const sent = await bot.does("send-message", { to: "+41790000001", from: "+41790000000", body: "Moth & more" });
    expect(sent).toEqual({ sid: "SM1", status: "queued" });
    expect(lastAt(walk, host)).toMatchObject({
      line: `POST /2010-04-01/Accounts/${account}/Messages.json`,
      form: "Body=Moth & more&From=+41790000000&To=+41790000001",
    });
    await bot.does("send-message", { to: "+41790000001", from: "MG12", body: "x" });
    expect(lastAt(walk, host).form).toBe("Body=x&MessagingServiceSid=MG12&To=+41790000001");
    expect(await bot.says("send-message", { to: "nobody", from: "MG12", body: "x" })).toBe(
      "Twilio answered 400: Invalid 'To' Phone Number",
    );
  });

  test("lists messages through all pages, and tells what became of one", async () => {
    const { messages } = (await bot.does("list-messages")) as { messages: object[] };
    expect(messages).toHaveLength(3);
    expect(linesAt(walk, host).at(-1)).toBe(`GET /2010-04-01/Accounts/${account}/Messages.json?Page=1&PageSize=2`);
    expect(await bot.does("get-message", { sid: "SM2" })).toMatchObject({ status: "delivered", error: null });
    expect(await bot.says("get-message", { sid: "SM9" })).toMatch(/^Twilio answered 404: /);
  });

  test("calls and says something that stays text, and looks a number up at its own host", async () => {
    await bot.does("call-and-say", { to: "+41790000001", from: "+41790000000", text: "1 < 2 & <Hangup/>" });
    const twiml = new URLSearchParams(lastAt(walk, host).body).get("Twiml");
    expect(twiml).toBe('<Response><Say language="en-US">1 &lt; 2 &amp; &lt;Hangup/></Say></Response>');
    expect(await bot.does("look-up-number", { number: "+41790000001" })).toMatchObject({ valid: true, country: "CH" });
    expect(lastAt(walk, "lookups.twilio.com").line).toBe("GET /v2/PhoneNumbers/%2B41790000001");
  });
});

describe("the Clickatell bot", () => {
  test("sends to several, says which one was not taken, and tells the balance", async () => {
    const clickatell = emulateClickatell(walk);
    const key = clickatell.integration(12);
    await walk.enter(await walk.setUp("clickatell"), "Clickatell of Acme", { key });
    const bot = await installOn(walk, "clickatell", { account: "clickatell-of-acme" });
    const sent = await bot.does("send-sms", { to: "+41 79 000 00 01, 41790000002", text: "A moth" });
    expect(sent).toEqual({
      messages: [
        { id: "m-41790000001", to: "41790000001" },
        { id: "m-41790000002", to: "41790000002" },
      ],
    });
    const { json, request } = lastAt(walk, "platform.clickatell.com");
    expect(request.header("authorization")).toBe(key);
    expect(json).toMatchObject({ messages: [{ channel: "sms", to: "41790000001", content: "A moth" }, {}] });
    expect(await bot.says("send-whatsapp", { to: "41790000001, nobody", text: "x" })).toBe(
      "Clickatell did not take the message to nobody: Invalid destination address.",
    );
    expect(await bot.does("get-balance")).toEqual({ balance: 12, currency: "USD" });
    clickatell.deleteIntegrations();
    expect(await bot.says("get-balance")).toBe("Clickatell answered 401: Invalid or missing integration API Key.");
  });
});

describe("the HipChat bot", () => {
  test("writes to a room of a server of one's own, and lists rooms", async () => {
    const hipchat = emulateHipChat(walk, "hipchat.acme.example");
    const service = await walk.setUp("hipchat", { host: "hipchat.acme.example" });
    await walk.enter(service, "HipChat of Acme", { token: hipchat.personalToken(GRACE) });
    const bot = await installOn(walk, "hipchat", { account: "hipchat-of-acme" });
    await bot.does("notify-room", { room: "Moth watch", text: "Done.", colour: "green" });
    expect(lastAt(walk, "hipchat.acme.example")).toMatchObject({
      line: "POST /v2/room/Moth%20watch/notification",
      json: { message: "Done.", message_format: "text", color: "green", notify: false },
    });
    expect(await bot.does("list-rooms")).toMatchObject({
      rooms: [{ name: "Shipping" }, { name: "Moths" }],
      complete: true,
    });
    expect(await bot.does("find-person", { email: GRACE.email })).toMatchObject({ name: "Grace Hopper" });
    expect(await bot.says("find-person", { email: "no@acme.example" })).toBe("HipChat answered 404: User not found");
  });
});
