import { catalogEntry } from "../../services/catalog.ts";
import type { LeftOut } from "../read.ts";
import { listOf } from "./nodes.ts";
import { catalogKey } from "./prompts.ts";

interface Record_ {
  uid?: unknown;
  _context?: unknown;
  name?: unknown;
  uri?: unknown;
}

/** Connected services of a package, from our catalog, with what that asks for as prompts; other records are left out. */
export function servicesOf(records: unknown, base: string, leftOut: LeftOut[]) {
  const services: Record<string, unknown>[] = [];
  const prompts: Record<string, unknown>[] = [];
  for (const [index, record] of listOf<Record_>(records).entries()) {
    const path = `records.${index}`;
    const kind = String(record._context ?? "unknown");
    const name = String(record.name ?? "");
    if (!/connected[_.]service$/.test(kind)) {
      const account = /connected[_.]account$/.test(kind);
      const reason = account
        ? "Accounts are linked by people, and never part of a package."
        : `Records of the type “${kind}” have no counterpart.`;
      leftOut.push({ path, reason });
      continue;
    }
    const key = catalogKey(String(record.uri ?? "")) ?? catalogKey(name);
    if (key === undefined) {
      leftOut.push({ path, reason: `There is no service “${name}” in the library. Build it by hand.` });
      continue;
    }
    const asked = catalogEntry(key).prompts.filter((prompt) => prompt.required && prompt.default === undefined);
    const keyed = asked.map((prompt) => ({ ...prompt, as: `${key.replace(/\W+/g, "_")}_${prompt.key}` }));
    prompts.push(
      ...keyed.map(({ as, label, help, type }) => ({
        ...{ key: /^[a-z]/.test(as) ? as : `s_${as}`, type: type === "secret" ? "secret" : "text", label },
        ...(help !== undefined && { help }),
      })),
    );
    const settings = keyed.map(({ key: name, as }) => [name, `{{{ prompts.${/^[a-z]/.test(as) ? as : `s_${as}`} }}}`]);
    services.push({
      uid: `${base}/${String(record.uid ?? key)}`,
      catalog: key,
      name,
      settings: Object.fromEntries(settings),
    });
  }
  return { services, prompts };
}
