import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { emulateGitHub } from "../../support/emulators/github.ts";
import { emulateGitLab } from "../../support/emulators/gitlab.ts";
import { emulateJira } from "../../support/emulators/jira.ts";
import { APP } from "../../support/emulators/oauth2-rules.ts";
import { Walk } from "../../support/emulators/walk.ts";
import { installOn, lastAt, linesAt, requestsAt, type Installed } from "./installed.ts";

// The bots of the library for where software is made.

const CLIENT = { client_id: APP.id, client_secret: APP.secret };

let walk: Walk;
beforeAll(async () => {
  walk = await Walk.begin();
});
afterAll(() => walk?.end());

describe("the GitHub bot", () => {
  const host = "api.github.com";
  const repository = { owner: "grace-hopper", repository: "flow-matic" };
  let bot: Installed;
  beforeAll(async () => {
    emulateGitHub(walk);
    const service = await walk.setUp("github", { ...CLIENT, scopes: "read:user repo" });
    bot = await installOn(walk, "github", { account: await walk.link(service, "GitHub of Grace") });
  });

  test("lists repositories through all pages, signed", async () => {
    const before = requestsAt(walk, host).length;
    const { repositories, complete } = (await bot.does("list-repositories")) as {
      repositories: object[];
      complete: boolean;
    };
    expect([repositories.length, complete, repositories[129]]).toEqual([
      130,
      true,
      expect.objectContaining({ name: "grace-hopper/flow-matic-130", private: true }),
    ]);
    expect(linesAt(walk, host, before)).toEqual([
      "GET /user/repos?per_page=100&sort=updated&visibility=all",
      "GET /user/repos?page=2&per_page=100&sort=updated&visibility=all",
    ]);
    expect(lastAt(walk, host).request.header("authorization")).toMatch(/^Bearer gho_/);
    expect(await bot.does("list-repositories", { pages: 1 })).toMatchObject({ complete: false });
  });

  test("lists issues without pull requests, opens one and comments", async () => {
    const listed = (await bot.does("list-issues", { ...repository, labels: "bug" })) as { issues: object[] };
    expect(listed.issues).toHaveLength(119);
    expect(linesAt(walk, host).at(-2)).toBe(
      "GET /repos/grace-hopper/flow-matic/issues?labels=bug&per_page=100&state=open",
    );
    const made = await bot.does("create-issue", { ...repository, title: "A moth", labels: "bug, relay ," });
    expect(made).toEqual({ number: 121, url: "https://github.com/x/y/issues/121" });
    expect(lastAt(walk, host).json).toEqual({ title: "A moth", body: "", labels: ["bug", "relay"], assignees: [] });
    const comment = await bot.does("comment-on-issue", { ...repository, number: 7, body: "Found *it*." });
    expect(comment).toMatchObject({ id: 77 });
    expect(lastAt(walk, host)).toMatchObject({
      line: "POST /repos/grace-hopper/flow-matic/issues/7/comments",
      json: { body: "Found *it*." },
    });
  });

  test("searches in GitHub's words, and says what GitHub says", async () => {
    const found = (await bot.does("search-issues", { query: "Moth 11" })) as { issues: { title: string }[] };
    expect(found.issues.map(({ title }) => title)).toContain("Moth 11");
    const elsewhere = { owner: "a/../../user", repository: "x?y" };
    expect(await bot.says("get-repository", elsewhere)).toBe("GitHub answered 404: Not Found");
    expect(lastAt(walk, host).line).toBe("GET /repos/a%2F..%2F..%2Fuser/x%3Fy");
    expect(await bot.says("create-issue", { ...repository, repository: "other", title: "x" })).toBe(
      "GitHub answered 404: Not Found",
    );
  });
});

