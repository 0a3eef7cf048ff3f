import { text, type Answer } from "./echo.ts";
import type { SalesforceUser } from "./salesforce-instance.ts";

// What people see at the login host.

/** Whoever signed in there before; no password, because the browser is trusted. */
export function loginPage(users: SalesforceUser[], asked: URLSearchParams): Answer {
  const buttons = users.map(
    ({ username }) => `<button name="username" value="${username}">Log in as ${username}</button>`,
  );
  return page(
    "Login | Salesforce",
    `<h1>Saved usernames</h1><form method="post" action="/login">${hidden("asked", asked.toString())}${buttons.join("")}</form>`,
  );
}

export function consentPage(user: SalesforceUser, asked: URLSearchParams): Answer {
  const scopes = (asked.get("scope") ?? "").split(" ").map((scope) => `<li>${scope}</li>`);
  return page(
    "Allow Access? | Salesforce",
    `<h1>Allow Access?</h1><p>Signet is asking to:</p><ul>${scopes.join("")}</ul><p>as ${user.username}</p>
     <form method="post" action="/approve">${hidden("asked", asked.toString())}${hidden("username", user.username)}
     <button name="save" value="Deny">Deny</button><button name="save" value="Allow">Allow</button></form>`,
  );
}

export function errorPage(status: number, sentence: string): Answer {
  return text(
    `<!doctype html><title>Error | Salesforce</title><p>${escaped(sentence)}</p>`,
    "text/html; charset=utf-8",
    status,
  );
}

function page(title: string, body: string): Answer {
  return text(`<!doctype html><html lang="en"><title>${title}</title>${body}`, "text/html; charset=utf-8");
}

function hidden(name: string, value: string): string {
  return `<input type="hidden" name="${name}" value="${escaped(value)}">`;
}

function escaped(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
