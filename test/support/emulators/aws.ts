import { randomBytes } from "node:crypto";
import { receivedBy } from "../aws-verifier.ts";
import { json, text, type Answer, type Received } from "../echo.ts";
import { behind, formOf, random, routes, type Call, type Ground } from "./http.ts";

// Amazon Web Services: STS and S3 of one region, with keys, roles and clocks
// (docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html, .../STS/latest/APIReference, .../AmazonS3/latest/API).

const ACCOUNT = "123456789012";
const BUCKET = "acme-moths";
const AT = "2026-05-31T14:00:00.000Z";
const BUCKETS = { ListAllMyBucketsResult: { Buckets: { Bucket: { Name: BUCKET, CreationDate: AT } } } };
const SKEW_SECONDS = { sts: 300, s3: 900 };

interface Key {
  access_key_id: string;
  secret_access_key: string;
  session_token?: string;
  arn: string;
  /** Of temporary keys. */
  until?: number;
}

interface Role {
  externalId: string;
  seconds: number;
}

type Service = keyof typeof SKEW_SECONDS;

export function emulateAws(ground: Ground, region: string) {
  const keys = new Map<string, Key>();
  const roles = new Map<string, Role>();
  const objects = new Map<string, { body: Buffer; type: string }>();
  let ahead = 0;
  const now = () => ground.clock().getTime() + ahead * 1000;

  const make = (prefix: string, arn: string, seconds?: number): Key => {
    const access_key_id = `${prefix}${randomBytes(8).toString("hex").toUpperCase()}`;
    const temporary = seconds === undefined ? {} : { session_token: random("IQoJ"), until: now() + seconds * 1000 };
    const key = { access_key_id, secret_access_key: randomBytes(30).toString("base64"), arn, ...temporary };
    keys.set(access_key_id, key);
    return key;
  };

  /** Who signed, or the code and the sentence with which AWS would refuse. */
  const signer = (request: Received, service: Service): Key | [code: string, message: string] => {
    const { session_token: token, ...seen } = claimed(request);
    if (seen.id === undefined) return ["MissingAuthenticationToken", "Request is missing Authentication Token"];
    const key = keys.get(seen.id);
    const unknown = service === "s3" ? "InvalidAccessKeyId" : "InvalidClientTokenId";
    if (!key || (key.session_token !== undefined && token === undefined))
      return [unknown, "The security token included in the request is invalid."];
    if (key.until !== undefined && key.until <= now())
      return ["ExpiredToken", "The security token included in the request is expired"];
    const skewed = Math.abs(now() - seen.at) / 1000 > SKEW_SECONDS[service];
    if (skewed && service === "s3")
      return ["RequestTimeTooSkewed", "The difference between the request time and the current time is too large."];
    if (skewed) return ["SignatureDoesNotMatch", "Signature expired: it is now earlier than the time of the request."];
    const verdict = receivedBy(key, request);
    const wanted = `${region}/${service}`;
    if (verdict.scope.split("/").slice(1).join("/") !== wanted)
      return ["SignatureDoesNotMatch", `Credential should be scoped to a valid region, not '${verdict.scope}'.`];
    if (!verdict.verified) return ["SignatureDoesNotMatch", verdict.because ?? "The signatures differ."];
    return key;
  };

  const signed = (service: Service, answer: (call: Call, key: Key) => Answer) => (call: Call) => {
    const found = signer(call.request, service);
    return Array.isArray(found) ? refused(service, ...found) : answer(call, found);
  };

  const sts = signed("sts", ({ request }, key) => {
    const form = formOf(request);
    const asJson = request.header("accept") === "application/json";
    const written = asJson ? json : (body: object) => text(xml(body), "text/xml");
    switch (form?.get("Action")) {
      case "GetCallerIdentity": {
        const GetCallerIdentityResult = { Arn: key.arn, UserId: key.access_key_id, Account: ACCOUNT };
        return written({ GetCallerIdentityResponse: { GetCallerIdentityResult } });
      }
      case "AssumeRole": {
        const arn = form.get("RoleArn") ?? "";
        const role = roles.get(arn);
        if (!role || role.externalId !== form.get("ExternalId"))
          return refused("sts", "AccessDenied", `User: ${key.arn} is not authorized to perform: sts:AssumeRole`);
        const session = `${arn.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")}/${form.get("RoleSessionName")}`;
        const made = make("ASIA", session, role.seconds);
        const Credentials = {
          AccessKeyId: made.access_key_id,
          SecretAccessKey: made.secret_access_key,
          SessionToken: made.session_token,
          Expiration: asJson ? made.until! / 1000 : new Date(made.until!).toISOString(),
        };
        return written({ AssumeRoleResponse: { AssumeRoleResult: { Credentials } } });
      }
      default:
        return refused("sts", "InvalidAction", "Could not find operation");
    }
  });

  const s3 = (answer: (name: string, request: Received) => Answer) =>
    signed("s3", ({ request, params: [name] }) =>
      request.header("x-amz-content-sha256") === undefined
        ? refused("s3", "InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
        : answer(name!, request),
    );

  ground.internet.host(`sts.${region}.amazonaws.com`, routes({ "POST /": sts }));
  ground.internet.host(
    `${BUCKET}.s3.${region}.amazonaws.com`,
    routes({
      "PUT /*": s3((name, { body, header }) => {
        objects.set(name, { body, type: header("content-type") ?? "binary/octet-stream" });
        return text("", "text/plain");
      }),
      "GET /*": s3((name) => {
        const found = objects.get(name);
        return found
          ? text(found.body, found.type)
          : refused("s3", "NoSuchKey", "The specified key does not exist.", 404);
      }),
    }),
  );

  ground.internet.host(
    `s3.${region}.amazonaws.com`,
    routes({
      "GET /": s3(() => text(xml(BUCKETS), "application/xml")),
      "GET /*": s3((bucket, request) => listedObjects(bucket, request)),
      "PUT /acme-moths/*/*": s3((folder, { body, header, path }) => {
        const name = `${folder}/${decodeURIComponent(path.split("/").at(-1)!)}`;
        objects.set(name, { body, type: header("content-type") ?? "binary/octet-stream" });
        return (_request, response) => response.writeHead(200, { etag: '"e1"' }).end();
      }),
      "GET /acme-moths/*/*": s3((folder, { path }) => {
        const found = objects.get(`${folder}/${decodeURIComponent(path.split("/").at(-1)!)}`);
        return found
          ? text(found.body, found.type)
          : refused("s3", "NoSuchKey", "The specified key does not exist.", 404);
      }),
    }),
  );
  /** Two at a time, as version 2 of this call lists them. */
  const listedObjects = (bucket: string, { path }: Received): Answer => {
    const query = new URL(path, "https://s3.invalid").searchParams;
    if (bucket !== BUCKET) return refused("s3", "NoSuchBucket", "The specified bucket does not exist", 404);
    const keys = ["moths/a & b.txt", "moths/c.txt", "relays/70.txt"].filter((key) =>
      key.startsWith(query.get("prefix") ?? ""),
    );
    const { items, next } = behind(keys, query.get("continuation-token"), 2);
    const contents = items.map((Key) => xml({ Contents: { Key, LastModified: AT, ETag: '"e"', Size: 12 } })).join("");
    const more = next === undefined ? "" : xml({ NextContinuationToken: next });
    const head = xml({ Name: bucket, KeyCount: items.length, IsTruncated: next !== undefined });
    return text(`<ListBucketResult>${head}${contents}${more}</ListBucketResult>`, "application/xml");
  };

  return {
    bucket: `https://${BUCKET}.s3.${region}.amazonaws.com`,
    user: (name: string) => make("AKIA", `arn:aws:iam::${ACCOUNT}:user/${name}`),
    temporaryKeys: (name: string, seconds: number) => make("ASIA", `arn:aws:iam::${ACCOUNT}:user/${name}`, seconds),
    /** Whoever names the external id may be this role for so many seconds at a time; answers its ARN. */
    role: (name: string, externalId: string, seconds: number) => {
      const arn = `arn:aws:iam::${ACCOUNT}:role/${name}`;
      roles.set(arn, { externalId, seconds });
      return arn;
    },
    deleteKey: ({ access_key_id }: Key) => keys.delete(access_key_id),
    /** How many seconds the clocks there are ahead of everybody else's. */
    setClocksAhead: (seconds: number) => (ahead = seconds),
  };
}

/** What a request says of itself in its headers. */
function claimed(request: Received) {
  const id = /Credential=([^/]+)\//.exec(request.header("authorization") ?? "")?.[1];
  const [, day, time] = /^(\d{8})T(\d{6})Z$/.exec(request.header("x-amz-date") ?? "") ?? [];
  const at = Date.parse(`${day?.replace(/(....)(..)/, "$1-$2-")}T${time?.replace(/(..)(..)/, "$1:$2:")}Z`);
  return { id, at, session_token: request.header("x-amz-security-token") };
}

function refused(service: Service, code: string, message: string, status = 403): Answer {
  const error = { Code: code, Message: message };
  const body = service === "s3" ? { Error: error } : { ErrorResponse: { Error: { Type: "Sender", ...error } } };
  return text(xml(body), service === "s3" ? "application/xml" : "text/xml", status);
}

function xml(body: object): string {
  return Object.entries(body)
    .map(
      ([name, value]) =>
        `<${name}>${typeof value === "object" ? xml(value as object) : escaped(String(value))}</${name}>`,
    )
    .join("");
}

function escaped(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
