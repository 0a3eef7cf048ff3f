import { text, type Answer } from "../echo.ts";
import { PEOPLE } from "./http.ts";

// What people's browsers see of an authorization server.

/** The page of consent: who could allow, and how to decline. */
export function consentPage(asked: URLSearchParams): Answer {
  const choice = (name: string, value: string, words: string) => {
    const query = new URLSearchParams([...asked, [name, value]]).toString().replaceAll("&", "&amp;");
    return `<p><a href="?${query}">${words}</a></p>`;
  };
  const choices = PEOPLE.map(({ email, name }) => choice("consents_as", email, `Allow as ${name}`));
  return page(200, `<h1>Who are you?</h1>${choices.join("")}${choice("declines", "yes", "Decline")}`);
}

/** What is not sent back, because nobody knows yet where that would be. */
export function errorPage(sentence: string): Answer {
  return page(400, `<p>${sentence}</p>`);
}

/** Back to the client, with the state that it sent. */
export function sentBack(asked: URLSearchParams, answer: Record<string, string>): Answer {
  const back = new URL(asked.get("redirect_uri")!);
  for (const [name, value] of Object.entries(answer)) back.searchParams.set(name, value);
  if (asked.has("state")) back.searchParams.set("state", asked.get("state")!);
  return (_request, response) => response.writeHead(302, { location: back.href }).end();
}

function page(status: number, body: string): Answer {
  return text(`<!doctype html><title>Provider</title>${body}`, "text/html; charset=utf-8", status);
}
