import { json, type Answer } from "../echo.ts";
import { basicOf, formOf, many, random, routes, tokenOf, type Call, type Ground } from "./http.ts";
import { emulateConnect, type Account } from "./stripe-connect.ts";

// Stripe: secret and restricted keys (docs.stripe.com/api/authentication).

interface Key {
  account: Account;
  /** Undefined for a key that may do everything. */
  rights?: string[];
}

const created = 1_780_236_000;
const CUSTOMERS = many(150, (number) => ({
  id: `cus_${number}`,
  email: `c${number}@acme.example`,
  name: null,
  created,
}));
const PAYMENTS = many(3, (number) => ({
  ...{ id: `pi_${number}`, amount: 1000 * number, currency: "eur", status: "succeeded" },
  ...{ customer: `cus_${number}`, description: null, created },
}));
const INVOICES = ["open", "paid"].map((status, index) => ({
  ...{ id: `in_${index}`, number: `A-${index}`, status, total: 500, currency: "eur", customer: "cus_1" },
}));

const OWN: Account = { id: "acct_1Acme", name: "Acme" };

export function emulateStripe(ground: Ground) {
  const keys = new Map<string, Key>();
  const { connected, deauthorized, disconnect } = emulateConnect(ground, (account) =>
    made(keys, "sk_test_", { account }),
  );

  const api = (right: string, answer: (call: Call, account: Account) => Answer) => (call: Call) => {
    const [user, password] = basicOf(call.request) ?? [];
    const given = password === "" ? user! : (tokenOf(call.request) ?? "");
    const key = keys.get(given);
    if (!key)
      return problem(401, { type: "invalid_request_error", message: `Invalid API Key provided: ${redacted(given)}` });
    if (key.rights && !key.rights.includes(right))
      return problem(403, {
        type: "invalid_request_error",
        code: "more_permissions_required",
        message: `The key lacks ${right}.`,
      });
    const behalf = call.request.header("stripe-account");
    const account = behalf === undefined ? key.account : connected.get(behalf);
    return account
      ? answer(call, account)
      : problem(403, { type: "invalid_request_error", code: "account_invalid", message: "No such account." });
  };

  ground.internet.host(
    "api.stripe.com",
    routes(
      {
        "GET /v1/account": api("account_read", (_call, { id, name }) =>
          json({ id, settings: { dashboard: { display_name: name } } }),
        ),
        "GET /v1/balance": api("balance_read", () => json({ available: [{ amount: 100, currency: "eur" }] })),
        "GET /v1/customers": api("customer_read", ({ query }) => listed(CUSTOMERS, query, "email")),
        "GET /v1/payment_intents": api("payment_intent_read", ({ query }) => listed(PAYMENTS, query, "customer")),
        "GET /v1/invoices": api("invoice_read", ({ query }) => listed(INVOICES, query, "status")),
        "POST /v1/refunds": api("refund_write", ({ request }) => {
          const form = formOf(request);
          const payment = PAYMENTS.find(({ id }) => id === form?.get("payment_intent"));
          if (!payment)
            return problem(404, {
              ...{ type: "invalid_request_error", code: "resource_missing", param: "payment_intent" },
              message: `No such payment_intent: '${form?.get("payment_intent")}'`,
            });
          const amount = Number(form?.get("amount") ?? payment.amount);
          return json({ id: "re_1", amount, currency: payment.currency, status: "succeeded" });
        }),
        "POST /v1/customers": api("customer_write", ({ request }, { id }) => {
          const form = formOf(request);
          if (!form) return problem(400, { type: "invalid_request_error", message: "Invalid request: send a form." });
          const answer = {
            id: "cus_1",
            email: form.get("email"),
            metadata: { bot: form.get("metadata[bot]") },
            account: id,
          };
          return json(answer, 200, {
            "request-id": "req_1",
            "idempotency-key": request.header("idempotency-key") ?? "",
          });
        }),
      },
      () => problem(404, { type: "invalid_request_error", message: "Unrecognized request URL." }),
    ),
  );

  return {
    deauthorized,
    secretKey: () => made(keys, "sk_test_", { account: OWN }),
    restrictedKey: (...rights: string[]) => made(keys, "rk_test_", { account: OWN, rights }),
    /** The owner of a connected account takes the platform out of their list. */
    disconnect: (id: string) => {
      disconnect(id);
      for (const [key, { account }] of keys) if (account.id === id) keys.delete(key);
    },
    deleteKeys: () => keys.clear(),
    account: OWN,
  };
}

/** Newest first, behind the item named by `starting_after`; `filter` is the parameter that lists take here. */
function listed(all: { id: string }[], query: URLSearchParams, filter: string): Answer {
  const wanted = query.get(filter);
  const fitting = all.filter((one) => wanted === null || (one as Record<string, unknown>)[filter] === wanted);
  const limit = Math.min(100, Number(query.get("limit") ?? 10));
  const from = fitting.findIndex(({ id }) => id === query.get("starting_after")) + 1;
  const data = fitting.slice(from, from + limit);
  return json({ object: "list", data, has_more: from + limit < fitting.length });
}

function made(keys: Map<string, Key>, prefix: string, key: Key): string {
  const text = random(prefix);
  keys.set(text, key);
  return text;
}

function problem(status: number, error: object): Answer {
  return json({ error: { ...error, request_log_url: "https://dashboard.stripe.com/logs/req_1" } }, status);
}

function redacted(key: string): string {
  return `${key.slice(0, 8)}${"*".repeat(10)}${key.slice(-4)}`;
}
