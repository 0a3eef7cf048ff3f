/** A visitor's browser in few lines: keeps cookies, follows redirects inside one origin, fills forms. */
class Visitor {
  readonly #cookies = new Map<string, string>();

  /** Goes there, and on to where it leads until a page comes or another origin begins. */
  async visit(address: URL, form?: URLSearchParams): Promise<{ address: URL; html: string }> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const method = form === undefined ? "GET" : "POST";
    const response = await fetch(address, { method, headers: { cookie }, redirect: "manual", body: form ?? null });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    const html = await response.text();
    const location = response.headers.get("location");
    if (location === null) return { address, html };
    const next = new URL(location, address);
    return next.origin === address.origin ? this.visit(next) : { address: next, html: "" };
  }

  #keep(line: string): void {
    const [name, value] = line.split(";")[0]!.split("=") as [string, string];
    if (value === "") this.#cookies.delete(name);
    else this.#cookies.set(name, value);
  }
}

/**
 * Signs in at Acme as one of its people and allows everything, exactly as somebody at a browser would. Returns what
 * comes back to the callback address.
 */
export async function consentAtAcme(authorize: URL, person: string): Promise<URLSearchParams> {
  const visitor = new Visitor();
  const signIn = await visitor.visit(authorize);
  const consent = await visitor.visit(formOf(signIn, "sign-in"), new URLSearchParams({ person }));
  const scopes = [...consent.html.matchAll(/name="scope" value="([^"]+)"/g)].map(([, scope]) => scope!);
  const ticked = new URLSearchParams(scopes.map((scope) => ["scope", scope]));
  const back = await visitor.visit(formOf(consent, "consent"), ticked);
  if (back.address.origin === authorize.origin) throw new Error("Acme did not send the consent back.");
  return back.address.searchParams;
}

function formOf(page: { address: URL; html: string }, step: string): URL {
  const action = new RegExp(`action="(/interaction/[^"]+/${step})"`).exec(page.html)?.[1];
  if (action === undefined) throw new Error(`Acme did not show the page "${step}".`);
  return new URL(action, page.address);
}
