import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { emulateGitHub } from "../support/emulators/github.ts";
import { emulateGitLab } from "../support/emulators/gitlab.ts";
import { ALAN, GRACE } from "../support/emulators/http.ts";
import { emulateJira } from "../support/emulators/jira.ts";
import { APP } from "../support/emulators/oauth2-rules.ts";
import { Walk } from "../support/emulators/walk.ts";

// Providers of the seed list where software is made, at their own addresses, with the library's own settings.

const CLIENT = { client_id: APP.id, client_secret: APP.secret };

let walk: Walk;
beforeAll(async () => {
  walk = await Walk.begin();
});
afterAll(() => walk?.end());

describe("GitHub", () => {
  let github: ReturnType<typeof emulateGitHub>;
  let service: string;
  beforeAll(async () => {
    github = emulateGitHub(walk);
    service = await walk.setUp("github", CLIENT);
  });

  test("links by consent with PKCE, although its token endpoint prefers forms and separates scopes by commas", async () => {
    const { words } = await walk.consent(service, "GitHub of Grace");
    expect(words).toContain("Linked as grace-hopper Linked");
    expect(words).toContain("read:user user:email");
    expect(words).not.toContain("Look at this before you save.");
  });

  test("answers as the one who linked, signed with a bearer token, a user agent and a version", async () => {
    const [grace, alan] = [
      await walk.link(service, "GitHub one", { as: GRACE }),
      await walk.link(service, "GitHub two", { as: ALAN }),
    ];
    expect((await walk.answer(grace, { url: "/user" })).body.login).toBe("grace-hopper");
    const private_ = await walk.answer(alan, { url: "/repos/alan-turing/machine" });
    expect(private_).toMatchObject({ status: 200, body: { private: true } });
    expect(await walk.answer(grace, { url: "/repos/alan-turing/machine" })).toMatchObject({ status: 404 });
    const sent = walk.internet.to("api.github.com", "/user").at(-1)!;
    expect(sent.header("x-github-api-version")).toBe("2022-11-28");
    expect(sent.header("authorization")).toMatch(/^Bearer gho_/);
  });

  test("ends one token when its account is disconnected, and leaves others of the same person alone", async () => {
    const [first, second] = [await walk.link(service, "GitHub a"), await walk.link(service, "GitHub b")];
    expect(await walk.disconnect(first)).toContain("GitHub a is disconnected. GitHub revoked the grant.");
    expect(github.oauth.revoked).toHaveLength(1);
    expect((await walk.answer(second, { url: "/user" })).status).toBe(200);
  });

  test("tells errors that come with 200, and a token that was taken back", async () => {
    const account = await walk.link(service, "GitHub taken back");
    github.oauth.endAll();
    const refused = await walk.answer(account, { url: "/user" });
    expect(refused).toMatchObject({ status: 401, body: { message: "Bad credentials" } });
    expect(await walk.test(account)).toContain("GitHub does not accept it (answer 401).");
    const wrong = await walk.setUp("github", { ...CLIENT, client_secret: "wrong" }, "Wrong GitHub");
    const { words } = await walk.consent(wrong, "GitHub with another secret");
    expect(words).toContain("The provider does not accept the client id or secret of this service.");
    expect((await walk.consent(service, "GitHub declined", { decline: true })).words).toContain("consent was declined");
  });

  test("takes a personal access token, and only a good one", async () => {
    const tokens = await walk.setUp("github-token");
    const token = github.personalToken(GRACE);
    const { saved, words } = await walk.enter(tokens, "GitHub by token", { token });
    expect([saved, words]).toEqual([
      true,
      expect.stringContaining("GitHub (personal access token) knows it as grace-hopper."),
    ]);
    expect((await walk.answer("github-by-token", { url: "/user" })).body.login).toBe("grace-hopper");
    github.deletePersonalTokens();
    const again = await walk.enter(tokens, "GitHub by a dead token", { token });
    expect([again.saved, again.words]).toEqual([false, expect.stringContaining("401")]);
  });

  test("lets a bot in as an app's installation, by the app's private key, and wins a new token each hour", async () => {
    const service = await walk.setUp("github-app");
    const secret = { key: github.app.register("Iv23app"), app_id: "Iv23app", installation_id: "4711" };
    github.app.install("Iv23app", "4711", "acme");
    expect((await walk.enter(service, "GitHub by app", secret)).words).toContain("knows it as acme");
    const repositories = { url: "/installation/repositories" };
    for (const _ of [1, 2]) {
      expect((await walk.answer("github-by-app", repositories)).body.total_count).toBe(1);
      walk.pass({ hours: 2 });
    }
    github.app.uninstall("4711");
    const gone = await walk.execute("github-by-app", repositories);
    expect(gone.status).toBe(424);
  });
});

