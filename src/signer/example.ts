/** A request of a provider's documentation, its credential or what stands there for one still in it. */
export interface Example {
  headers: [name: string, value: string][];
  query: [name: string, value: string][];
  /** As `name:password`, for HTTP authentication. */
  user?: string | undefined;
  /** HTTP authentication is to be by digest. */
  digest?: boolean;
  /** Signature Version 4 is asked for, as "provider:provider:region:service". */
  signature?: string;
}

/** The value of the header called so in any case. */
export function headerIn(example: Example, name: string): string | undefined {
  return example.headers.find(([other]) => other.toLowerCase() === name)?.[1].trim();
}
