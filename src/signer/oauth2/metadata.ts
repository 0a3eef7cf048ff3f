import { SignetError } from "../../errors.ts";
import { fillAddress } from "../blanks.ts";
import type { Ask, Grant } from "../kind.ts";
import { attach } from "./attach.ts";
import { blanksOf } from "./blanks.ts";
import type { Settings } from "./settings.ts";
import { parseJson, walk } from "../json.ts";
import { asMetadata, type Secret } from "./token-answer.ts";

/** One request with the new token for what the token answer does not tell, such as a tenant's id. */
export async function withMetadata(settings: Settings, grant: Grant<Secret>, ask: Ask): Promise<Grant<Secret>> {
  if (settings.metadata_url === undefined) return grant;
  const address = fillAddress(settings.metadata_url, blanksOf(settings, grant.secret));
  if (address === undefined)
    throw new SignetError("upstream_invalid", "The provider did not tell what the address asked after linking needs.");
  const plain = {
    method: "GET",
    url: new URL(address),
    headers: [["accept", "application/json"]] as const,
    body: null,
  };
  const request = attach(plain, grant.secret, settings);
  const { status, text } = await ask({
    method: "GET",
    url: request.url.href,
    headers: Object.fromEntries(request.headers),
  });
  if (status !== 200) throw new SignetError("upstream_invalid", `The address asked after linking answered ${status}.`);
  const answer = parseJson(text);
  const metadata: Record<string, string> = { ...grant.secret.metadata };
  for (const [name, dotted] of Object.entries(settings.metadata)) {
    const value = asMetadata(walk(answer, dotted));
    if (value === undefined) {
      throw new SignetError(
        "upstream_invalid",
        `The address asked after linking did not tell "${name}". Nothing to work with was granted, perhaps.`,
      );
    }
    metadata[name] = value;
  }
  return { ...grant, secret: { ...grant.secret, metadata } };
}

/** The same for what is won without a link, the first time: what was learned then stays. */
export async function withFirstMetadata(
  settings: Settings,
  before: Secret,
  grant: Grant<Secret>,
  ask: Ask,
): Promise<Grant<Secret>> {
  if (before.metadata !== undefined) return grant;
  const whole = await withMetadata(settings, grant, ask);
  return { ...whole, metadata: whole.secret.metadata };
}