describe("GitLab", () => {
  let gitlab: ReturnType<typeof emulateGitLab>;
  let service: string;
  let account: string;
  beforeAll(async () => {
    gitlab = emulateGitLab(walk, "gitlab.acme.example");
    service = await walk.setUp("gitlab", { ...CLIENT, host: "gitlab.acme.example" });
    account = await walk.link(service, "GitLab of Grace");
  });

  test("links by consent at a host of one's own and answers as the one who linked", async () => {
    expect((await walk.answer(account, { url: "/user" })).body).toMatchObject({ username: "grace" });
    expect((await walk.answer(account, { url: "/projects" })).body[0].path_with_namespace).toBe("grace/flow-matic");
    const other = await walk.execute(account, { url: "https://gitlab.com/api/v4/user" });
    expect(other).toMatchObject({ status: 403, body: { code: "host_not_allowed" } });
  });

  test("renews with the callback address when two hours are over, and keeps the new refresh token", async () => {
    for (const _ of [1, 2]) {
      walk.pass({ hours: 3 });
      expect((await walk.answer(account, { url: "/user" })).body.username).toBe("grace");
    }
    const renewals = walk.internet.to("gitlab.acme.example", "/oauth/token").map((sent) => sent.body.toString());
    expect(renewals.filter((form) => form.includes("grant_type=refresh_token"))).toHaveLength(2);
  });

  test("says which right is missing, and asks for a person once the grant was taken back", async () => {
    const refused = await walk.answer(account, { method: "POST", url: "/projects" });
    expect(refused).toMatchObject({ status: 403, body: { error: "insufficient_scope", scope: "" } });
    gitlab.oauth.endAll();
    const ended = await walk.execute(account, { url: "/user" });
    expect(ended).toMatchObject({ status: 424, body: { code: "needs_reconnect" } });
    expect(await walk.page(account)).toContain("The provider no longer accepts this sign-in. Reconnect to continue.");
    expect(await walk.reconnect(account)).toContain("GitLab of Grace is linked as grace.");
    expect((await walk.answer(account, { url: "/user" })).status).toBe(200);
  });

  test("revokes the grant when the account is disconnected", async () => {
    expect(await walk.disconnect(account)).toContain("GitLab revoked the grant.");
    expect(gitlab.oauth.revoked).toHaveLength(1);
  });

  test("takes an access token in a header of its own", async () => {
    const tokens = await walk.setUp("gitlab-token", { host: "gitlab.acme.example" });
    const entered = await walk.enter(tokens, "GitLab by token", { key: gitlab.personalToken(ALAN, ["read_api"]) });
    expect(entered.words).toContain("knows it as alan");
    expect((await walk.answer("gitlab-by-token", { url: "/user" })).body.username).toBe("alan");
    expect(walk.internet.requests.at(-1)!.header("authorization")).toBeUndefined();
    gitlab.deletePersonalTokens();
    expect(await walk.answer("gitlab-by-token", { url: "/user" })).toMatchObject({ status: 401 });
  });
});

describe("Jira", () => {
  let jira: ReturnType<typeof emulateJira>;
  let service: string;
  let account: string;
  beforeAll(async () => {
    jira = emulateJira(walk, "acme");
    service = await walk.setUp("jira", CLIENT);
    account = await walk.link(service, "Jira of Grace");
  });

  test("links by consent, learns the id of the site, and calls by it as the one who linked", async () => {
    const me = await walk.answer(account, { url: "/myself" });
    expect(me.url).toMatch(/^https:\/\/api\.atlassian\.com\/ex\/jira\/[0-9a-f-]{36}\/rest\/api\/3\/myself$/);
    expect(me.body.displayName).toBe("Grace Hopper");
    const issue = { fields: { summary: "A moth in the relay" } };
    const made = await walk.answer(account, { method: "POST", url: "/issue", body: issue });
    expect(made).toMatchObject({ status: 201, body: { reporter: "Grace Hopper" } });
    const site = await walk.execute(account, { url: "https://acme.atlassian.net/rest/api/3/myself" });
    expect(site).toMatchObject({ status: 403, body: { code: "host_not_allowed" } });
  });

  test("renews each hour with a refresh token that is good once, of several kilobytes", async () => {
    for (const _ of [1, 2, 3]) {
      walk.pass({ hours: 1, seconds: 1 });
      expect((await walk.answer(account, { url: "/myself" })).status).toBe(200);
    }
    const renewals = walk.internet.to("auth.atlassian.com", "/oauth/token").map((sent) => sent.body.toString());
    expect(new Set(renewals.filter((form) => form.includes("grant_type=refresh_token"))).size).toBe(3);
  });

  test("tells what is missing in a request, a scope that is missing, and a grant that was taken back", async () => {
    const empty = await walk.answer(account, { method: "POST", url: "/issue", body: { fields: {} } });
    expect(empty).toMatchObject({ status: 400, body: { errors: { summary: expect.any(String) } } });
    const half = await walk.link(service, "Jira half", { only: "read:me read:jira-user offline_access" });
    expect(await walk.page(half)).toContain("2 scopes were not granted.");
    const refused = await walk.answer(half, { url: "/search/jql?jql=project=ENG" });
    expect(refused).toMatchObject({ status: 401, body: { message: "Unauthorized; scope does not match" } });
    jira.oauth.endAll();
    expect(await walk.execute(account, { url: "/myself" })).toMatchObject({ body: { code: "needs_reconnect" } });
  });

  test("is told nothing when an account is disconnected, and Signet says what is left to do", async () => {
    const account = await walk.link(service, "Jira to end");
    expect(await walk.disconnect(account)).toContain(
      "Jira can not be told; remove the key or the access in its settings.",
    );
  });

  test("takes an API token with the e-mail address, at the site itself", async () => {
    const tokens = await walk.setUp("jira-token", { site: "acme" });
    const password = jira.apiToken(GRACE);
    const entered = await walk.enter(tokens, "Jira by token", { username: GRACE.email, password });
    expect(entered.words).toContain("knows it as Grace Hopper");
    jira.deleteApiTokens();
    const dead = await walk.enter(tokens, "Jira by a dead token", { username: GRACE.email, password });
    expect([dead.saved, dead.words]).toEqual([false, expect.stringContaining("401")]);
  });
});
