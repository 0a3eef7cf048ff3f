import { hash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { canonicalRequest } from "../../src/signer/aws/canonical.ts";
import { ALGORITHM, amzDate, scopeOf, signature, toSign } from "../../src/signer/aws/signature.ts";
import { targetOf } from "../../src/signer/aws/target.ts";
import { kindOf } from "../../src/signer/kinds.ts";
import { headerValue, type Header, type OutgoingRequest } from "../../src/signer/request.ts";
import examples from "../vectors/aws-sigv4-examples.json" with { type: "json" };
import hosts from "../vectors/aws-hosts.json" with { type: "json" };
import suite from "../vectors/aws-sigv4-suite.json" with { type: "json" };
import { THEN } from "./provider.ts";

// Published vectors of AWS Signature Version 4, and which region and service each host means.

interface Vector {
  name: string;
  method: string;
  path: string;
  query?: string;
  headers?: string[][];
  body?: string;
  normalize?: boolean;
  token?: string;
  by_header: string;
  by_query: string;
}

const kind = kindOf("aws_sigv4");
const settings = kind.settingsSchema.parse({});

describe.each(suite.vectors as Vector[])("$name of the published suite", (vector) => {
  const now = new Date(suite.date);
  const style = vector.normalize === false ? "as_sent" : "resolved";
  const payload = hash("sha256", vector.body ?? "");
  const own = (vector.headers ?? []) as unknown as Header[];
  const token: Header[] = vector.token === "signed" ? [["X-Amz-Security-Token", suite.session_token]] : [];
  const sign = (headers: Header[], query: string) => {
    // One character per byte, as a URL has it.
    const bytes = Buffer.from(query, "utf8").toString("latin1");
    const sent = { method: vector.method, path: vector.path, query: bytes, headers, payload };
    const canonical = canonicalRequest(sent, style);
    const keys = { access_key_id: suite.access_key_id, secret_access_key: suite.secret_access_key };
    return { signed: signature(keys, toSign(canonical, suite, now)), names: canonical.signedHeaders };
  };
  const host: Header = ["Host", suite.host];

  test("is signed as published, by header", () => {
    const date: Header = ["X-Amz-Date", amzDate(now)];
    const hashed: Header[] = vector.body === undefined ? [] : [["X-Amz-Content-Sha256", payload]];
    expect(sign([host, ...own, date, ...token, ...hashed], vector.query ?? "").signed).toBe(vector.by_header);
  });

  test("is signed as published, by address", () => {
    const { names } = sign([host, ...own], "");
    const parameters = new Map([
      ["X-Amz-Algorithm", ALGORITHM],
      ["X-Amz-Credential", `${suite.access_key_id}/${scopeOf(suite, now)}`],
      ["X-Amz-Date", amzDate(now)],
      ["X-Amz-Expires", String(suite.expires)],
      ["X-Amz-SignedHeaders", names],
      ...(token as [string, string][]),
    ]);
    const added = [...parameters].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
    const query = vector.query === undefined ? added : `${vector.query}&${added}`;
    expect(sign([host, ...own], query).signed).toBe(vector.by_query);
  });
});

describe("the documentation's example", () => {
  const request = (of: { method: string; url: string; headers?: string[][]; body?: string }): OutgoingRequest => ({
    method: of.method,
    url: new URL(of.url),
    headers: (of.headers ?? []) as unknown as Header[],
    body: of.body === undefined ? null : Buffer.from(of.body),
  });
  const keys = ({ access_key_id, secret_access_key }: { access_key_id: string; secret_access_key: string }) =>
    kind.secretSchema.parse({ access_key_id, secret_access_key });

  test.each(examples.examples)("$name is signed to the letter", (example) => {
    const signed = kind.sign(request(example), keys(example), settings, { ...THEN, now: new Date(example.date) });
    expect(headerValue(signed, "authorization")).toBe(
      `AWS4-HMAC-SHA256 Credential=${example.access_key_id}/${example.scope}, SignedHeaders=${example.signed_headers}, Signature=${example.signature}`,
    );
  });

  test.each(examples.addresses)("$name is signed to the letter", (example) => {
    const now = new Date(example.date);
    const url = kind.presign!(request(example), keys(example), settings, { ...THEN, now }, example.seconds);
    expect(url.searchParams.get("X-Amz-Signature")).toBe(example.signature);
    expect(url.searchParams.get("X-Amz-Expires")).toBe(String(example.seconds));
    expect(url.href.startsWith(`${example.url}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=`)).toBe(true);
  });
});

describe("region and service", () => {
  const all = Object.entries({ ...hosts.service_models, ...hosts.customers_hosts });
  test.each(all)("are told by %s: %s", (host, expected) => {
    const { region, service } = targetOf(host, {});
    expect(`${region}/${service}`).toBe(expected);
  });

  test("are the host's even where the settings say otherwise", () => {
    expect(targetOf("sqs.eu-west-1.amazonaws.com", { region: "us-east-1", service: "s3" })).toEqual({
      region: "eu-west-1",
      service: "sqs",
    });
    expect(targetOf("iam.amazonaws.com", { region: "eu-west-1" }).region).toBe("us-east-1");
  });

  test("are the settings' where the host does not tell: a bucket's region, and both elsewhere", () => {
    const there = { region: "eu-north-1", service: "s3" };
    expect(targetOf("bucket.s3.amazonaws.com", there)).toEqual(there);
    expect(targetOf("objects.example.com", there)).toEqual(there);
  });

  test.each(["objects.example.com", "amazonaws.com.example.com", "s3.eu-west-1.amazonaws.com.example"])(
    "of %s must be entered",
    (host) => {
      expect(() => targetOf(host, { region: "eu-west-1" })).toThrow(/does not tell for which region and service/);
      expect(() => targetOf(host, { service: "s3" })).toThrow(/Enter both/);
    },
  );

  test("of many regions at once can not be signed for", () => {
    expect(() => targetOf("a1b2.mrap.accesspoint.s3-global.amazonaws.com", {})).toThrow(/SigV4a/);
  });
});
