import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { emulateDialogflow } from "../../support/emulators/dialogflow.ts";
import { emulateGoogle, SCOPES, type Google } from "../../support/emulators/google.ts";
import { GRACE } from "../../support/emulators/http.ts";
import { emulateNest } from "../../support/emulators/nest.ts";
import { APP } from "../../support/emulators/oauth2-rules.ts";
import { Walk } from "../../support/emulators/walk.ts";
import { installOn, lastAt, linesAt, type Installed } from "./installed.ts";

// The bots of the library for Google and what belongs to it.

const CLIENT = { client_id: APP.id, client_secret: APP.secret };

let walk: Walk;
let google: Google;
beforeAll(async () => {
  walk = await Walk.begin();
  google = emulateGoogle(walk);
});
afterAll(() => walk?.end());

describe("the Google bot", () => {
  let bot: Installed;
  beforeAll(async () => {
    const scopes = ["openid", "email", SCOPES.calendar, SCOPES.send, SCOPES.files, SCOPES.sheets].join(" ");
    const service = await walk.setUp("google", { ...CLIENT, scopes });
    bot = await installOn(walk, "google", { account: await walk.link(service, "Google of Grace") });
  });

  test("lists events from a day on, and makes one to which people are invited", async () => {
    const { events } = (await bot.does("list-events", { since: "2026-05-31" })) as { events: object[] };
    expect(events).toHaveLength(3);
    expect(linesAt(walk, "www.googleapis.com").at(-1)).toMatch(/pageToken=.+&timeMin=2026-05-31T00:00:00.000Z$/);
    const inputs = { title: "Moth watch", start: "2026-05-31T14:00:00Z", minutes: 45, guests: `${GRACE.email}, ` };
    expect(await bot.does("create-event", inputs)).toMatchObject({ id: "e4", end: "2026-05-31T14:45:00.000Z" });
    const { json, line } = lastAt(walk, "www.googleapis.com");
    expect(line).toBe("POST /calendar/v3/calendars/primary/events?sendUpdates=all");
    expect(json).toMatchObject({ summary: "Moth watch", attendees: [{ email: GRACE.email }] });
    expect(await bot.says("list-events", { calendar: "other" })).toBe("Google answered 404: Not Found");
  });

  test("sends a mail whose subject can not become another header", async () => {
    const subject = "Möths\r\nBcc: mallory@example.com";
    expect(await bot.does("send-mail", { to: GRACE.email, subject, text: "Für dich.\n" })).toEqual({
      id: "m1",
      thread: "t1",
    });
    const { raw } = lastAt(walk, "gmail.googleapis.com").json as { raw: string };
    const [head, body] = Buffer.from(raw, "base64url").toString("utf8").split("\r\n\r\n") as [string, string];
    const lines = head.split("\r\n");
    expect(lines.map((line) => line.split(":")[0])).toEqual([
      "To",
      "Subject",
      "MIME-Version",
      "Content-Type",
      "Content-Transfer-Encoding",
    ]);
    const encoded = /=\?UTF-8\?B\?(.*)\?=/.exec(lines[1]!)![1]!;
    expect(Buffer.from(encoded, "base64").toString("utf8")).toBe("Möths Bcc: mallory@example.com");
    expect(Buffer.from(body, "base64").toString("utf8")).toBe("Für dich.\n");
  });

  test("finds files by a name with a quote in it, reads a sheet and adds a row", async () => {
    expect(await bot.does("find-files", { name: "Grace's" })).toMatchObject({ files: [{ id: "f1" }] });
    expect(await bot.does("find-files", { name: "' or name contains '" })).toMatchObject({ files: [] });
    const sheet = { spreadsheet: "sheet1", range: "Moths!A1:B9" };
    expect(await bot.does("read-sheet", sheet)).toEqual({ range: sheet.range, rows: [["Moth", "1"]] });
    expect(lastAt(walk, "sheets.googleapis.com").line).toBe("GET /v4/spreadsheets/sheet1/values/Moths!A1%3AB9");
    await bot.does("add-row", { ...sheet, values: ["Moth", 2, "=1+1"] });
    expect(lastAt(walk, "sheets.googleapis.com")).toMatchObject({
      line: expect.stringMatching(/:append\?valueInputOption=RAW$/),
      json: { values: [["Moth", 2, "=1+1"]] },
    });
  });
});

describe("the Dialogflow bot", () => {
  test("talks to the agent of a region, and lists what it understands", async () => {
    emulateDialogflow(walk, google, "europe-west1");
    const host = "europe-west1-dialogflow.googleapis.com";
    const service = await walk.setUp("dialogflow", { ...CLIENT, endpoint: host, project_id: "acme-bots" });
    const account = await walk.link(service, "Dialogflow of Grace");
    const bot = await installOn(walk, "dialogflow", { account, project: "acme-bots", location: "europe-west1" });
    expect(await bot.does("detect-intent", { text: "Hi?", session: "a/b" })).toEqual({
      ...{ intent: "Greet", answer: "Hello.", confidence: 0.9, parameters: {} },
    });
    expect(lastAt(walk, host)).toMatchObject({
      line: "POST /v2/projects/acme-bots/locations/europe-west1/agent/sessions/a%2Fb:detectIntent",
      json: { queryInput: { text: { text: "Hi?", languageCode: "en" } } },
    });
    expect(lastAt(walk, host).request.header("x-goog-user-project")).toBe("acme-bots");
    expect(await bot.does("get-agent")).toMatchObject({ name: `Agent of ${GRACE.email}` });
    expect(await bot.does("list-intents")).toEqual({
      intents: ["Greet", "Part", "Ask"].map((name) => ({ id: name.toLowerCase(), name })),
      complete: true,
    });
    expect(await bot.says("detect-intent", { text: "moth ".repeat(60) })).toBe(
      "Google answered 400: Input text exceeds 256 characters.",
    );
  });
});

describe("the Nest bot", () => {
  test("lists devices, and reads and sets a thermostat", async () => {
    const project = "1a2b3c4d-0000-1111-2222-333344445555";
    const host = "smartdevicemanagement.googleapis.com";
    emulateNest(walk, google, project);
    const service = await walk.setUp("nest", { ...CLIENT, project_id: project });
    const account = await walk.link(service, "Nest of Grace");
    const bot = await installOn(walk, "nest", { account, project_id: project });
    expect(await bot.does("list-devices")).toEqual({
      devices: [{ id: "t1", type: "THERMOSTAT", name: "Hall", room: "Hallway", online: true }],
    });
    expect(await bot.does("list-homes")).toMatchObject({ homes: [{ name: `Home of ${GRACE.email}` }] });
    expect(await bot.does("read-thermostat", { device: "t1" })).toMatchObject({ celsius: 19.5, humidity_percent: 40 });
    expect(await bot.says("heat-to", { device: "t1", celsius: 21 })).toBe(
      "Google answered 400: Command not allowed in current thermostat mode.",
    );
    await bot.does("set-mode", { device: `enterprises/${project}/devices/t1`, mode: "HEAT" });
    expect(await bot.does("heat-to", { device: "t1", celsius: 21.5 })).toEqual({ heat_to: 21.5 });
    expect(lastAt(walk, host).json).toEqual({
      command: "sdm.devices.commands.ThermostatTemperatureSetpoint.SetHeat",
      params: { heatCelsius: 21.5 },
    });
    expect(await bot.says("heat-to", { device: "t1", celsius: 90 })).toBe(
      "A thermostat heats to between 9 and 32 degrees.",
    );
  });
});
