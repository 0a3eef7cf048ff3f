import { z } from "zod";
import { readAddress, directoryUrl } from "../directory-url.ts";
import type { Directory, Kind } from "../kind.ts";
import { flag, list } from "../shapes.ts";
import { serviceCertificate } from "../tls.ts";

interface Settings {
  url: string;
  start_tls: boolean;
  base_dn: string;
  attributes: string[];
  bind: "simple" | "external";
}

interface Secret {
  dn?: string | undefined;
  password?: string | undefined;
}

const noControl = /^[^\u0000-\u001f\u007f]*$/;
const dn = z.string().trim().max(2000).regex(noControl, "A name holds no line breaks or control characters.");

/** A directory that is searched over LDAP (RFC 4511); no HTTP request can carry this credential. */
export const ldap: Kind<Settings, Secret> = {
  id: "ldap",
  label: "LDAP directory",
  summary: "Searches a directory such as OpenLDAP or Active Directory; not for HTTP requests.",
  settings: [
    {
      name: "url",
      label: "Address",
      type: "url",
      required: true,
      example: "ldaps://ldap.example.com",
      help: "ldaps:// is encrypted from the start (port 636), ldap:// by StartTLS (port 389).",
    },
    {
      name: "start_tls",
      label: "StartTLS",
      type: "switch",
      help: "Encrypts a connection to an ldap:// address before anything is said. Without it the password crosses the network in the clear, which the operator has to allow for the address (OUTBOUND_ALLOW).",
    },
    {
      name: "base_dn",
      label: "Base DN",
      type: "text",
      example: "dc=example,dc=com",
      help: "Where a search begins that names no place of its own.",
    },
    {
      name: "attributes",
      label: "Attributes",
      type: "list",
      example: "cn mail memberOf",
      help: "What a search asks for that names none. Default: all that users see.",
      advanced: true,
    },
    {
      name: "bind",
      label: "How accounts sign in",
      type: "choice",
      options: [
        { value: "simple", label: "Bind DN and password" },
        { value: "external", label: "With the client certificate of the service (SASL EXTERNAL)" },
      ],
      advanced: true,
    },
  ],
  settingsSchema: z
    .strictObject({
      url: directoryUrl,
      start_tls: flag.default(true),
      base_dn: dn.default(""),
      attributes: list.default([]),
      bind: z.enum(["simple", "external"]).default("simple"),
    })
    .superRefine((settings, context) => {
      const message = "Enter the client certificate with which accounts sign in.";
      if (settings.bind === "external" && !serviceCertificate(settings))
        context.addIssue({ code: "custom", path: ["tls_certificate"], message });
    }),
  secret: (settings) =>
    settings.bind === "external"
      ? []
      : [
          {
            name: "dn",
            label: "Bind DN",
            type: "text",
            required: true,
            example: "cn=reader,dc=example,dc=com",
            help: "Active Directory also takes reader@example.com.",
          },
          { name: "password", label: "Password", type: "text", required: true, hidden: true },
        ],
  secretSchema: z.strictObject({
    dn: dn.optional(),
    // Without a password a directory signs anybody in as nobody, and says that it worked (RFC 4513 section 5.1.2).
    password: z
      .string()
      .min(1, "Enter the password.")
      .max(8192)
      .refine((text) => !text.includes("\0"), "It has a null character; copy it again.")
      .optional(),
  }),
  sign: (request) => request,
  preview: (request) => request,
  slots: () => ({ headers: [], query: [], body: [] }),
  sensitive: (secret) => (secret.password === undefined ? [] : [secret.password]),
  facts: (secret) =>
    secret.dn === undefined
      ? []
      : [
          { label: "Bind DN", value: secret.dn },
          { label: "Password", value: "saved, hidden" },
        ],
  directory: {
    at: (settings): Directory => {
      const { host, port, encrypted } = readAddress(settings.url)!;
      const security = encrypted ? "tls" : settings.start_tls ? "starttls" : "none";
      return { host, port, security, base: settings.base_dn, attributes: settings.attributes };
    },
    bind: (secret, settings) =>
      settings.bind === "external"
        ? { method: "external" }
        : { method: "simple", dn: secret.dn ?? "", password: secret.password ?? "" },
  },
};
