import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { once } from "node:events";
import type { Certified } from "./certificates.ts";

/** A real OpenLDAP server of this machine, with its own data folder. */
export interface Slapd {
  port: number;
  tlsPort: number;
  close(): Promise<void>;
}

export const SUFFIX = "dc=example,dc=com";
export const READER = `cn=reader,${SUFFIX}`;

/** As whom a certificate of that name signs in. */
export const LIMITED = "cn=signet for ben";

const SCHEMAS = ["/etc/ldap/schema", "/etc/openldap/schema", "/opt/homebrew/etc/openldap/schema"];
const MODULES = ["/usr/lib/ldap", "/usr/lib64/openldap", "/usr/libexec/openldap"];

/** Why there is no OpenLDAP on this machine to test with; undefined when there is. */
export function noSlapd(): string | undefined {
  if (program() === undefined) return "OpenLDAP (slapd) is not installed on this machine.";
  if (!SCHEMAS.some((folder) => existsSync(join(folder, "inetorgperson.schema"))))
    return "OpenLDAP (slapd) is installed, but its schema files are not where they are known to be.";
  return undefined;
}

/** Starts it with the entries of `ldif`. The reader may read everything; clients may show certificates. */
export async function startSlapd(own: Certified, authority: Certified, password: string, ldif: string): Promise<Slapd> {
  const folder = await mkdtemp(join(tmpdir(), "signet-slapd-"));
  const at = (name: string) => join(folder, name);
  await mkdir(at("data"));
  await writeFile(at("ca.pem"), authority.certificate);
  await writeFile(at("own.pem"), own.certificate);
  await writeFile(at("own.key"), own.key, { mode: 0o600 });
  await writeFile(at("entries.ldif"), `${ldif}\n${reader(password)}`);
  await writeFile(at("slapd.conf"), configuration(folder));
  const [slapd, [port, tlsPort]] = [program()!, await Promise.all([freePort(), freePort()])];
  execFileSync(slapd, ["-T", "add", "-f", at("slapd.conf"), "-l", at("entries.ldif")], { stdio: "pipe" });
  const urls = `ldap://127.0.0.1:${port} ldaps://127.0.0.1:${tlsPort}`;
  const server = spawn(slapd, ["-f", at("slapd.conf"), "-h", urls, "-d", "256"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  await new Promise<void>((resolve, reject) => {
    let said = "";
    server.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes("slapd starting")) resolve();
    });
    server.once("exit", () => reject(new Error(`slapd ended: ${said}`)));
  });
  return {
    port,
    tlsPort,
    close: async () => {
      const gone = once(server, "exit");
      server.kill();
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function reader(password: string): string {
  const sealed = Buffer.from(password).toString("base64");
  return `dn: ${READER}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: reader\nuserPassword:: ${sealed}\n`;
}

function configuration(folder: string): string {
  const schema = SCHEMAS.find((path) => existsSync(path))!;
  const modules = MODULES.find(
    (path) => existsSync(join(path, "back_mdb.so")) || existsSync(join(path, "back_mdb.la")),
  );
  return [
    ...["core", "cosine", "inetorgperson"].map((name) => `include ${schema}/${name}.schema`),
    ...(modules ? [`modulepath ${modules}`, "moduleload back_mdb"] : []),
    `TLSCACertificateFile ${folder}/ca.pem`,
    `TLSCertificateFile ${folder}/own.pem`,
    `TLSCertificateKeyFile ${folder}/own.key`,
    "TLSVerifyClient try",
    "database mdb",
    `suffix ${SUFFIX}`,
    `directory ${folder}/data`,
    // The one gets ten, whatever it does; the others so many at once, and all of them page by page.
    `limits dn.exact="${LIMITED}" size.soft=10 size.hard=10`,
    "limits * size.soft=30 size.hard=30 size.prtotal=unlimited",
    "access to attrs=userPassword by anonymous auth",
    "access to * by users read by anonymous auth",
    "",
  ].join("\n");
}

function program(): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin", "/usr/libexec"];
  return folders.map((folder) => join(folder, "slapd")).find((path) => existsSync(path));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
