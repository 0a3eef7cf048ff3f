import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { receivedBy } from "../support/aws-verifier.ts";
import { json, newEcho, text, type Answer, type Echo } from "../support/echo.ts";
import { newServed, type Served } from "../support/provider-hub.ts";
import { auditRows } from "../support/world.ts";

// An account whose lasting keys only serve to get a role's temporary ones, which sign and end.

const LASTING = { access_key_id: "AKIDLASTING", secret_access_key: "canary/lasting/0Vb9Qm2Zt7Rk5Yw8Np3Hs6Lc" };
const ROLE = "arn:aws:iam::123456789012:role/signet";

let served: Served;
let provider: Echo;
let ahead = 0;
/** How often the role was assumed; each time it comes with other keys. */
let assumed: number;
let service: string;
let slug: string;
const now = () => new Date(Date.now() + ahead);
const ben = () => served.tokens.ben;

const temporary = (number: number) => ({
  access_key_id: `ASIDTEMPORARY${number}`,
  secret_access_key: `canary/temporary/${number}/2Zt7Rk5Yw8Np3Hs6`,
  session_token: `canary-session-token-${number}`,
});

/** Gives the role to the holder of the lasting keys, and answers the store's requests to whom the role was given last. */
const usual: Answer = (request, response) => {
  if (request.path === "/sts") {
    if (!receivedBy(LASTING, request).verified) return refuse("SignatureDoesNotMatch")(request, response);
    const { access_key_id, secret_access_key, session_token } = temporary(++assumed);
    const Credentials = {
      AccessKeyId: access_key_id,
      SecretAccessKey: secret_access_key,
      SessionToken: session_token,
      Expiration: Math.floor(now().getTime() / 1000) + 3600,
    };
    return json({ AssumeRoleResponse: { AssumeRoleResult: { Credentials } } })(request, response);
  }
  const { verified } = receivedBy(temporary(assumed), request);
  return text(verified ? "known" : "unknown", "text/plain", verified ? 200 : 403)(request, response);
};

const refuse = (Code: string): Answer => json({ Error: { Code, Message: "no" } }, 403);

beforeAll(async () => {
  served = await newServed({ clock: now });
  provider = await newEcho();
  const made = await served.call("POST", "/services", served.tokens.ada, {
    kind: "aws_sigv4",
    name: "Store",
    settings: {
      region: "eu-west-1",
      service: "s3",
      role_arn: ROLE,
      external_id: "team-7",
      sts_url: `${provider.url}/sts`,
    },
    base_url: provider.url,
    test: { method: "GET", url: "/" },
  });
  expect(made.status, made.text).toBe(201);
  service = made.body.id;
});

afterAll(async () => {
  await served?.close();
  await provider?.close();
});

beforeEach(async () => {
  assumed = 0;
  provider.answer(usual);
  provider.requests.length = 0;
  const made = await served.call("POST", "/accounts", ben(), { service, name: "Objects", secret: LASTING, try: true });
  expect(made.status, made.text).toBe(201);
  slug = made.body.slug;
});

const execute = () => served.call("POST", "/execute", ben(), { account: slug, url: "/bucket/a" });
const asked = () => provider.requests.filter(({ path }) => path === "/sts").length;

describe("an account of a role", () => {
  test("begins with its temporary keys, and is tried with them", async () => {
    expect(provider.requests.map(({ path }) => path)).toEqual(["/sts", "/"]);
    const form = new URLSearchParams(provider.requests[0]!.body.toString());
    expect(Object.fromEntries(form)).toMatchObject({ Action: "AssumeRole", RoleArn: ROLE, ExternalId: "team-7" });
    const account = await served.call("GET", `/accounts/${slug}`, ben());
    expect(Date.parse(account.body.expires.access_token)).toBeGreaterThan(now().getTime() + 3_500_000);
  });

  test("signs with them, and assumes the role again before they end, once for all who wait", async () => {
    expect((await execute()).body).toMatchObject({ status: 200, body: "known" });
    expect(asked()).toBe(1);
    ahead += 58 * 60_000;
    const answers = await Promise.all([execute(), execute(), execute(), execute()]);
    for (const { body } of answers) expect(body).toMatchObject({ status: 200, body: "known" });
    expect(asked()).toBe(2);
  });

  test("needs new keys when the provider no longer knows the lasting ones", async () => {
    provider.answer((request, response) =>
      request.path === "/sts" ? refuse("InvalidClientTokenId")(request, response) : usual(request, response),
    );
    ahead += 2 * 3_600_000;
    const { body } = await execute();
    expect(body).toMatchObject({
      code: "needs_reconnect",
      detail: expect.stringContaining("does not know this access key"),
    });
    const account = await served.call("GET", `/accounts/${slug}`, ben());
    expect(account.body).toMatchObject({ state: "needs_reconnect" });
  });

  test("outlives a token service that is down for a while", async () => {
    provider.answer((request, response) =>
      request.path === "/sts" ? text("busy", "text/plain", 503)(request, response) : usual(request, response),
    );
    ahead += 57 * 60_000;
    expect((await execute()).body).toMatchObject({ status: 200, body: "known" });
  });
});

test("keys that may not assume the role make no account, and the person reads why", async () => {
  provider.answer(refuse("AccessDenied"));
  const refused = await served.call("POST", "/accounts", ben(), { service, name: "Other", secret: LASTING, try: true });
  expect(refused.body).toMatchObject({ code: "invalid", detail: expect.stringContaining("trust policy") });
});

test("neither the lasting nor the temporary keys are in the audit", async () => {
  const rows = JSON.stringify(await auditRows(served.hub.world));
  expect(rows).toContain("account.refreshed");
  expect(rows).not.toMatch(/canary/);
});
