import { expect, test } from "vitest";
import { MASK } from "../../src/signer/kind.ts";
import { kindOf } from "../../src/signer/kinds.ts";
import { headerValue, type Header, type OutgoingRequest } from "../../src/signer/request.ts";
import vector from "../vectors/cerb.json" with { type: "json" };
import { THEN } from "./provider.ts";

// The signed header of Cerb, as its documentation works it out.

const kind = kindOf("cerb");
const keys = kind.secretSchema.parse({ access_key: vector.access_key, secret_key: vector.secret_key });
const request: OutgoingRequest = {
  method: vector.method,
  url: new URL(vector.url),
  headers: vector.headers as unknown as Header[],
  body: Buffer.from(vector.body),
};
const now = { ...THEN, now: new Date(vector.date) };

test("the published request is signed to the letter, with its date", () => {
  const signed = kind.sign(request, keys, {}, now);
  for (const [name, value] of Object.entries(vector.signed))
    expect(headerValue(signed, name.toLowerCase())).toBe(value);
});

test("parameters are signed in the order of their names, wherever they stand", () => {
  const auth = (search: string) => {
    const url = new URL(`/rest/tickets/1.json?${search}`, request.url);
    return headerValue(kind.sign({ ...request, url }, keys, {}, now), "cerb-auth");
  };
  expect(auth("b=2&a-b=1&a=3")).toBe(auth("a=3&a-b=1&b=2"));
  expect(auth("a=1")).not.toBe(auth("a=2"));
});

test("the body's bytes are signed, so that a stream must be read first", () => {
  expect(kind.coversBody!({}, request)).toBe(true);
  const other = kind.sign({ ...request, body: Buffer.from("expand=x") }, keys, {}, now);
  expect(headerValue(other, "cerb-auth")).not.toBe(vector.signed["Cerb-Auth"]);
});

test("what is signed is shown with a mask where the secret's hash goes", () => {
  expect(kind.explain!(request, {}, now)).toEqual({
    string_to_sign: `POST\n${vector.signed.Date}\n/rest/tickets/search.json\nshow_meta=0\n${vector.body}\n${MASK}\n`,
  });
});
