/** A header as [name, value]; repeats are repeated pairs. */
export type Header = readonly [name: string, value: string];

/** A request on its way out, before or after signing. Never changed in place. */
export interface OutgoingRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: readonly Header[];
  /** Bytes that a signature may cover; a stream's bytes can not be covered. */
  readonly body: Buffer | null;
  /** A body follows as a stream, whose bytes nobody has seen yet. */
  readonly streamed?: true;
}

/** The same request with `name` set to `value` alone, whatever case it was written in. */
export function withHeader(request: OutgoingRequest, name: string, value: string): OutgoingRequest {
  const lower = name.toLowerCase();
  const others = request.headers.filter(([other]) => other.toLowerCase() !== lower);
  return { ...request, headers: [...others, [name, value]] };
}

/** The same request with the query parameter `name` set to `value` alone; the others keep their bytes. */
export function withQuery(request: OutgoingRequest, name: string, value: string): OutgoingRequest {
  const url = new URL(request.url);
  const own = `${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
  url.search = appended(searchWithout(url, [name]), own);
  return { ...request, url };
}

/** What URL.search would be without the parameters called `names`; the others keep their bytes. */
export function searchWithout(url: URL, names: readonly string[]): string {
  const parts = url.search === "" ? [] : url.search.slice(1).split("&");
  const others = parts.filter((part) => {
    const named = new URLSearchParams(`&${part}`);
    return !names.some((name) => named.has(name));
  });
  // Assigned without its "?", a query that begins with another one would lose that.
  return others.length === 0 ? "" : `?${others.join("&")}`;
}

/** What URL.search would be with `parameters` behind what is there. */
export function appended(search: string, parameters: string): string {
  return search === "" ? `?${parameters}` : `${search}&${parameters}`;
}

export function headerValue(request: OutgoingRequest, name: string): string | undefined {
  return request.headers.find(([other]) => other.toLowerCase() === name)?.[1];
}
