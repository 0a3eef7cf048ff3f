import type { ServerResponse } from "node:http";
import { CLIENT, SCOPES, WEATHER_KEY } from "./client.ts";
import { PEOPLE, type Person } from "./people.ts";

/** A page of Acme, ready to be sent. */
export interface AcmePage {
  html: string;
  headers: Record<string, string>;
}

/** Sends a page. */
export function sendPage(response: ServerResponse, page: AcmePage, status = 200): void {
  response.writeHead(status, page.headers).end(page.html);
}

/** Who are you? Three people to choose from, and a way out. `leadsTo`: the origin that the answer ends at. */
export function signInPage(uid: string, leadsTo: string): AcmePage {
  const people = PEOPLE.map(
    (person) => `<li><button class="person" name="person" value="${person.id}">${portrait(person)}
      <span><strong>${person.name}</strong><small>${person.title}, ${person.email}</small></span></button></li>`,
  );
  return page(
    "Sign in to Acme CRM",
    `<h1>Sign in to Acme CRM</h1>
    <p class="lede">Choose whom to be. Acme is fictional, so nobody here needs a password.</p>
    <form method="post" action="/interaction/${uid}/sign-in"><ul class="people">${people.join("")}</ul></form>
    ${denial(uid, "Cancel and go back")}`,
    leadsTo,
  );
}

/** What the app asks for, each part of which may be refused. */
export function consentPage(uid: string, person: Person, scopes: string[], leadsTo: string): AcmePage {
  const rows = scopes.map((name) => {
    const { title, text } = SCOPES[name] ?? { title: name, text: "" };
    return `<li><label><input type="checkbox" name="scope" value="${name}" checked>
      <span><strong>${title}</strong><small>${text}</small><code>${name}</code></span></label></li>`;
  });
  return page(
    "Allow Signet to use Acme CRM?",
    `<h1>Allow Signet to use Acme CRM?</h1>
    <div class="who">${portrait(person)}<span><strong>${person.name}</strong><small>${person.email}</small></span></div>
    <p class="lede">Signet will be able to do this in your name, until you take it back:</p>
    <form method="post" action="/interaction/${uid}/consent"><ul class="scopes">${rows.join("")}</ul>
    <button class="main">Allow</button></form>
    ${denial(uid, "Deny")}`,
    leadsTo,
  );
}

/** Something went wrong before there was anywhere to go back to. */
export function errorPage(sentence: string): AcmePage {
  return page(
    "Acme CRM can not continue",
    `<h1>Acme CRM can not continue</h1><p class="lede">${escaped(sentence)}</p>`,
  );
}

/** Where a newcomer finds what they need to set Acme up in Signet by hand. */
export function consolePage(origin: string, callback: string): AcmePage {
  const crm = {
    "Authorization URL": `${origin}/oauth/authorize`,
    "Token URL": `${origin}/oauth/token`,
    "Revocation URL": `${origin}/oauth/revoke`,
    "Client ID": CLIENT.id,
    "Client secret": CLIENT.secret,
    Scopes: Object.keys(SCOPES).join(" "),
    "Callback address": callback,
    API: `${origin}/api/me`,
  };
  const weather = { Header: "X-Api-Key", Key: WEATHER_KEY, API: `${origin}/weather/forecast?city=Lisbon` };
  return page(
    "Acme for developers",
    `<h1>Acme for developers</h1>
    <p class="lede">A fictional company that lives on this machine while the demo runs.</p>
    <h2>Acme CRM</h2>${facts(crm)}<h2>Acme Weather</h2>${facts(weather)}`,
  );
}

function facts(pairs: Record<string, string>): string {
  const rows = Object.entries(pairs).map(([label, text]) => `<dt>${label}</dt><dd><code>${escaped(text)}</code></dd>`);
  return `<dl>${rows.join("")}</dl>`;
}

function denial(uid: string, label: string): string {
  return `<form method="post" action="/interaction/${uid}/deny"><button class="quiet">${label}</button></form>`;
}

function portrait({ name }: Person): string {
  const initials = name.replace(/[^A-Z]/g, "");
  return `<span class="portrait" aria-hidden="true">${initials}</span>`;
}

function page(title: string, body: string, leadsTo?: string): AcmePage {
  const formAction = leadsTo === undefined ? "'none'" : `'self' ${leadsTo}`;
  return {
    html: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/acme.css">
</head>
<body>
<header class="brand">Acme</header>
<main>${body}</main>
<footer>A fictional provider, part of the Signet demo. Nothing here leaves this machine.</footer>
</body>
</html>`,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy": `default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'; form-action ${formAction}`,
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    },
  };
}

function escaped(text: string): string {
  const signs: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replace(/[&<>"']/g, (sign) => signs[sign]!);
}
