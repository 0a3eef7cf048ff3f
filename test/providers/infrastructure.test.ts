import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { emulateAws } from "../support/emulators/aws.ts";
import { Walk } from "../support/emulators/walk.ts";

// Providers of the seed list on which the others stand.

let walk: Walk;
beforeAll(async () => {
  walk = await Walk.begin();
});
afterAll(() => walk?.end());

describe("Amazon Web Services", () => {
  const region = "eu-central-1";
  let aws: ReturnType<typeof emulateAws>;
  let service: string;
  const whoAmI = {
    method: "POST",
    url: `https://sts.${region}.amazonaws.com/`,
    headers: { accept: "application/json" },
    form: { Action: "GetCallerIdentity", Version: "2011-06-15" },
  };
  const arnIn = (body: { GetCallerIdentityResponse: { GetCallerIdentityResult: { Arn: string } } }) =>
    body.GetCallerIdentityResponse.GetCallerIdentityResult.Arn;
  beforeAll(async () => {
    aws = emulateAws(walk, region);
    service = await walk.setUp("amazon-web-services", { region });
  });

  test("takes an access key, and signs for region and service of the host", async () => {
    const { words } = await walk.enter(service, "AWS of Grace", secretOf(aws.user("grace")));
    expect(words).toContain("Amazon Web Services knows it as arn:aws:iam::123456789012:user/grace.");
    expect(arnIn((await walk.answer("aws-of-grace", whoAmI)).body)).toBe("arn:aws:iam::123456789012:user/grace");
    const url = `${aws.bucket}/found%20a%20moth.txt`;
    expect((await walk.answer("aws-of-grace", { method: "PUT", url, body_text: "In relay 70." })).status).toBe(200);
    expect((await walk.answer("aws-of-grace", { url })).body).toBe("In relay 70.");
  });

  test("says what is wrong with a key: another secret, a deleted key, another clock", async () => {
    const key = aws.user("alan");
    const wrong = await walk.enter(service, "AWS wrong", {
      ...secretOf(key),
      secret_access_key: "canary/wrong+secret",
    });
    expect(wrong).toMatchObject({ saved: false, words: expect.stringMatching(/secret access key does not belong/) });
    await walk.enter(service, "AWS of Alan", secretOf(key));
    aws.setClocksAhead(1200);
    expect(await walk.test("aws-of-alan")).toContain(
      "The clock of the machine that Signet runs on is wrong by minutes",
    );
    const skewed = await walk.answer("aws-of-alan", { url: `${aws.bucket}/x` });
    expect(skewed).toMatchObject({ status: 403, body: expect.stringContaining("RequestTimeTooSkewed") });
    aws.setClocksAhead(0);
    aws.deleteKey(key);
    expect(await walk.test("aws-of-alan")).toContain("The provider does not know this access key");
    expect(await walk.disconnect("aws-of-alan")).toContain("Amazon Web Services can not be told");
  });

  test("sends the session token of temporary keys along, and says when they have ended", async () => {
    const key = aws.temporaryKeys("grace", 900);
    const { session_token: _, ...halfKey } = secretOf(key);
    expect(await walk.enter(service, "AWS half", halfKey)).toMatchObject({ saved: false });
    expect((await walk.enter(service, "AWS for a while", secretOf(key))).saved).toBe(true);
    walk.pass({ seconds: 901 });
    const ended = await walk.answer("aws-for-a-while", whoAmI);
    expect(ended).toMatchObject({ status: 403, body: expect.stringContaining("ExpiredToken") });
    expect(await walk.test("aws-for-a-while")).toContain("The temporary keys have ended.");
  });

  test("assumes a role with the external id, again whenever its keys end, and asks for a person once the key is gone", async () => {
    const answers = { region, role_arn: aws.role("signet", "acme-7", 3600), external_id: "acme-7" };
    const byRole = await walk.setUp("amazon-web-services", answers, "AWS by role");
    const key = aws.user("deployer");
    expect((await walk.enter(byRole, "AWS deployer", secretOf(key))).words).toContain("assumed-role/signet/");
    for (const _ of [1, 2]) {
      walk.pass({ hours: 2 });
      expect(arnIn((await walk.answer("aws-deployer", whoAmI)).body)).toContain("assumed-role/signet/");
    }
    const foreign = await walk.setUp("amazon-web-services", { ...answers, external_id: "other" }, "AWS refused");
    const refused = await walk.enter(foreign, "AWS stranger", secretOf(key));
    expect(refused).toMatchObject({ saved: false, words: expect.stringContaining("may not assume the role") });
    aws.deleteKey(key);
    walk.pass({ hours: 2 });
    expect(await walk.execute("aws-deployer", whoAmI)).toMatchObject({
      status: 424,
      body: { code: "needs_reconnect" },
    });
  });
});

/** What of a key is entered in the account form. */
function secretOf(key: { access_key_id: string; secret_access_key: string; session_token?: string }) {
  const { access_key_id, secret_access_key, session_token } = key;
  return { access_key_id, secret_access_key, ...(session_token && { session_token }) };
}
