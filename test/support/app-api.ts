import type { App } from "./app.ts";

export interface ApiAnswer {
  status: number;
  /** The parsed JSON: an answer, or a problem with its code. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
}

/** One call to the JSON API, as a program makes it. */
export async function api(app: App, token: string, method: string, path: string, body?: unknown): Promise<ApiAnswer> {
  const response = await fetch(`${app.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { "content-type": "application/json" }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}
