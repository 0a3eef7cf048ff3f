import { json } from "../echo.ts";
import { jsonOf, routes, type Call, type Ground } from "./http.ts";

// Clickatell's One API (docs.clickatell.com): the key is all of the Authorization header.

export function emulateClickatell(ground: Ground) {
  const balances = new Map<string, number>();
  const api = (answer: (call: Call, key: string) => ReturnType<typeof json>) => (call: Call) => {
    const key = call.request.header("authorization") ?? "";
    return balances.has(key)
      ? answer(call, key)
      : json({ error: { code: 108, message: "Invalid or missing integration API Key." } }, 401);
  };
  ground.internet.host(
    "platform.clickatell.com",
    routes({
      "GET /v1/balance": api((_call, key) => json({ balance: balances.get(key), currency: "USD" })),
      // One bad number does not spoil the others, so the whole is accepted.
      "POST /v1/message": api(({ request }) => {
        const messages = jsonOf(request)?.messages as { to?: string }[] | undefined;
        if (!messages) return json({ error: { code: 101, message: "Malformed request." } }, 400);
        const sent = messages.map(({ to = "" }) =>
          /^\d{7,15}$/.test(to)
            ? { apiMessageId: `m-${to}`, accepted: true, to, error: null }
            : {
                apiMessageId: null,
                accepted: false,
                to,
                error: { code: 105, description: "Invalid destination address." },
              },
        );
        return json({ messages: sent, error: null }, sent.every(({ accepted }) => accepted) ? 202 : 207);
      }),
    }),
  );
  return {
    /** Keys look like base64 and may end in equals signs. */
    integration: (balance: number) => {
      const key = `${Buffer.from(`canary-integration-${balance}`).toString("base64").replace(/=*$/, "")}==`;
      balances.set(key, balance);
      return key;
    },
    deleteIntegrations: () => balances.clear(),
  };
}
