import { SignetError } from "../../errors.ts";
import type { Ask, Grant } from "../kind.ts";
import type { Settings } from "./settings.ts";
import { parseJson, walk, type Secret } from "./token-answer.ts";

/** One request with the new token for what the token answer does not tell, such as a tenant's id. */
export async function withMetadata(settings: Settings, grant: Grant<Secret>, ask: Ask): Promise<Grant<Secret>> {
  if (settings.metadata_url === undefined) return grant;
  const headers = { accept: "application/json", authorization: `Bearer ${grant.secret.access_token}` };
  const { status, text } = await ask({ method: "GET", url: settings.metadata_url, headers });
  if (status !== 200) throw new SignetError("upstream_invalid", `The address asked after linking answered ${status}.`);
  const answer = parseJson(text);
  const metadata: Record<string, string> = {};
  for (const [name, dotted] of Object.entries(settings.metadata)) {
    const value = walk(answer, dotted);
    if (typeof value !== "string" && typeof value !== "number") {
      throw new SignetError(
        "upstream_invalid",
        `The address asked after linking did not tell "${name}". Nothing to work with was granted, perhaps.`,
      );
    }
    metadata[name] = String(value);
  }
  return { ...grant, secret: { ...grant.secret, metadata } };
}
