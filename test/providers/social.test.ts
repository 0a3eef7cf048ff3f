import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { emulateFacebook } from "../support/emulators/facebook.ts";
import { ALAN, GRACE } from "../support/emulators/http.ts";
import { emulateLinkedIn } from "../support/emulators/linkedin.ts";
import { APP } from "../support/emulators/oauth2-rules.ts";
import { emulateSpotify } from "../support/emulators/spotify.ts";
import { Walk } from "../support/emulators/walk.ts";
import { CONSUMER } from "../support/emulators/x-oauth1.ts";
import { emulateX } from "../support/emulators/x.ts";

// Providers of the seed list where people are themselves.

const CLIENT = { client_id: APP.id, client_secret: APP.secret };

let walk: Walk;
beforeAll(async () => {
  walk = await Walk.begin();
});
afterAll(() => walk?.end());

describe("Facebook", () => {
  let facebook: ReturnType<typeof emulateFacebook>;
  let service: string;
  beforeAll(async () => {
    facebook = emulateFacebook(walk);
    service = await walk.setUp("facebook", CLIENT);
  });

  test("links by consent with scopes that are separated by commas, and trades the token for one of sixty days", async () => {
    const account = await walk.link(service, "Facebook of Grace");
    walk.pass({ days: 50 });
    const me = await walk.answer(account, { url: "/me", query: { fields: "id,name" } });
    expect(me.body).toEqual({ id: GRACE.id, name: "Grace Hopper" });
    walk.pass({ days: 11 });
    expect(await walk.execute(account, { url: "/me" })).toMatchObject({
      status: 424,
      body: { code: "needs_reconnect" },
    });
    expect(await walk.reconnect(account)).toContain("Facebook of Grace is linked as Grace Hopper.");
    expect((await walk.answer(account, { url: "/me" })).status).toBe(200);
  });

  test("signs with a proof where the app demands one", async () => {
    facebook.requireProof(true);
    const account = await walk.link(service, "Facebook with a proof", { as: ALAN });
    expect((await walk.answer(account, { url: "/me" })).body.name).toBe("Alan Turing");
    facebook.requireProof(false);
  });

  test("tells a declined consent, a missing permission, and a session that was ended with a bad request", async () => {
    expect((await walk.consent(service, "Facebook declined", { decline: true })).words).toContain(
      "consent was declined",
    );
    const account = await walk.link(service, "Facebook ended");
    const pages = await walk.answer(account, { url: "/me/accounts" });
    expect(pages).toMatchObject({ status: 403, body: { error: { code: 200 } } });
    facebook.oauth.endAll();
    const ended = await walk.answer(account, { url: "/me" });
    expect(ended).toMatchObject({ status: 400, body: { error: { code: 190, error_subcode: 460 } } });
    expect(await walk.test(account)).toContain("Facebook does not accept it (answer 400).");
  });

  test("takes the app out of the person's list when the account is disconnected", async () => {
    const account = await walk.link(service, "Facebook to end");
    expect(await walk.disconnect(account)).toContain("Facebook revoked the grant.");
    expect(facebook.oauth.revoked).toEqual([GRACE.id]);
  });

  test("takes the token of a system user, which does not end", async () => {
    const tokens = await walk.setUp("facebook-token");
    const entered = await walk.enter(tokens, "Facebook by token", { token: facebook.systemUserToken(ALAN) });
    expect(entered.words).toContain("knows it as Alan Turing");
    facebook.deleteSystemUsers();
    expect(await walk.answer("facebook-by-token", { url: "/me" })).toMatchObject({ body: { error: { code: 190 } } });
  });
});

describe("LinkedIn", () => {
  let linkedin: ReturnType<typeof emulateLinkedIn>;
  let service: string;
  beforeAll(async () => {
    linkedin = emulateLinkedIn(walk);
    service = await walk.setUp("linkedin", CLIENT);
  });

  test("links by consent without PKCE, and posts as the one who linked with the versions it wants", async () => {
    const account = await walk.link(service, "LinkedIn of Grace");
    const post = { author: `urn:li:person:${GRACE.id}`, commentary: "Found a moth." };
    const answer = await walk.answer(account, { method: "POST", url: "/rest/posts", body: post });
    expect(answer).toMatchObject({ status: 201, headers: { "x-restli-id": "urn:li:share:7" } });
    const other = { ...post, author: `urn:li:person:${ALAN.id}` };
    expect(await walk.answer(account, { method: "POST", url: "/rest/posts", body: other })).toMatchObject({
      status: 403,
    });
    const old = { method: "POST", url: "/rest/posts", body: post, headers: { "linkedin-version": "202001" } };
    expect(await walk.answer(account, old)).toMatchObject({ status: 426, body: { code: "NONEXISTENT_VERSION" } });
  });

  test("says that somebody cancelled there", async () => {
    const { words } = await walk.consent(service, "LinkedIn cancelled", { decline: true });
    expect(words).toContain("consent was declined");
  });

  test("lasts sixty days, then asks for a person, because there is nothing to renew it with", async () => {
    const account = await walk.link(service, "LinkedIn for a while");
    walk.pass({ days: 59 });
    expect((await walk.answer(account, { url: "/v2/userinfo" })).body.name).toBe("Grace Hopper");
    walk.pass({ days: 2 });
    const ended = await walk.execute(account, { url: "/v2/userinfo" });
    expect(ended).toMatchObject({ status: 424, body: { code: "needs_reconnect" } });
    expect(await walk.page(account)).toContain("The access ended, and the provider gave nothing to renew it with.");
    expect(await walk.reconnect(account)).toContain("LinkedIn for a while is linked as Grace Hopper.");
  });

  test("revokes when disconnected, and tells a token that was revoked there", async () => {
    const [first, second] = [
      await walk.link(service, "LinkedIn a"),
      await walk.link(service, "LinkedIn b", { as: ALAN }),
    ];
    expect(await walk.disconnect(first)).toContain("LinkedIn revoked the grant.");
    expect(linkedin.revoked).toHaveLength(1);
    linkedin.endAll();
    const revoked = await walk.answer(second, { url: "/v2/userinfo" });
    expect(revoked).toMatchObject({ status: 401, body: { serviceErrorCode: 65601 } });
    expect(await walk.test(second)).toContain("LinkedIn does not accept it (answer 401).");
  });
});

