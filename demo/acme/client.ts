// What a real provider would hand out in its developer console. Everything here is worthless by design: it opens a
// fictional company on this machine's own loopback address and nothing else.

/** Signet's registration at Acme CRM. */
export const CLIENT = { id: "signet-demo", secret: "acme-demo-client-secret-for-loopback-only" };

/** The key of Acme Weather. */
export const WEATHER_KEY = "acme-weather-demo-key-7Q4M";

/** What an app may ask for, and how the consent page says it. */
export const SCOPES: Record<string, { title: string; text: string }> = {
  "contacts.read": { title: "See contacts", text: "Names, companies and addresses of customers." },
  "tickets.read": { title: "See tickets", text: "All tickets, and which of them are yours." },
  "notes.write": { title: "Add notes to tickets", text: "Notes are signed with your name." },
};

export const SCOPE_NAMES = Object.keys(SCOPES);
