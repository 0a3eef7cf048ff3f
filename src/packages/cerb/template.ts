import { LeftOutHere, type Scope } from "./scope.ts";
import { expression, type Converted } from "./twig.ts";

const PIECE = /\{\{\{\s*([\s\S]+?)\s*\}\}\}|\{\{([\s\S]+?)\}\}|\{%([\s\S]*?)%\}|\{#[\s\S]*?#\}/g;

/** A piece of a script: text, a prompt of the package, or an expression. */
type Piece = string | { prompt: string } | { value: Converted };

/** The pieces of a script. Throws LeftOutHere for blocks, and for what can not be carried over. */
export function pieces(text: string, scope: Scope): Piece[] {
  const found: Piece[] = [];
  let done = 0;
  for (const match of text.matchAll(PIECE)) {
    const [all, prompt, value, block] = match;
    if (match.index > done) found.push(text.slice(done, match.index));
    done = match.index + all.length;
    if (prompt !== undefined) found.push({ prompt: promptKey(prompt, scope) });
    else if (value !== undefined) found.push({ value: expression(value, scope) });
    else if (block !== undefined) throw new LeftOutHere(`The block “{%${block.slice(0, 60)}%}” has no counterpart.`);
  }
  if (done < text.length) found.push(text.slice(done));
  return found;
}

/** A script as a template; as the value itself where it is one expression. In an address, encoding goes by itself. */
export function template(text: string, scope: Scope, place: "value" | "url" = "value"): string {
  return pieces(text, scope)
    .map((piece) => {
      if (typeof piece === "string") return piece;
      if ("prompt" in piece) return `{{{ prompts.${piece.prompt} }}}`;
      const { value } = piece;
      return `{{ ${place === "url" && value.inner?.filter === "url" ? value.inner.of.cel : value.cel} }}`;
    })
    .join("");
}

/** The one expression of a script that is nothing else. */
export function single(text: string, scope: Scope): Converted | undefined {
  const [only, ...rest] = pieces(text.trim(), scope);
  return only !== undefined && typeof only === "object" && "value" in only && rest.length === 0
    ? only.value
    : undefined;
}

/** A whole value of JSON: an object that a script builds key by key, or JSON text with expressions in it. */
export function jsonValue(text: string, scope: Scope): unknown {
  const built = builtObject(text, scope);
  if (built !== undefined) return built;
  const value = single(text, scope);
  if (value)
    return `{{ ${value.inner?.filter === "json" ? value.inner.of.cel : value.parsed ? value.cel : `parse_json(${value.cel})`} }}`;
  return jsonWithScripts(text, scope);
}

/** {% set x = {} %}, {% set x = dict_set(x, 'key', value) %} …, {{x|json_encode}} */
function builtObject(text: string, scope: Scope): object | undefined {
  const blocks = [...text.matchAll(/\{%-?\s*([\s\S]*?)\s*-?%\}/g)].map(([, block]) => block!);
  const rest = text.replace(/\{%[\s\S]*?%\}|\{#[\s\S]*?#\}/g, "").trim();
  const shown = /^\{\{\s*(\w+)((?:\s*\|\s*json_(?:encode|pretty))+)\s*\}\}$/.exec(rest);
  if (blocks.length === 0 || !shown) return undefined;
  const name = shown[1]!;
  const made: Record<string, unknown> = {};
  for (const block of blocks) {
    if (new RegExp(`^set\\s+${name}\\s*=\\s*\\{\\s*\\}$`).test(block)) continue;
    const set = new RegExp(
      `^set\\s+${name}\\s*=\\s*dict_set\\(\\s*${name}\\s*,\\s*(['"])(.+?)\\1\\s*,\\s*([\\s\\S]+)\\)$`,
    ).exec(block);
    if (!set) throw new LeftOutHere(`The block “{% ${block.slice(0, 60)} %}” has no counterpart.`);
    put(made, set[2]!.split("."), valueOf(set[3]!, scope));
  }
  return made;
}

function valueOf(text: string, scope: Scope): unknown {
  if (/^\s*\{\s*\}\s*$/.test(text)) return {};
  if (/^\s*\[\s*\]\s*$/.test(text)) return [];
  const { cel } = expression(text, scope);
  return /^("|\d)/.test(cel) ? (JSON.parse(cel) as unknown) : `{{ ${cel} }}`;
}

function put(into: Record<string, unknown>, path: string[], value: unknown): void {
  const [key, ...rest] = path as [string, ...string[]];
  if (["__proto__", "constructor", "prototype"].includes(key) || key.endsWith("]"))
    throw new LeftOutHere(`The key “${key}” has no counterpart.`);
  if (rest.length === 0) into[key] = value;
  else {
    const inner = Object.hasOwn(into, key) ? into[key] : undefined;
    const next = inner !== null && typeof inner === "object" ? inner : {};
    into[key] = next;
    put(next as Record<string, unknown>, rest, value);
  }
}

/** JSON text in which expressions stand in texts, or with json_encode in place of a value. */
function jsonWithScripts(text: string, scope: Scope): unknown {
  let open = false;
  const written = pieces(text, scope).map((piece) => {
    if (typeof piece === "string") {
      for (const mark of piece.match(/\\.|"/gs) ?? []) if (mark === '"') open = !open;
      return piece;
    }
    const shown =
      "prompt" in piece
        ? `{{{ prompts.${piece.prompt} }}}`
        : `{{ ${!open && piece.value.inner?.filter === "json" ? piece.value.inner.of.cel : piece.value.cel} }}`;
    const quoted = JSON.stringify(shown);
    return open ? quoted.slice(1, -1) : quoted;
  });
  try {
    return JSON.parse(written.join("")) as unknown;
  } catch {
    throw new LeftOutHere("What is sent is announced as JSON, but can not be read as such.");
  }
}

function promptKey(key: string, { prompts }: Scope): string {
  if (!prompts.has(key)) throw new LeftOutHere(`“{{{${key}}}}” is no prompt that can be asked here.`);
  return key;
}
