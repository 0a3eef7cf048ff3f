import { z } from "zod";

const SHAPE = /^(ldaps?):\/\/([^/?#@\s\\]+)\/?$/i;
const PORTS = { ldap: 389, ldaps: 636 };

/** What the address of a directory says; undefined when it is none. Host names as URLs print them. */
export function readAddress(url: string): { host: string; port: number; encrypted: boolean } | undefined {
  const [, scheme, place] = SHAPE.exec(url) ?? [];
  if (scheme === undefined || place === undefined || !URL.canParse(`https://${place}`)) return undefined;
  const parsed = new URL(`https://${place}`);
  const encrypted = scheme.toLowerCase() === "ldaps";
  // Port 443 is how the parser says none; it is no port of a directory, unless it was written.
  const port =
    parsed.port === "" ? (/:443$/.test(place) ? 443 : PORTS[encrypted ? "ldaps" : "ldap"]) : Number(parsed.port);
  return { host: parsed.hostname.replace(/\.$/, ""), port, encrypted };
}

/** The address of a directory, as settings hold it. */
export const directoryUrl = z
  .string()
  .trim()
  .max(500)
  .refine((text) => !/^ldaps?:\/\/[^/]+\/[^/?]/i.test(text), {
    message: "Enter the address alone; the base DN has a field of its own.",
    abort: true,
  })
  .refine(
    (text) => (readAddress(text)?.port ?? 0) > 0,
    "Enter an address such as ldaps://ldap.example.com or ldap://10.0.0.5:389.",
  );
