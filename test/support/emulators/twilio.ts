import { json, type Answer } from "../echo.ts";
import { basicOf, formOf, many, random, routes, tokenOf, type Call, type Ground } from "./http.ts";
import { APP } from "./oauth2-rules.ts";

// Twilio: account SID and auth token, API keys, and OAuth apps (twilio.com/docs/iam).

const ACCOUNT = "AC0123456789abcdef0123456789abcdef";
const TOKEN_SECONDS = 3600;

const MESSAGES = many(3, (number) => ({
  ...{ sid: `SM${number}`, from: "+41790000000", to: `+4179000000${number}`, body: `Moth ${number}` },
  ...{ status: "delivered", direction: "outbound-api", date_sent: "Sun, 31 May 2026 14:00:00 +0000" },
}));

type Right = "everything" | "messages";

export function emulateTwilio(ground: Ground) {
  const passwords = new Map<string, { password: string; right: Right }>();
  const tokens = new Map<string, number>();

  const api = (needed: Right, answer: (call: Call) => Answer) => (call: Call) => {
    const [user = "", password] = basicOf(call.request) ?? [];
    const known = passwords.get(user);
    const bearer = tokens.get(tokenOf(call.request) ?? "") ?? 0;
    const right =
      known && known.password === password ? known.right : bearer > ground.clock().getTime() ? "everything" : undefined;
    if (right === undefined) return problem(401, 20003, "Authenticate");
    if (call.params[0]!.replace(/\.json$/, "") !== ACCOUNT)
      return problem(404, 20404, "The requested resource was not found");
    return right === "everything" || right === needed ? answer(call) : problem(401, 20003, "Authenticate");
  };

  const token = ({ request }: Call): Answer => {
    const form = formOf(request);
    const known = form?.get("client_id") === APP.id && form.get("client_secret") === APP.secret;
    if (!known || form.get("grant_type") !== "client_credentials") return json({ error: "invalid_client" }, 401);
    const access_token = random("eyJ");
    tokens.set(access_token, ground.clock().getTime() + TOKEN_SECONDS * 1000);
    return json({ access_token, token_type: "Bearer", expires_in: TOKEN_SECONDS });
  };

  ground.internet.host("oauth.twilio.com", routes({ "POST /v2/token": token }));
  ground.internet.host(
    "api.twilio.com",
    routes(
      {
        "GET /2010-04-01/Accounts/*/Messages.json": api("messages", ({ query }) => {
          const to = query.get("To");
          const all = MESSAGES.filter((message) => to === null || message.to === to);
          const page = Number(query.get("Page") ?? 0);
          const more = (page + 1) * 2 < all.length;
          const next = `/2010-04-01/Accounts/${ACCOUNT}/Messages.json?PageSize=2&Page=${page + 1}`;
          const messages = all.slice(page * 2, page * 2 + 2);
          return json({ messages, page_size: 2, next_page_uri: more ? next : null });
        }),
        "GET /2010-04-01/Accounts/*/Messages/*": api("messages", ({ params: [, file] }) => {
          const found = MESSAGES.find(({ sid }) => `${sid}.json` === file);
          return found
            ? json({ ...found, error_message: null })
            : problem(404, 20404, `The requested resource ${file} was not found`);
        }),
        "POST /2010-04-01/Accounts/*/Calls.json": api("everything", ({ request }) => {
          const form = formOf(request);
          return form?.get("Twiml")
            ? json({ sid: "CA1", status: "queued", to: form.get("To") }, 201)
            : problem(400, 21205, "Url parameter is required.");
        }),
        "POST /2010-04-01/Accounts/*/Messages.json": api("messages", ({ request }) => {
          const form = formOf(request);
          if (!form?.get("To")) return problem(400, 21604, "A 'To' phone number is required.");
          if (!/^\+\d{7,15}$/.test(form.get("To")!)) return problem(400, 21211, "Invalid 'To' Phone Number");
          return json(
            { sid: "SM1", to: form.get("To"), body: form.get("Body"), account_sid: ACCOUNT, status: "queued" },
            201,
          );
        }),
        "GET /2010-04-01/Accounts/*": api("everything", () =>
          json({ sid: ACCOUNT, friendly_name: "Acme's Account", status: "active" }),
        ),
      },
      () => problem(404, 20404, "The requested resource was not found"),
    ),
  );

  ground.internet.host(
    "lookups.twilio.com",
    routes({
      "GET /v2/PhoneNumbers/*": ({ request, params: [number] }) => {
        const [user = "", password] = basicOf(request) ?? [];
        if (passwords.get(user)?.password !== password) return problem(401, 20003, "Authenticate");
        const valid = /^\+\d{7,15}$/.test(number!);
        return json({ valid, phone_number: number, country_code: valid ? "CH" : null, national_format: null });
      },
    }),
  );

  return {
    account: ACCOUNT,
    authToken: () => remembered(passwords, ACCOUNT, "everything"),
    /** A standard key may not read the account itself. */
    apiKey: () => {
      const sid = `SK${"0123456789abcdef".repeat(2)}`;
      return { username: sid, password: remembered(passwords, sid, "messages") };
    },
    rotate: () => passwords.clear(),
    endTokens: () => tokens.clear(),
  };
}

function remembered(passwords: Map<string, { password: string; right: Right }>, user: string, right: Right): string {
  const password = random();
  passwords.set(user, { password, right });
  return password;
}

function problem(status: number, code: number, message: string): Answer {
  return json({ code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status }, status);
}
