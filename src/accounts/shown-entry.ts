import { isUtf8 } from "node:buffer";
import type { Entry } from "../outbound/ldap/message.ts";
import type { Redactor } from "../outbound/redact.ts";

/** An entry of a directory as JSON can carry it. */
export interface ShownEntry {
  dn: string;
  attributes: Record<string, string[]>;
  /** Names of those attributes whose values are in base64; left out when there is none. */
  binary?: string[];
}

// Attributes whose values are bytes even where these happen to be a text: of RFC 4523, RFC 2798 and Active Directory.
const BINARY = new Set(
  (
    "usercertificate cacertificate crosscertificatepair certificaterevocationlist authorityrevocationlist deltarevocationlist " +
    "usersmimecertificate userpkcs12 jpegphoto photo audio thumbnailphoto thumbnaillogo personalsignature " +
    "objectguid objectsid sidhistory ms-ds-consistencyguid msexchmailboxguid msexcharchiveguid tokengroups " +
    "securityidentifier ntsecuritydescriptor logonhours dnsrecord replpropertymetadata msds-generationid"
  ).split(" "),
);
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/;

/** The entry cleaned of the secret (statement E-13). Values that are no text are in base64. */
export function shownEntry({ dn, attributes }: Entry, redactor: Redactor): ShownEntry {
  const binary = attributes.filter(([name, values]) => isBinary(name, values)).map(([name]) => name);
  const shown = attributes.map(([name, values]): [string, string[]] => {
    const clean = values.map((value) => redactor.redactBytes(value));
    return [name, clean.map((value) => value.toString(binary.includes(name) ? "base64" : "utf8"))];
  });
  return {
    dn: redactor.redactText(dn),
    attributes: Object.fromEntries(shown),
    ...(binary.length > 0 && { binary }),
  };
}

function isBinary(name: string, values: Buffer[]): boolean {
  const [base = "", ...options] = name.toLowerCase().split(";");
  return (
    BINARY.has(base) ||
    options.includes("binary") ||
    values.some((value) => !isUtf8(value) || CONTROL.test(value.toString("utf8")))
  );
}
