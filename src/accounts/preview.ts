import type { Context } from "../context.ts";
import { circumstances } from "./circumstances.ts";
import type { Plan } from "./plan.ts";
import { parseBody } from "./answer.ts";

/** What would be sent, with ••• where the secret goes; nothing is opened and nothing is sent. */
export interface Preview {
  simulated: true;
  request: { method: string; url: string; headers: Record<string, string | string[]>; body: unknown };
  explain: Record<string, unknown>;
  rule: { because: string; share: string | null };
  allowed: true;
}

/** The masked form of a planned request, and which rule allows it. */
export function preview(ctx: Context, { ready, request, verdict }: Plan): Preview {
  const present = circumstances(ctx, ready.challenges.peek(request.url.origin));
  const once = present.nonce();
  // What is explained is the very request that is shown.
  const now = { ...present, nonce: () => once };
  const { settings } = ready.service;
  const masked = ready.kind.preview(request, settings, now);
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of masked.headers) {
    const key = name.toLowerCase();
    const before = headers[key];
    headers[key] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
  }
  const body = masked.body === null ? null : parseBody({ headers, body: masked.body, truncated: false });
  return {
    simulated: true,
    request: {
      method: masked.method,
      url: decodeMask(masked.url.href),
      headers,
      body: body === null ? null : (body.body ?? { base64: body.body_base64 }),
    },
    explain: {
      ...ready.kind.explain?.(request, settings, now),
      kind: ready.kind.id,
      account: ready.account.name,
      hosts: ready.hosts,
      base_url: ready.baseUrl,
    },
    rule: { because: verdict.because, share: verdict.share },
    allowed: true,
  };
}

/** URLs percent-encode the mask; people should still recognise it. */
function decodeMask(href: string): string {
  return href.replaceAll("%E2%80%A2", "•");
}
