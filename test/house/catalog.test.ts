import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { define } from "../../src/services/service.ts";
import { hostAllowed, hostOf, parseHost } from "../../src/services/hosts.ts";
import { catalog, fillEntry, type CatalogEntry, type FilledEntry, type Prompt } from "../../src/services/catalog.ts";
import { allKinds, kindOf } from "../../src/signer/kinds.ts";
import { certify } from "../support/certificates.ts";
import { filesIn, sourcesIn, stringsOf, textOf } from "./source.ts";

// Providers are data. What is written here holds for every entry, and no entry is named in code.

const FOLDER = "src/services/catalog";
const files = filesIn(FOLDER, ".json");
const keys = new Set(files.map((path) => basename(path, ".json")));

/** Keys that are also ordinary words of the code, each with where the word comes from. */
const WORDS = new Map([
  ["cerb", "a kind of authentication, which is called as the product that invented it"],
  ["buffer", "what a hash is asked for as"],
  ["close", "an event of sockets and streams"],
  ["x", "an icon"],
]);

const CERTIFIED = certify({ name: "sample" });
const PEM = {
  tls_ca: CERTIFIED.certificate,
  tls_certificate: CERTIFIED.certificate,
  tls_private_key: CERTIFIED.key,
};

/** An answer such as a person could give. */
function sample(prompt: Prompt): string | string[] {
  if (prompt.key in PEM) return PEM[prompt.key as keyof typeof PEM];
  if (prompt.default !== undefined && prompt.default !== "") return prompt.default;
  switch (prompt.type) {
    case "host":
      return "sample.example.com";
    case "url":
      return "https://sample.example.com/path";
    case "choice":
      return prompt.options![0]!.value;
    case "scopes":
      return ["read"];
    case "list":
      return prompt.key === "hosts" ? ["sample.example.com"] : ["sample"];
    case "text":
      return prompt.example ?? "sample";
    case "secret":
      return "sample";
  }
}

function filled(entry: CatalogEntry): FilledEntry {
  return fillEntry(entry, Object.fromEntries(entry.prompts.map((prompt) => [prompt.key, sample(prompt)])));
}

/** Names that are filled only when an account is linked, entered or used. */
function laterOf({ kind }: CatalogEntry, { settings }: FilledEntry): Set<string> {
  const learned = ["metadata", "token_metadata", "callback_metadata"].flatMap((name) =>
    Object.keys(settings[name] ?? {}),
  );
  const parsed = kindOf(kind).settingsSchema.safeParse(settings);
  const entered = parsed.success
    ? kindOf(kind)
        .secret(parsed.data)
        .map(({ name }) => name)
    : [];
  return new Set([...learned, ...entered, "token", "code"]);
}

/** Every address in an entry, with where it stands. */
function addresses(entry: FilledEntry): [where: string, url: string][] {
  const settings = Object.entries(entry.settings).filter(([name, value]) => /_url$/.test(name) && value !== undefined);
  const test = (entry.test as { url?: string } | undefined)?.url;
  return [
    ...settings.map(([name, value]) => [name, String(value)] as [string, string]),
    ...(entry.base_url === undefined ? [] : [["base_url", entry.base_url] as [string, string]]),
    ...(test === undefined || test.startsWith("/") ? [] : [["test", test] as [string, string]]),
  ];
}

test("every file is JSON whose key is its name, and is an entry", () => {
  for (const path of files) {
    expect((JSON.parse(textOf(path)) as { key: string }).key, path).toBe(basename(path, ".json"));
  }
  expect(
    catalog()
      .map(({ key }) => key)
      .sort(),
  ).toEqual([...keys].sort());
  expect(keys.size).toBeGreaterThan(200);
});

test("no entry is named in code", () => {
  const named = sourcesIn("src").flatMap((source) =>
    stringsOf(source)
      .filter((text) => keys.has(text) && !text.startsWith("generic-") && !WORDS.has(text))
      .map((text) => `${source.path} names "${text}"`),
  );
  expect(named).toEqual([]);
});

