const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "object-src 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
];

/** On every answer that Signet itself makes: pages, JSON, errors (statements W-8 and W-9). */
export function securityHeaders(https: boolean): Record<string, string> {
  return {
    "content-security-policy": contentSecurityPolicy(),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "cache-control": "no-store",
    ...(https ? { "strict-transport-security": "max-age=63072000; includeSubDomains" } : {}),
  };
}

/**
 * The policy of a page. Browsers apply form-action to redirects too, and a provider may redirect on to hosts nobody
 * knows beforehand, so a page whose form leads to a provider allows its origin and https (docs/decisions/0008).
 */
export function contentSecurityPolicy(formAction?: string): string {
  const allowed = formAction === undefined ? "'self'" : `'self' https: ${formAction}`;
  return [...CONTENT_SECURITY_POLICY, `form-action ${allowed}`].join("; ");
}
