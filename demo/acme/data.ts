// A small helpdesk, the same at each start.

export interface Contact {
  id: string;
  name: string;
  company: string;
  email: string;
  city: string;
  owner: string;
}

export interface Ticket {
  id: string;
  subject: string;
  state: "open" | "waiting" | "closed";
  priority: "low" | "normal" | "high";
  contact: string;
  assignee: string;
  opened: string;
}

export interface Note {
  id: string;
  ticket: string;
  author: string;
  text: string;
}

/** Everything the helpdesk knows; notes that are added last until the demo stops. */
export interface Helpdesk {
  contacts: Contact[];
  tickets: Ticket[];
  notes: Note[];
}

const CONTACTS = `
c-01|Amira Haddad|Northwind Bakery|Leeds|hana
c-02|Jonas Weber|Weber & Söhne|Stuttgart|hana
c-03|Lucía Romero|Costa Verde Hotels|Málaga|grace
c-04|Tom Ashby|Ashby Cycles|Bristol|hana
c-05|Yuki Tanaka|Tanaka Prints|Osaka|mateo
c-06|Priya Nair|Monsoon Tea|Kochi|hana
c-07|Olivier Blanc|Blanc Menuiserie|Lyon|grace
c-08|Sara Lindqvist|Fjäll Outdoor|Umeå|hana
c-09|Daniel Osei|Osei Logistics|Accra|mateo
c-10|Marta Kowalska|Papier i Nić|Kraków|hana
c-11|Ben Carter|Carter Dental|Denver|grace
c-12|Noor de Vries|De Vries Bloemen|Utrecht|mateo`;

const TICKETS = `
T-1001|Invoice shows the wrong VAT number|open|high|c-02|grace|2026-09-28
T-1002|Can not sign in after changing phones|open|high|c-04|mateo|2026-10-01
T-1003|Export of bookings stops at 500 rows|waiting|normal|c-03|grace|2026-09-22
T-1004|Please add a second delivery address|closed|low|c-01|mateo|2026-09-03
T-1005|Printer labels come out mirrored|open|normal|c-05|mateo|2026-10-05
T-1006|Question about the yearly plan|waiting|low|c-06|hana|2026-10-02
T-1007|Quote for twelve more seats|open|normal|c-08|hana|2026-10-06
T-1008|Calendar is one hour off|open|high|c-11|grace|2026-10-07
T-1009|Attachment is refused as too large|closed|normal|c-07|grace|2026-08-30
T-1010|Tracking numbers are not imported|open|high|c-09|mateo|2026-10-08
T-1011|Reminder mails arrive twice|waiting|normal|c-10|mateo|2026-09-30
T-1012|How do we archive old customers?|closed|low|c-12|grace|2026-09-11
T-1013|Merge two contacts of the same name|open|low|c-12|mateo|2026-10-09
T-1014|Contract renewal in November|open|normal|c-03|hana|2026-10-09
T-1015|Search misses names with accents|waiting|normal|c-03|grace|2026-10-04
T-1016|Logo is blurred on the invoice|closed|low|c-07|mateo|2026-09-18`;

const NOTES = `
T-1001|grace|Finance confirmed the right number. Waiting for the corrected template.
T-1001|mateo|Customer called again, friendly but in a hurry.
T-1002|mateo|Reset the second factor; asked to try once more.
T-1003|grace|Known limit of the old export. The new one is due this month.
T-1005|mateo|Happens with the B-200 only, not with the B-300.
T-1006|hana|Sent the price list with both plans.
T-1007|hana|Quote 88214 sent, valid until the end of the month.
T-1008|grace|Their server is set to standard time all year.
T-1010|mateo|The carrier changed its file format on 1 October.
T-1011|mateo|Two rules send the same mail. Asked which one should stay.
T-1015|grace|Reproduced with “Malaga” and “Málaga”.
T-1016|mateo|Uploaded the vector version. Closed.`;

/** A fresh copy of the data. */
export function newHelpdesk(): Helpdesk {
  return {
    contacts: rows(CONTACTS).map(([id, name, company, city, owner]) => ({
      id,
      name,
      company,
      email: `${plain(name.split(" ")[0]!)}@${plain(company)}.example`,
      city,
      owner,
    })),
    tickets: rows(TICKETS).map(([id, subject, state, priority, contact, assignee, opened]) => ({
      id,
      subject,
      state: state as Ticket["state"],
      priority: priority as Ticket["priority"],
      contact,
      assignee,
      opened,
    })),
    notes: rows(NOTES).map(([ticket, author, text], at) => ({ id: `n-${at + 1}`, ticket, author, text })),
  };
}

/** Lines of fields; each line has as many as its reader takes. */
function rows(table: string): [string, string, string, string, string, string, string][] {
  return table
    .trim()
    .split("\n")
    .map((line) => line.split("|") as [string, string, string, string, string, string, string]);
}

function plain(text: string): string {
  return text
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "");
}
