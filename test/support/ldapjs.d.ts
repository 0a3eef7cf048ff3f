/** The parts of the @ldapjs packages that the tests' directory speaks LDAP with; they ship no types. */
declare module "@ldapjs/asn1" {
  export class BerReader {
    constructor(bytes: Buffer);
    readonly buffer: Buffer;
    readonly length: number;
    readonly offset: number;
    readSequence(): number | null;
  }
  export class BerWriter {
    readonly buffer: Buffer;
  }
}

declare module "@ldapjs/controls" {
  export class PagedResultsControl {
    static readonly OID: string;
    constructor(options: { value: { size: number; cookie: Buffer } });
    readonly type: string;
    readonly value: { size: number; cookie: Buffer };
  }
}

declare module "@ldapjs/filter" {
  export interface LdapFilter {
    matches(entry: Record<string, unknown>): boolean;
    toBer(): { buffer: Buffer };
    toString(): string;
  }
  const filter: { parseString(text: string): LdapFilter };
  export default filter;
}

declare module "@ldapjs/messages" {
  import type { BerReader } from "@ldapjs/asn1";
  import type { PagedResultsControl } from "@ldapjs/controls";
  import type { LdapFilter } from "@ldapjs/filter";

  export interface Request {
    readonly type: string;
    readonly messageId: number;
    readonly controls: PagedResultsControl[];
    /** Of a bind. */
    readonly name: string;
    readonly credentials: string;
    /** Of an extended request. */
    readonly requestName: string;
    /** Of a search. */
    readonly baseObject: { toString(): string };
    readonly scopeName: "base" | "single" | "subtree";
    readonly filter: LdapFilter;
    readonly attributes: string[];
    readonly sizeLimit: number;
  }
  interface Response {
    toBer(): BerReader;
  }
  interface ResultOptions {
    messageId: number;
    status?: number;
    diagnosticMessage?: string;
    controls?: PagedResultsControl[];
  }
  export const LdapMessage: { parse(ber: BerReader): Request };
  export const BindResponse: new (options: ResultOptions) => Response;
  export const SearchResultDone: new (options: ResultOptions) => Response;
  export const SearchResultReference: new (options: { messageId: number; uri: string[] }) => Response;
  export const SearchResultEntry: new (options: {
    messageId: number;
    objectName: string;
    attributes: { type: string; values: (string | Buffer)[] }[];
  }) => Response;
  export const ExtensionResponse: new (
    options: ResultOptions & { responseName?: string; responseValue?: string },
  ) => Response;
}
