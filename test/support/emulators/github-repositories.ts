import { json, type Answer } from "../echo.ts";
import { jsonOf, many, numbered, type Call, type Handler, type Person } from "./http.ts";

// Repositories and issues of GitHub's REST API (docs.github.com/en/rest/issues).

const HOST = "api.github.com";
const AT = "2026-05-31T14:00:00Z";

type Api = (answer: (call: Call, person: Person, scopes: string[]) => Answer) => Handler;

export function gitHubRepositories(
  api: Api,
  refused: (status: number, message: string) => Answer,
): Record<string, Handler> {
  const issues = many(120, (number) => issue(number, number === 2));
  /** What a token may not see or change is not there at all. */
  const owned = (answer: (call: Call, person: Person) => Answer) =>
    api((call, person, scopes) =>
      scopes.includes("repo") && call.params[1] === "flow-matic" ? answer(call, person) : refused(404, "Not Found"),
    );
  return {
    "GET /user/repos": api((call, person, scopes) => {
      const all = many(scopes.includes("repo") ? 130 : 1, (number) => repository(person, number));
      const { items, headers } = numbered(all, call, HOST);
      return json(items, 200, headers);
    }),
    "GET /repos/*/*/issues": owned((call) => {
      const { items, headers } = numbered(issues, call, HOST);
      return json(items, 200, headers);
    }),
    "POST /repos/*/*/issues": owned(({ request }) => {
      const { title, labels, body } = jsonOf(request) ?? {};
      if (typeof title !== "string" || title === "") return refused(422, "Validation Failed");
      return json({ ...issue(121, false), title, body, labels: (labels as string[]).map((name) => ({ name })) }, 201);
    }),
    "POST /repos/*/*/issues/*/comments": owned(({ params: [, , number] }) =>
      Number(number) <= 120
        ? json({ id: 77, html_url: `https://github.com/x/y/issues/${number}#issuecomment-77` }, 201)
        : refused(404, "Not Found"),
    ),
    "GET /search/issues": api((call) => {
      const q = call.query.get("q") ?? "";
      if (q === "") return refused(422, "Validation Failed");
      const found = numbered(
        issues.filter(({ title }) => title.includes(q)),
        call,
        HOST,
      );
      return json(
        { total_count: found.items.length, incomplete_results: false, items: found.items },
        200,
        found.headers,
      );
    }),
  };
}

function repository({ name }: Person, number: number) {
  const full_name = `${name.toLowerCase().replace(" ", "-")}/flow-matic-${number}`;
  return {
    id: number,
    full_name,
    private: true,
    description: null,
    updated_at: AT,
    html_url: `https://github.com/${full_name}`,
  };
}

function issue(number: number, isPull: boolean) {
  return {
    number,
    title: `Moth ${number}`,
    state: "open",
    user: { login: "grace-hopper" },
    labels: [{ name: "bug" }],
    comments: 0,
    updated_at: AT,
    html_url: `https://github.com/x/y/issues/${number}`,
    ...(isPull && { pull_request: {} }),
  };
}
