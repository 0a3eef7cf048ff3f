import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { MASK } from "../../src/signer/kind.ts";
import { oauth2 } from "../../src/signer/kinds/oauth2.ts";
import type { OutgoingRequest } from "../../src/signer/request.ts";
import { CLIENT_SECRET, THEN } from "./provider.ts";

const TOKEN = "4eC39HqLyjWDarjtT1zdp7dc";
const PLAIN: OutgoingRequest = {
  method: "GET",
  url: new URL("https://api.example.com/v1/me?fields=id%2Cname"),
  headers: [["accept", "*/*"]],
  body: null,
};

function settings(more: object) {
  return oauth2.settingsSchema.parse({
    authorize_url: "https://provider.example/authorize",
    token_url: "https://provider.example/token",
    client_id: "client-1",
    client_secret: CLIENT_SECRET,
    ...more,
  });
}

/** What leaves with a token, and what is shown to those who may only look. */
function attached(more: object, metadata?: Record<string, string>) {
  const set = settings(more);
  const secret = oauth2.secretSchema.parse({ access_token: TOKEN, metadata });
  const shown = (request: OutgoingRequest) => ({
    headers: Object.fromEntries(request.headers),
    query: Object.fromEntries(request.url.searchParams),
  });
  return {
    sent: shown(oauth2.sign(PLAIN, secret, set, THEN)),
    preview: shown(oauth2.preview(PLAIN, set, THEN)),
    slots: oauth2.slots(set),
    sensitive: oauth2.sensitive(secret, set),
  };
}

describe("a token goes out", () => {
  test("in a query parameter where the API wants it there, and then in no header", () => {
    const { sent, preview, slots } = attached({ token_query_param: "access_token" });
    expect(sent).toEqual({ headers: { accept: "*/*" }, query: { fields: "id,name", access_token: TOKEN } });
    expect(preview.query.access_token).toBe(MASK);
    expect(slots).toEqual({ headers: [], query: ["access_token"], body: [] });
  });

  test("with headers and parameters that belong to it, in which the client and the account stand", () => {
    const more = {
      request_headers: { "x-api-key": "{client.id}:{client.secret}", "x-tenant": "{tenant}", "x-fixed": "1" },
      request_query: { key: "{client.id}", company: "{company}" },
    };
    const { sent, preview, slots } = attached(more, { tenant: "t-7", company: "a&b" });
    expect(sent.headers).toMatchObject({
      Authorization: `Bearer ${TOKEN}`,
      "x-api-key": `client-1:${CLIENT_SECRET}`,
      "x-tenant": "t-7",
      "x-fixed": "1",
    });
    expect(sent.query).toEqual({ fields: "id,name", key: "client-1", company: "a&b" });
    expect(preview.headers).toMatchObject({
      "x-api-key": `client-1:${MASK}`,
      "x-tenant": "{tenant}",
      Authorization: `Bearer ${MASK}`,
    });
    expect(slots).toEqual({
      headers: ["Authorization", "x-api-key", "x-tenant", "x-fixed"],
      query: ["key", "company"],
      body: [],
    });
  });

  test("without what stays incomplete: half a header says something else", () => {
    const { sent } = attached({ request_headers: { "x-tenant": "{tenant}" }, request_query: { company: "{company}" } });
    expect(sent.headers).not.toHaveProperty("x-tenant");
    expect(sent.query).toEqual({ fields: "id,name" });
  });

  test("with a proof of it by the client's secret, which no answer may carry back", () => {
    const { sent, preview, slots, sensitive } = attached({ token_proof_param: "appsecret_proof" });
    const proof = createHmac("sha256", CLIENT_SECRET).update(TOKEN).digest("hex");
    expect(sent.query.appsecret_proof).toBe(proof);
    expect(preview.query.appsecret_proof).toBe(MASK);
    expect(slots.query).toEqual(["appsecret_proof"]);
    expect(sensitive).toContain(proof);
    expect(attached({ token_proof_param: "proof", client_secret: undefined }).sent.query).not.toHaveProperty("proof");
  });
});
