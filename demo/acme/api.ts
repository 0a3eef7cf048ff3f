import type { IncomingMessage, ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import type { Provider } from "oidc-provider";
import { sendJson } from "./answer.ts";
import { newHelpdesk, type Contact, type Helpdesk, type Ticket } from "./data.ts";
import { personOf, type Person } from "./people.ts";

interface Call {
  url: URL;
  method: string;
  person: Person;
  scopes: string[];
  desk: Helpdesk;
  body(): Promise<unknown>;
}

interface Refusal {
  status: number;
  error: string;
  challenge?: string;
}

/**
 * The API of Acme CRM. It answers only to a living access token of the authorization server, with what the person who
 * consented may see, and tells them what is theirs.
 */
export function crmApi(provider: Provider) {
  const desk = newHelpdesk();
  return async (request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> => {
    const given = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    const token = given === undefined ? undefined : await provider.AccessToken.find(given);
    const person = token?.isValid ? personOf(token.accountId) : undefined;
    if (!person) return refuse(response, unauthorized(given !== undefined));
    const scopes = (token!.scope ?? "").split(" ");
    try {
      const call = { url, method: request.method ?? "GET", person, scopes, desk, body: () => json(request) };
      const answer = await answerTo(call);
      if (isRefusal(answer)) refuse(response, answer);
      else sendJson(response, answer, call.method === "POST" ? 201 : 200);
    } catch {
      refuse(response, { status: 400, error: "invalid_request" });
    }
  };
}

async function answerTo(call: Call): Promise<object> {
  const [, , what, id, more, ...rest] = call.url.pathname.split("/");
  const path = [what, id && ":id", more, ...rest].filter((part) => part !== undefined).join("/");
  switch (`${call.method} ${path}`) {
    case "GET me":
      return me(call);
    case "GET contacts":
      return needs(call, "contacts.read") ?? { contacts: call.desk.contacts.map((one) => shownContact(call, one)) };
    case "GET contacts/:id":
      return needs(call, "contacts.read") ?? oneContact(call, id!);
    case "GET tickets":
      return needs(call, "tickets.read") ?? { tickets: tickets(call) };
    case "GET tickets/:id":
      return needs(call, "tickets.read") ?? oneTicket(call, id!);
    case "POST tickets/:id/notes":
      return needs(call, "notes.write") ?? addNote(call, id!);
    default:
      return { status: 404, error: "not_found" } satisfies Refusal;
  }
}

function me({ person, scopes, desk }: Call) {
  const open = desk.tickets.filter((ticket) => ticket.assignee === person.id && ticket.state === "open");
  const shown = open.map(({ id, subject, priority }) => ({ id, subject, priority }));
  return { ...person, scopes, ...(scopes.includes("tickets.read") ? { my_open_tickets: shown } : {}) };
}

function tickets(call: Call) {
  const { searchParams } = call.url;
  const state = searchParams.get("state");
  return call.desk.tickets
    .filter((ticket) => state === null || ticket.state === state)
    .filter((ticket) => searchParams.get("assigned_to_me") !== "true" || ticket.assignee === call.person.id)
    .map((ticket) => shownTicket(call, ticket));
}

function oneTicket(call: Call, id: string): object {
  const ticket = call.desk.tickets.find((one) => one.id === id);
  if (!ticket) return { status: 404, error: "not_found" };
  const notes = call.desk.notes.filter((note) => note.ticket === id);
  return { ...shownTicket(call, ticket), notes };
}

function oneContact(call: Call, id: string): object {
  const contact = call.desk.contacts.find((one) => one.id === id);
  if (!contact) return { status: 404, error: "not_found" };
  const own = call.desk.tickets.filter((ticket) => ticket.contact === id);
  return { ...shownContact(call, contact), tickets: own.map((ticket) => shownTicket(call, ticket)) };
}

async function addNote({ desk, person, body }: Call, ticket: string): Promise<object> {
  if (!desk.tickets.some((one) => one.id === ticket)) return { status: 404, error: "not_found" };
  const { text } = (await body()) as { text?: unknown };
  if (typeof text !== "string" || text.trim() === "" || text.length > 2000)
    return { status: 422, error: "text_is_required" };
  const note = { id: `n-${desk.notes.length + 1}`, ticket, author: person.id, text };
  desk.notes.push(note);
  return note;
}

function shownTicket({ person }: Call, ticket: Ticket) {
  return { ...ticket, assigned_to_me: ticket.assignee === person.id };
}

function shownContact({ person }: Call, contact: Contact) {
  return { ...contact, owned_by_me: contact.owner === person.id };
}

/** RFC 6750 section 3.1. */
function needs({ scopes }: Call, scope: string): Refusal | undefined {
  if (scopes.includes(scope)) return undefined;
  return { status: 403, error: "insufficient_scope", challenge: `error="insufficient_scope", scope="${scope}"` };
}

function unauthorized(tokenGiven: boolean): Refusal {
  return { status: 401, error: "unauthorized", ...(tokenGiven ? { challenge: 'error="invalid_token"' } : {}) };
}

function isRefusal(answer: object): answer is Refusal {
  return "error" in answer;
}

function refuse(response: ServerResponse, { status, error, challenge }: Refusal): void {
  const scheme = ['Bearer realm="Acme CRM"', challenge].filter(Boolean).join(", ");
  sendJson(response, { error }, status, status === 401 || status === 403 ? { "www-authenticate": scheme } : {});
}
