import {
  boolean,
  contentOf,
  element,
  elements,
  ENUMERATED,
  integer,
  INTEGER,
  numberOf,
  octets,
  OCTETS,
  only,
  SEQUENCE,
  SET,
  type Element,
} from "../../signer/ber.ts";

// Messages of LDAP (RFC 4511), as many as searching takes.

export const SCOPES = { base: 0, one: 1, sub: 2 } as const;
export type Scope = keyof typeof SCOPES;

const START_TLS = "1.3.6.1.4.1.1466.20037";
const WHO_AM_I = "1.3.6.1.4.1.4203.1.11.3";
const PAGED_RESULTS = "1.2.840.113556.1.4.319";

const BIND = 0x60;
const UNBIND = 0x42;
const SEARCH = 0x63;
const EXTENDED = 0x77;
const SEARCH_ENTRY = 0x64;
const SEARCH_REFERENCE = 0x73;
/** Of a bind, a search and an extended operation. */
const RESULTS = [0x61, 0x65, 0x78];
const CONTROLS = 0xa0;

export interface Entry {
  dn: string;
  attributes: [name: string, values: Buffer[]][];
}

/** How an operation went. */
export interface Result {
  code: number;
  /** The server's own words: read for known codes in them, never passed on. */
  diagnostic: string;
  /** Where the next page begins; empty after the last one and where there are no pages. */
  cookie: Buffer;
  /** What an extended operation answers. */
  value: Buffer | undefined;
}

export type Message = { id: number } & (
  { type: "entry"; entry: Entry } | { type: "reference" } | { type: "result"; result: Result }
);

/** Signs in with a name and a password (RFC 4513 section 5.1.3). */
export function simpleBind(dn: string, password: string): Buffer {
  return element(BIND, integer(3), octets(dn), octets(password, 0x80));
}

/** Signs in as whom the connection's client certificate names (RFC 4513 section 5.2.3). */
export function externalBind(): Buffer {
  return element(BIND, integer(3), octets(""), element(0xa3, octets("EXTERNAL"), octets("")));
}

export function unbind(): Buffer {
  return element(UNBIND);
}

export function startTls(): Buffer {
  return element(EXTENDED, octets(START_TLS, 0x80));
}

/** RFC 4532. */
export function whoAmI(): Buffer {
  return element(EXTENDED, octets(WHO_AM_I, 0x80));
}

/** Aliases are not followed. */
export function search(wish: {
  base: string;
  scope: Scope;
  sizeLimit: number;
  seconds: number;
  filter: Buffer;
  attributes: string[];
}): Buffer {
  return element(
    SEARCH,
    octets(wish.base),
    integer(SCOPES[wish.scope], ENUMERATED),
    integer(0, ENUMERATED),
    integer(wish.sizeLimit),
    integer(wish.seconds),
    boolean(false),
    wish.filter,
    element(SEQUENCE, ...wish.attributes.map((name) => octets(name))),
  );
}

/** Asks for one page (RFC 2696); a server without pages sends everything. */
export function page(size: number, cookie: Buffer): Buffer {
  const value = element(SEQUENCE, integer(size), octets(cookie));
  return element(CONTROLS, element(SEQUENCE, octets(PAGED_RESULTS), octets(value)));
}

export function envelope(id: number, operation: Buffer, controls: Buffer = Buffer.alloc(0)): Buffer {
  return element(SEQUENCE, integer(id), operation, controls);
}

/** One whole message from a server. Throws BerError for what is none. */
export function readMessage(bytes: Buffer): Message {
  const [id, operation, controls] = elements(only(bytes, SEQUENCE));
  const number = numberOf(contentOf(id, INTEGER));
  if (operation?.tag === SEARCH_ENTRY) return { id: number, type: "entry", entry: readEntry(operation.content) };
  if (operation === undefined || operation.tag === SEARCH_REFERENCE) return { id: number, type: "reference" };
  const tag = RESULTS.includes(operation.tag) ? operation.tag : RESULTS[0]!;
  return { id: number, type: "result", result: readResult(contentOf(operation, tag), controls) };
}

function readEntry(content: Buffer): Entry {
  const [dn, attributes] = elements(content);
  return {
    dn: contentOf(dn, OCTETS).toString("utf8"),
    attributes: elements(contentOf(attributes, SEQUENCE)).map((one) => {
      const [name, values] = elements(contentOf(one, SEQUENCE));
      const bytes = elements(contentOf(values, SET)).map((value) => contentOf(value, OCTETS));
      return [contentOf(name, OCTETS).toString("utf8"), bytes];
    }),
  };
}

function readResult(content: Buffer, controls: Element | undefined): Result {
  const [code, , diagnostic, ...more] = elements(content);
  return {
    code: numberOf(contentOf(code, ENUMERATED)),
    diagnostic: contentOf(diagnostic, OCTETS).toString("utf8"),
    cookie: cookieIn(controls),
    value: more.find(({ tag }) => tag === 0x8b)?.content,
  };
}

function cookieIn(controls: Element | undefined): Buffer {
  for (const control of controls?.tag === CONTROLS ? elements(controls.content) : []) {
    const parts = elements(contentOf(control, SEQUENCE));
    const value = parts.at(-1);
    if (contentOf(parts[0], OCTETS).toString() !== PAGED_RESULTS || value === parts[0]) continue;
    const [, cookie] = elements(only(contentOf(value, OCTETS), SEQUENCE));
    return contentOf(cookie, OCTETS);
  }
  return Buffer.alloc(0);
}
