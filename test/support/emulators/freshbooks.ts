import { json, type Answer } from "../echo.ts";
import { formOf, jsonOf, many, routes, tokenOf, type Call, type Ground } from "./http.ts";
import { APP, type Grant } from "./oauth2-rules.ts";
import { OAuth2 } from "./oauth2.ts";

// FreshBooks (freshbooks.com/api/authentication): single-use refresh tokens, and accounts that the token does not name.

const ACCOUNT = "6BApk";

export function emulateFreshBooks(ground: Ground) {
  const oauth = new OAuth2(ground, {
    scopes: [
      "user:profile:read",
      "user:clients:read",
      "user:invoices:read",
      "user:invoices:write",
      "user:clients:write",
    ],
    client: "body",
    pkce: "refused",
    lifetime: 43_200,
    refresh: "rotated",
    redirectOnRefresh: true,
    json: true,
    refuse: (error, error_description) => [{ error, error_description }, 401],
    shape: (_grant, plain) => ({
      ...plain,
      created_at: Math.floor(ground.clock().getTime() / 1000),
      direct_buy_tokens: {},
    }),
  });

  const revoke = ({ request }: Call): Answer => {
    const form = formOf(request) ?? new URLSearchParams((jsonOf(request) ?? {}) as Record<string, string>);
    const known = form.get("client_id") === APP.id && form.get("client_secret") === APP.secret;
    if (!known) return json({ error: "invalid_client" }, 401);
    return oauth.endByToken(form.get("token") ?? "") ? json({}) : json({ error: "invalid_request" }, 400);
  };

  const api = (needed: string, answer: (call: Call, grant: Grant) => Answer) => (call: Call) => {
    const grant = oauth.grantOf(tokenOf(call.request));
    if (!grant)
      return json(
        { error: "unauthenticated", error_description: "This action requires authentication to continue." },
        401,
      );
    if (grant.scopes.includes(needed)) return answer(call, grant);
    return json({ message: `Missing scope: ${needed}` }, 403);
  };

  ground.internet.host("auth.freshbooks.com", routes({ "GET /oauth/authorize": oauth.authorize }));
  ground.internet.host(
    "api.freshbooks.com",
    routes({
      "POST /auth/oauth/token": oauth.token,
      "POST /auth/oauth/revoke": revoke,
      "GET /auth/api/v1/users/me": api("user:profile:read", (_call, { person: { id, name, email } }) => {
        const [first_name, last_name] = name.split(" ");
        const business = { id: 4711, account_id: ACCOUNT, business_uuid: "a1b2", name: `${last_name} Ltd` };
        return json({
          response: { id: Number(id), email, first_name, last_name, business_memberships: [{ business }] },
        });
      }),
      "GET /accounting/account/*/invoices/invoices": api(
        "user:invoices:read",
        ({ params: [account], query }, { person }) =>
          account === ACCOUNT
            ? inPages(
                "invoices",
                many(3, (id) => invoice(id, person.email)),
                query,
              )
            : unauthorized,
      ),
      "POST /accounting/account/*/invoices/invoices": api("user:invoices:write", ({ request, params: [account] }) => {
        const asked = jsonOf(request)?.invoice as { customerid?: number; lines?: { unit_cost: object }[] } | undefined;
        if (account !== ACCOUNT) return unauthorized;
        const [line] = asked?.lines ?? [];
        return json({
          response: { result: { invoice: { id: 2, customerid: asked?.customerid, amount: line?.unit_cost } } },
        });
      }),
      "GET /accounting/account/*/users/clients": api("user:clients:read", ({ query }) =>
        inPages(
          "clients",
          many(2, (id) => ({ id, fname: "Client", lname: String(id), email: `c${id}@acme.example` })),
          query,
        ),
      ),
      "POST /accounting/account/*/users/clients": api("user:clients:write", ({ request }) => {
        const { email } = (jsonOf(request)?.client ?? {}) as { email?: string };
        return email
          ? json({ response: { result: { client: { id: 9, email } } } })
          : json({ response: { errors: [{ errno: 2001, field: "email", message: "Value is required." }] } }, 422);
      }),
    }),
  );
  return { oauth, account: ACCOUNT };
}

const unauthorized = json(
  {
    response: {
      errors: [{ errno: 1003, field: "account", message: "The server could not verify that you are authorized." }],
    },
  },
  401,
);

function invoice(id: number, owner: string) {
  const amount = { amount: "120.00", code: "USD" };
  return {
    id,
    owner,
    invoice_number: `000${id}`,
    v3_status: "sent",
    amount,
    outstanding: amount,
    customerid: 7,
    due_date: null,
  };
}

/** Two of a list at a time, however many are asked for. */
function inPages(name: string, all: object[], query: URLSearchParams): Answer {
  const page = Number(query.get("page") ?? 1);
  const result = {
    [name]: all.slice(page * 2 - 2, page * 2),
    page,
    pages: Math.ceil(all.length / 2),
    total: all.length,
  };
  return json({ response: { result } });
}