describe("the GitLab bot", () => {
  const project = "grace/flow-matic";
  let bot: Installed;
  beforeAll(async () => {
    emulateGitLab(walk);
    const service = await walk.setUp("gitlab", { ...CLIENT, scopes: "read_user api" });
    bot = await installOn(walk, "gitlab", { account: await walk.link(service, "GitLab of Grace") });
  });

  test("lists projects, issues page by page, and merge requests", async () => {
    expect(await bot.does("list-projects")).toMatchObject({ projects: [{ id: 1, path: project }], complete: true });
    const { issues } = (await bot.does("list-issues", { project })) as { issues: object[] };
    expect(issues).toHaveLength(120);
    expect(linesAt(walk, "gitlab.com").at(-1)).toContain(
      `/projects/${project}/issues?page=2&per_page=100&state=opened`,
    );
    expect(lastAt(walk, "gitlab.com").line).toContain("/projects/grace%2Fflow-matic/issues");
    expect(await bot.does("list-merge-requests", { project })).toMatchObject({
      merge_requests: [{ number: 9, source: "moth", target: "main", author: "grace" }],
    });
  });

  test("opens an issue, comments, and says what GitLab says", async () => {
    expect(await bot.does("create-issue", { project, title: "A moth" })).toMatchObject({ number: 121 });
    expect(lastAt(walk, "gitlab.com").json).toEqual({ title: "A moth" });
    expect(await bot.does("comment-on-issue", { project, number: 121, body: "Found." })).toEqual({ id: 302 });
    expect(await bot.says("list-issues", { project: "nobody/nothing" })).toBe(
      "GitLab answered 404: 404 Project Not Found",
    );
  });
});

describe("the Jira bot", () => {
  const host = "api.atlassian.com";
  let bot: Installed;
  beforeAll(async () => {
    emulateJira(walk, "acme");
    const service = await walk.setUp("jira", CLIENT);
    bot = await installOn(walk, "jira", { account: await walk.link(service, "Jira of Grace") });
  });

  test("searches page by page, reads an issue, and lists projects", async () => {
    const { issues, complete } = (await bot.does("search-issues", { jql: "project = ENG" })) as {
      issues: object[];
      complete: boolean;
    };
    expect([issues.length, complete, issues[0]]).toEqual([
      3,
      true,
      {
        key: "ENG-1",
        summary: "Moth 1",
        status: "To Do",
        type: "Bug",
        priority: null,
        assignee: null,
        updated_at: "2026-05-31T14:00:00.000+0000",
      },
    ]);
    expect(linesAt(walk, host).at(-1)).toMatch(
      /\/search\/jql\?fields=summary,.*&jql=project = ENG&maxResults=100&nextPageToken=/,
    );
    expect(await bot.does("get-issue", { key: "ENG-2" })).toMatchObject({
      summary: "Moth 2",
      reporter: "Grace Hopper",
    });
    const { projects } = (await bot.does("list-projects")) as { projects: object[] };
    expect(projects).toHaveLength(3);
  });

  test("opens an issue with paragraphs, and comments", async () => {
    expect(
      await bot.does("create-issue", { project: "ENG", summary: "A moth", description: "One\n\nTwo" }),
    ).toMatchObject({ key: "ENG-2" });
    const paragraph = (text: string) => ({ type: "paragraph", content: text === "" ? [] : [{ type: "text", text }] });
    expect(lastAt(walk, host).json).toEqual({
      fields: {
        project: { key: "ENG" },
        issuetype: { name: "Task" },
        summary: "A moth",
        description: { type: "doc", version: 1, content: ["One", "", "Two"].map(paragraph) },
        labels: [],
      },
    });
    expect(await bot.does("comment-on-issue", { key: "ENG-2", text: "Found." })).toEqual({ id: "10042" });
  });

  test("moves an issue to where it can go, and says where it can not", async () => {
    expect(await bot.does("move-issue", { key: "ENG-1", to: "done" })).toEqual({ key: "ENG-1", status: "Done" });
    expect(lastAt(walk, host).json).toEqual({ transition: { id: "21" } });
    expect(await bot.says("move-issue", { key: "ENG-1", to: "Closed" })).toBe(
      "ENG-1 can not go to Closed from where it is. It can go to: In Progress, Done.",
    );
    expect(await bot.says("get-issue", { key: "ENG-404" })).toBe(
      "Jira answered 404: Issue does not exist or you do not have permission to see it.",
    );
    expect(await bot.says("create-issue", { project: "ENG", summary: " " })).toBe(
      "Jira answered 400: You must specify a summary of the issue.",
    );
  });
});