describe("Spotify", () => {
  let spotify: ReturnType<typeof emulateSpotify>;
  let service: string;
  let account: string;
  beforeAll(async () => {
    spotify = emulateSpotify(walk);
    service = await walk.setUp("spotify", CLIENT);
    account = await walk.link(service, "Spotify of Grace");
  });

  test("links by consent with PKCE and the client in the header, and answers as the one who linked", async () => {
    expect((await walk.answer(account, { url: "/me" })).body.display_name).toBe("Grace Hopper");
  });

  test("keeps the refresh token that an answer does not repeat", async () => {
    for (const _ of [1, 2]) {
      walk.pass({ hours: 2 });
      expect((await walk.answer(account, { url: "/me" })).status).toBe(200);
    }
  });

  test("asks for a person when the six months of the consent are over", async () => {
    walk.pass({ days: 190 });
    expect(await walk.execute(account, { url: "/me" })).toMatchObject({
      status: 424,
      body: { code: "needs_reconnect" },
    });
    expect(await walk.reconnect(account)).toContain("Spotify of Grace is linked as Grace Hopper.");
    expect((await walk.answer(account, { url: "/me" })).status).toBe(200);
  });

  test("can not be told when an account is disconnected, and tells what a request was wrong about", async () => {
    expect(await walk.answer(account, { url: "/nothing" })).toMatchObject({
      status: 404,
      body: { error: { status: 404 } },
    });
    spotify.endAll();
    expect(await walk.execute(account, { url: "/me" })).toMatchObject({
      status: 424,
      body: { code: "needs_reconnect" },
    });
    expect(await walk.disconnect(account)).toContain("Spotify can not be told");
  });
});

describe("X", () => {
  let x: ReturnType<typeof emulateX>;
  let service: string;
  let account: string;
  beforeAll(async () => {
    x = emulateX(walk);
    service = await walk.setUp("x", CLIENT);
    account = await walk.link(service, "X of Grace");
  });

  test("links by consent with PKCE and the client in the header, and answers as the one who linked", async () => {
    const me = await walk.answer(account, { url: "/2/users/me" });
    expect(me.body.data.username).toBe("gracehopper");
    const post = await walk.answer(account, { method: "POST", url: "/2/tweets", body: { text: "Found a moth." } });
    expect(post).toMatchObject({ status: 403, content_type: "application/problem+json", body: { title: "Forbidden" } });
  });

  test("renews after two hours with a refresh token that is good once", async () => {
    for (const _ of [1, 2]) {
      walk.pass({ hours: 3 });
      expect((await walk.answer(account, { url: "/2/users/me" })).status).toBe(200);
    }
  });

  test("revokes when disconnected, and asks for a person once the access was taken back there", async () => {
    const other = await walk.link(service, "X of Alan", { as: ALAN });
    expect(await walk.disconnect(other)).toContain("X (Twitter) revoked the grant.");
    expect(x.oauth.revoked).toHaveLength(1);
    x.oauth.endAll();
    expect(await walk.execute(account, { url: "/2/users/me" })).toMatchObject({ body: { code: "needs_reconnect" } });
    expect(await walk.page(account)).toContain("Reconnect to continue.");
  });

  test("links by the three legs of OAuth 1.0a as well, signs each request, and invalidates the token when disconnected", async () => {
    const keys = { consumer_key: CONSUMER.key, consumer_secret: CONSUMER.secret };
    const signed = await walk.setUp("x-oauth1", keys);
    const grace = await walk.link(signed, "X of Grace, signed");
    walk.pass({ days: 400 });
    const post = { method: "POST", url: "/2/tweets", body: { text: "Found a moth; again." } };
    expect((await walk.answer(grace, post)).body.data).toMatchObject({ text: post.body.text, author: "gracehopper" });
    expect((await walk.answer(grace, { url: "/2/users/me?user.fields=a%2Cb c" })).body.data.username).toBe(
      "gracehopper",
    );
    expect((await walk.consent(signed, "X declined", { decline: true })).words).toContain("Consent was declined");
    expect(await walk.disconnect(grace)).toContain("revoked the grant.");
    expect(x.oauth1.invalidated).toHaveLength(1);
    const alan = await walk.link(signed, "X of Alan, signed", { as: ALAN });
    x.oauth1.endAll();
    expect(await walk.answer(alan, { url: "/2/users/me" })).toMatchObject({
      status: 401,
      body: { title: "Unauthorized" },
    });
    expect(await walk.test(alan)).toContain("does not accept it (answer 401).");
  });

  test("takes the app's own bearer token for what is public", async () => {
    const tokens = await walk.setUp("x-bearer");
    expect((await walk.enter(tokens, "X of the app", { token: x.appToken() })).saved).toBe(true);
    expect((await walk.answer("x-of-the-app", { url: "/2/users/by/username/signet" })).body.data.name).toBe("signet");
    x.deleteAppTokens();
    expect(await walk.test("x-of-the-app")).toContain("does not accept it (answer 401).");
  });
});
