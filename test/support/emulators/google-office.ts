import { json, type Answer } from "../echo.ts";
import { SCOPES, type Caller } from "./google.ts";
import { behind, jsonOf, many, type Call, type Handler } from "./http.ts";

// Calendar, Drive, Gmail and Sheets (developers.google.com/workspace).

type Api = (needed: string[], answer: (call: Call, caller: Caller) => Answer) => Handler;

const EVENTS = many(3, (number) => ({
  ...{ id: `e${number}`, summary: `Moth ${number}` },
  ...{ start: { dateTime: "2026-05-31T14:00:00Z" }, end: { dateTime: "2026-05-31T14:30:00Z" } },
}));
const FILES = [{ id: "f1", name: "Grace's moths", mimeType: "text/plain" }];

export function googleCalendarAndDrive(api: Api): Record<string, Handler> {
  return {
    "GET /calendar/v3/calendars/*/events": api([SCOPES.calendar], ({ query, params: [calendar] }) => {
      if (calendar !== "primary") return refused(404, "NOT_FOUND", "Not Found");
      if (Number.isNaN(Date.parse(query.get("timeMin") ?? ""))) return refused(400, "INVALID_ARGUMENT", "Bad Request");
      const { items, next } = behind(EVENTS, query.get("pageToken"), 2);
      return json({ items, ...(next && { nextPageToken: next }) });
    }),
    "POST /calendar/v3/calendars/*/events": api([SCOPES.calendar], ({ request }) => {
      const { start, end, ...event } = (jsonOf(request) ?? {}) as Record<string, unknown>;
      return start && end
        ? json({ id: "e4", ...event, start, end, htmlLink: "https://calendar.google.com/e4" })
        : refused(400, "INVALID_ARGUMENT", "Missing end time.");
    }),
    "GET /drive/v3/files": api([SCOPES.files], ({ query }) => {
      // Quotes and backslashes in a text are written with a backslash.
      const name = /^name contains '((?:[^'\\]|\\.)*)' and trashed = false$/.exec(query.get("q") ?? "")?.[1];
      if (name === undefined) return refused(400, "INVALID_ARGUMENT", "Invalid Value");
      return json({ files: FILES.filter((file) => file.name.includes(name.replace(/\\(.)/g, "$1"))) });
    }),
  };
}

export function gmail(api: Api): Record<string, Handler> {
  return {
    "POST /gmail/v1/users/me/messages/send": api([SCOPES.send], ({ request }) => {
      const raw = jsonOf(request)?.raw;
      return typeof raw === "string" && /^[\w-]+={0,2}$/.test(raw)
        ? json({ id: "m1", threadId: "t1", labelIds: ["SENT"] })
        : refused(400, "INVALID_ARGUMENT", "Invalid value for ByteString");
    }),
  };
}

export function googleSheets(api: Api): Record<string, Handler> {
  return {
    "GET /v4/spreadsheets/*/values/*": api([SCOPES.sheets], ({ params: [id, range] }) =>
      id === "sheet1"
        ? json({ range, majorDimension: "ROWS", values: [["Moth", "1"]] })
        : refused(404, "NOT_FOUND", "Requested entity was not found."),
    ),
    "POST /v4/spreadsheets/*/values/*:append": api([SCOPES.sheets], ({ request, query, params: [, range] }) => {
      const { values } = (jsonOf(request) ?? {}) as { values?: unknown[][] };
      const fits = query.get("valueInputOption") === "RAW" && values?.every((row) => Array.isArray(row));
      return fits
        ? json({ updates: { updatedRange: `${range}:B2`, updatedRows: 1 } })
        : refused(400, "INVALID_ARGUMENT", "'valueInputOption' is required but not specified");
    }),
  };
}

function refused(code: number, status: string, message: string): Answer {
  return json({ error: { code, status, message } }, code);
}