describe.each(catalog().map((entry) => ({ key: entry.key, entry })))("$key", ({ entry }) => {
  const given = filled(entry);

  test("has a kind that knows its settings", () => {
    expect(allKinds().map(({ id }) => id)).toContain(entry.kind);
    const parsed = kindOf(entry.kind).settingsSchema.safeParse(given.settings);
    expect(parsed.error?.issues ?? []).toEqual([]);
  });

  test("has addresses that are https, without anybody's name in them", () => {
    for (const [where, url] of addresses(given)) {
      expect(URL.canParse(url), `${where}: ${url}`).toBe(true);
      const { protocol, username, hash } = new URL(url);
      expect([protocol, username, hash], `${where}: ${url}`).toEqual(["https:", "", ""]);
    }
  });

  test("has hosts in the form they are kept in, to which its own requests may go", () => {
    // Where a service is built by hand, hosts are asked for besides the base URL's own.
    const own = entry.key.startsWith("generic-") && given.base_url ? [hostOf(given.base_url)] : [];
    const hosts = kindOf(entry.kind).directory ? define(given).hosts : [...own, ...given.hosts];
    expect(hosts.length).toBeGreaterThan(0);
    for (const host of hosts) expect(parseHost(host)).toEqual({ host });
    const base = given.base_url ?? null;
    for (const [where, url] of addresses(given)) {
      // A host that each account fills in is judged when the account is linked.
      if ((where !== "base_url" && where !== "test") || url.startsWith("https://{")) continue;
      expect(hostAllowed(hosts, new URL(url), base), `${where}: ${url} by ${hosts.join()}`).toBe(true);
    }
  });

  test("leaves no blank unfilled, and asks for nothing that it does not use", () => {
    // The settings of other kinds may hold templates with names of their own.
    const settings = ["oauth2", "api_key"].includes(entry.kind) ? given.settings : {};
    const left = JSON.stringify([settings, given.hosts, given.base_url, given.headers, given.test]);
    // Names with a dot belong to the credential; the others are learned of each account, or entered with it.
    const later = new Set([...laterOf(entry, given)].map((name) => `{${name}}`));
    const prompted = new Set(entry.prompts.map(({ key }) => `{${key}}`));
    for (const blank of left.match(/\{[a-z0-9_.]+\}/g) ?? []) {
      expect(prompted.has(blank), blank).toBe(false);
      if (!blank.includes(".")) expect([...later], blank).toContain(blank);
    }
    const whole = JSON.stringify({ ...entry, prompts: [] });
    for (const prompt of entry.prompts) expect(whole, prompt.key).toContain(`{${prompt.key}}`);
  });

  test("hides what is secret, and says so to nobody as a default", () => {
    for (const prompt of entry.prompts) {
      if (/secret|password|private_key/.test(prompt.key)) expect(prompt.type, prompt.key).toBe("secret");
      if (prompt.type === "secret") expect(prompt.default, prompt.key).toBeUndefined();
      if (prompt.type === "choice") expect(prompt.options?.length, prompt.key).toBeGreaterThan(1);
    }
    expect(new Set(entry.prompts.map(({ key }) => key)).size).toBe(entry.prompts.length);
  });

  test("puts secrets into hidden settings, whole, and nowhere else", () => {
    const hidden = new Set(
      kindOf(entry.kind)
        .settings.filter((field) => field.hidden)
        .map(({ name }) => name),
    );
    for (const prompt of entry.prompts.filter(({ type }) => type === "secret")) {
      const blank = `{${prompt.key}}`;
      const holding = Object.entries(entry.settings).filter(([, value]) => JSON.stringify(value).includes(blank));
      expect(holding.map(([name, value]) => [hidden.has(name), value])).toEqual([[true, blank]]);
      const { hosts, base_url, headers, test } = entry;
      expect(JSON.stringify([hosts, base_url, headers, test])).not.toContain(blank);
    }
  });
});

describe("a drawing", () => {
  const drawings = [...filesIn("views/assets", ".svg"), ...filesIn(FOLDER, ".svg")];

  test("there is one for the hub at least", () => {
    expect(drawings.length).toBeGreaterThan(0);
  });

  test.each(drawings)("runs nothing and loads nothing: %s", (path) => {
    const svg = textOf(path);
    expect(svg).toMatch(/^\s*(<\?xml[^>]*>\s*)?<svg[\s>]/);
    expect(svg).not.toMatch(
      /<!DOCTYPE|<!ENTITY|<script|<foreignObject|<iframe|<embed|<object|<set\b|<animate|<a[\s>]/i,
    );
    expect(svg).not.toMatch(/\son[a-z]+\s*=/i);
    expect(svg).not.toMatch(/javascript:|@import|data:text/i);
    for (const [, target] of svg.matchAll(/\b(?:href|src)\s*=\s*["']?([^"'\s>]*)/gi)) {
      expect(target).toMatch(/^(#|data:image\/(png|jpeg|webp);base64,)/);
    }
    for (const [, target] of svg.matchAll(/url\(\s*["']?([^"')]*)/gi)) expect(target).toMatch(/^#/);
  });
});
