import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { emulateFacebook } from "../../support/emulators/facebook.ts";
import { GRACE } from "../../support/emulators/http.ts";
import { emulateLinkedIn } from "../../support/emulators/linkedin.ts";
import { APP } from "../../support/emulators/oauth2-rules.ts";
import { emulateSpotify } from "../../support/emulators/spotify.ts";
import { Walk } from "../../support/emulators/walk.ts";
import { emulateX } from "../../support/emulators/x.ts";
import { installOn, lastAt, linesAt, type Installed } from "./installed.ts";

// The bots of the library for what is published.

const CLIENT = { client_id: APP.id, client_secret: APP.secret };

let walk: Walk;
beforeAll(async () => {
  walk = await Walk.begin();
});
afterAll(() => walk?.end());

describe("the Facebook bot", () => {
  const host = "graph.facebook.com";
  let bot: Installed;
  beforeAll(async () => {
    emulateFacebook(walk);
    const scopes = "public_profile pages_show_list pages_read_engagement pages_manage_posts";
    const service = await walk.setUp("facebook", { ...CLIENT, scopes });
    bot = await installOn(walk, "facebook", { account: await walk.link(service, "Facebook of Grace") });
  });

  test("lists pages by the cursor, never by an address with a token in it", async () => {
    expect(await bot.does("who-am-i")).toEqual({ id: GRACE.id, name: GRACE.name });
    const { pages, complete } = (await bot.does("list-pages")) as { pages: object[]; complete: boolean };
    expect([pages.length, complete, pages[0]]).toEqual([
      3,
      true,
      { id: "77", name: "Page of Grace Hopper", category: "Museum" },
    ]);
    expect(linesAt(walk, host).at(-1)).toEqual(
      expect.stringMatching(
        /^GET \/v26\.0\/me\/accounts\?after=78&appsecret_proof=\w{64}&fields=id,name,category&limit=100$/,
      ),
    );
  });

  test("reads a page and its posts, publishes, and says what Facebook says", async () => {
    expect(await bot.does("get-page", { page: "77" })).toMatchObject({ followers: 12 });
    expect(await bot.does("list-posts", { page: "77" })).toMatchObject({
      posts: [{ id: "77_1", text: "Found a moth." }],
    });
    expect(await bot.does("publish-post", { page: "77", text: "A moth" })).toEqual({ id: "77_2" });
    expect(lastAt(walk, host)).toMatchObject({
      line: expect.stringMatching(/^POST \/v26\.0\/77\/feed\?/),
      form: "message=A moth",
    });
    expect(await bot.says("get-page", { page: "99" })).toBe("Facebook answered 400: Unknown path components");
  });
});

describe("the LinkedIn bot", () => {
  test("posts as its person in LinkedIn's own writing, comments, and takes back", async () => {
    emulateLinkedIn(walk);
    const service = await walk.setUp("linkedin", CLIENT);
    const bot = await installOn(walk, "linkedin", { account: await walk.link(service, "LinkedIn of Grace") });
    const author = `urn:li:person:${GRACE.id}`;
    expect(await bot.does("create-post", { text: "A moth (in relay #70)" })).toEqual({ id: "urn:li:share:7" });
    const plain = lastAt(walk, "api.linkedin.com");
    expect(plain.json).toMatchObject({ author, commentary: "A moth \\(in relay \\#70\\)", visibility: "PUBLIC" });
    expect(plain.json).not.toHaveProperty("content");
    expect(plain.request.header("linkedin-version")).toBe("202607");
    await bot.does("create-post", { text: "Read", link: "https://acme.example/a?b=c", link_title: "Moths" });
    expect(lastAt(walk, "api.linkedin.com").json).toMatchObject({
      content: { article: { source: "https://acme.example/a?b=c", title: "Moths" } },
    });
    expect(await bot.does("comment-on-post", { post: "urn:li:share:7", text: "Indeed." })).toEqual({ id: "c8" });
    expect(lastAt(walk, "api.linkedin.com").line).toBe("POST /rest/socialActions/urn%3Ali%3Ashare%3A7/comments");
    expect(await bot.does("delete-post", { post: "urn:li:share:7" })).toEqual({ deleted: "urn:li:share:7" });
    expect(await bot.says("delete-post", { post: "urn:li:share:8" })).toBe(
      "LinkedIn answered 404: There is no such post",
    );
    expect(await bot.does("who-am-i")).toMatchObject({ email: GRACE.email });
  });
});

