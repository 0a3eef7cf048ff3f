import { SignetError } from "../../errors.ts";
import { BEHIND_REGION, ENDS, SIGNED_AS } from "./names.ts";

/** What a signature is bound to besides the request: it is good for this service in this region only. */
export interface Target {
  region: string;
  service: string;
}

const AREA = "(?:us|eu|ap|sa|ca|me|af|il|mx|cn|eusc)(?:-[a-z]+)+-\\d+";
const REGION = new RegExp(`^${AREA}$`);
/** The oldest hosts of the object store have their region in the same label. */
const JOINED = new RegExp(`^(s3(?:-fips)?)-(${AREA})$`);
/** Labels that tell by which road, not to whom. */
const ROADS = new Set(["dualstack", "global", "us-gov", "vpce"]);

/**
 * Region and service as the host tells them; where it does not, as the settings do. Throws `invalid` when neither
 * tells, and for the one host that wants signatures of another kind.
 */
export function targetOf(
  host: string,
  settings: { region?: string | undefined; service?: string | undefined },
): Target {
  const end = [...ENDS.keys()].find((known) => host.endsWith(`.${known}`));
  if (end === undefined) return bySettings(host, settings);
  const labels = host.slice(0, -end.length - 1).split(".");
  if (labels.at(-1) === "s3-global") throw asymmetric();
  const { region, before, behind } = split(labels.filter((label) => !ROADS.has(label)));
  const service = BEHIND_REGION.get(behind) ?? signedAs(before);
  if (region !== undefined) return { region, service };
  if (labels.at(-1) === "us-gov") return { region: "us-gov-west-1", service };
  // A bucket may live anywhere; everything else without a region in its host is at home.
  return { region: (service === "s3" ? settings.region : undefined) ?? ENDS.get(end)!, service };
}

function bySettings(
  host: string,
  { region, service }: { region?: string | undefined; service?: string | undefined },
): Target {
  if (region !== undefined && service !== undefined) return { region, service };
  throw new SignetError(
    "invalid",
    `${host} does not tell for which region and service to sign. Enter both in the service's settings.`,
    { issues: [{ path: "url", message: "The host does not tell the region and the service." }] },
  );
}

function asymmetric(): SignetError {
  return new SignetError(
    "invalid",
    "Multi-region access points take only asymmetric signatures (SigV4a), which Signet does not make. Use a bucket's own host.",
    { issues: [{ path: "url", message: "Use a bucket's own host." }] },
  );
}

/** The last label that is a region, and what stands around it. */
function split(labels: string[]): { region: string | undefined; before: string[]; behind: string } {
  const last = labels.at(-1) ?? "";
  const joined = JOINED.exec(last);
  if (joined) return { region: joined[2]!, before: [joined[1]!], behind: "" };
  const at = labels.findLastIndex((label) => REGION.test(label));
  // A bucket may be called like a region.
  if (at < 0 || last.startsWith("s3")) return { region: undefined, before: labels, behind: "" };
  return { region: labels[at], before: labels.slice(0, at), behind: labels[at + 1] ?? "" };
}

function signedAs(labels: string[]): string {
  const plain = labels.map((label) => label.replace(/-fips$/, ""));
  for (let length = 3; length > 0; length--) {
    if (plain.length < length) continue;
    const [first, ...others] = plain.slice(-length);
    const known =
      SIGNED_AS.get([first, ...others].join(".")) ??
      (others.length > 0 ? SIGNED_AS.get(["*", ...others].join(".")) : undefined);
    if (known !== undefined) return known;
  }
  const last = plain.at(-1) ?? "";
  // The zone is part of the label.
  return last.startsWith("s3express-") ? "s3express" : last;
}