describe("the X bot", () => {
  const host = "api.x.com";
  let bot: Installed;
  beforeAll(async () => {
    emulateX(walk);
    const service = await walk.setUp("x", { ...CLIENT, scopes: "tweet.read tweet.write users.read" });
    bot = await installOn(walk, "x", { account: await walk.link(service, "X of Grace") });
  });

  test("posts, answers and deletes", async () => {
    expect(await bot.does("post", { text: "A moth" })).toEqual({ id: "1", url: "https://x.com/i/status/1" });
    expect(lastAt(walk, host).json).toEqual({ text: "A moth" });
    await bot.does("post", { text: "Another", reply_to: "1" });
    expect(lastAt(walk, host).json).toEqual({ text: "Another", reply: { in_reply_to_tweet_id: "1" } });
    expect(await bot.does("delete-post", { id: "1" })).toEqual({ deleted: true });
    expect(await bot.says("delete-post", { id: "2" })).toBe("X answered 404: There is no such post.");
  });

  test("searches and lists through all pages, also when there is nothing", async () => {
    const { posts } = (await bot.does("search", { query: "moth -is:retweet" })) as { posts: object[] };
    expect(posts).toHaveLength(3);
    expect(linesAt(walk, host).at(-1)).toMatch(/search\/recent\?max_results=100&next_token=.+&query=moth -is:retweet/);
    expect(await bot.does("search", { query: "nothing" })).toEqual({ posts: [], complete: true });
    const listed = (await bot.does("list-posts", { username: "signet" })) as { posts: object[] };
    expect(listed.posts).toHaveLength(3);
    expect(linesAt(walk, host).at(-1)).toContain("pagination_token=");
    expect(await bot.does("who-am-i")).toMatchObject({ name: GRACE.name });
  });
});

describe("the Spotify bot", () => {
  const host = "api.spotify.com";
  test("searches, and lists, makes and fills playlists", async () => {
    emulateSpotify(walk);
    const scopes = "user-read-private playlist-read-private playlist-modify-private";
    const service = await walk.setUp("spotify", { ...CLIENT, scopes });
    const bot = await installOn(walk, "spotify", { account: await walk.link(service, "Spotify of Grace") });
    const first = { uri: "spotify:track:1", name: "Moth 1", artists: ["Grace"], album: "Moths" };
    expect(await bot.does("search", { query: "moth" })).toEqual({ tracks: [first], total: 1 });
    const { playlists } = (await bot.does("list-playlists")) as { playlists: object[] };
    expect(playlists.map((one) => (one as { tracks: number }).tracks)).toEqual([3, 3, 3]);
    const listed = await bot.does("list-playlist-tracks", { playlist: "https://open.spotify.com/playlist/a?si=1" });
    expect(listed).toMatchObject({ tracks: [first, { name: "Moth 3" }], complete: true });
    expect(linesAt(walk, host).at(-1)).toBe("GET /v1/playlists/a/items?limit=50&offset=2");
    expect(await bot.does("create-playlist", { name: "Moths" })).toMatchObject({ id: "d" });
    expect(lastAt(walk, host)).toMatchObject({ line: "POST /v1/me/playlists", json: { name: "Moths", public: false } });
    await bot.does("add-to-playlist", { playlist: "d", uris: "spotify:track:1\nspotify:track:2," });
    expect(lastAt(walk, host).json).toEqual({ uris: ["spotify:track:1", "spotify:track:2"] });
    expect(await bot.says("list-playlist-tracks", { playlist: "z" })).toBe("Spotify answered 404: Resource not found");
  });
});
