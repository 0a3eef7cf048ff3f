import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import ts from "typescript";

/** The repository's own folder. */
export const ROOT = join(import.meta.dirname, "../..");

/** One import, export-from, dynamic import or import type. */
export interface Import {
  /** The specifier as written. */
  from: string;
  /** Where it leads inside the repository, such as `src/vault/vault.ts`; undefined for packages. */
  path: string | undefined;
  /** Only types are taken, so nothing of it is there at run time. */
  typeOnly: boolean;
}

export interface Source {
  /** From the repository's folder, with `/`. */
  path: string;
  text: string;
  tree: ts.SourceFile;
  imports: Import[];
}

/** All files below `folder` whose names end so, in order; nothing when there is no such folder. */
export function filesIn(folder: string, ending: string): string[] {
  try {
    return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
      .map((entry) => posix.join(entry.parentPath.slice(ROOT.length + 1).replaceAll("\\", "/"), entry.name))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

export function sourcesIn(folder: string): Source[] {
  return filesIn(folder, ".ts").map((path) => parseSource(path, textOf(path)));
}

export function parseSource(path: string, text: string): Source {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const imports: Import[] = [];
  const note = (from: string, typeOnly: boolean) => {
    const own = from.startsWith(".") ? posix.normalize(posix.join(dirname(path), from)) : undefined;
    imports.push({ from, path: own, typeOnly });
  };
  walk(tree, (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      const { moduleSpecifier } = node;
      if (moduleSpecifier && ts.isStringLiteral(moduleSpecifier)) note(moduleSpecifier.text, typeOnly(node));
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      if (ts.isStringLiteral(node.argument.literal)) note(node.argument.literal.text, true);
    } else if (ts.isCallExpression(node) && isImporting(node.expression)) {
      const [argument] = node.arguments;
      if (argument && ts.isStringLiteralLike(argument)) note(argument.text, false);
    }
  });
  return { path, text, tree, imports };
}

/** Visits every node below `node`. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

/** Every quoted string of a file, templates without places included. */
export function stringsOf(source: Source): string[] {
  const strings: string[] = [];
  walk(source.tree, (node) => {
    if (ts.isStringLiteralLike(node)) strings.push(node.text);
  });
  return strings;
}

/** The room of a file of src: its folder's name, or its own name without ending. */
export function roomOf(path: string): string {
  return path.split("/")[1]!.replace(/\.ts$/, "");
}

function typeOnly(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  const clause = node.importClause;
  if (!clause) return false;
  if (clause.isTypeOnly) return true;
  const named = clause.namedBindings;
  if (clause.name || !named || ts.isNamespaceImport(named)) return false;
  return named.elements.length > 0 && named.elements.every((element) => element.isTypeOnly);
}

function isImporting(expression: ts.Expression): boolean {
  return (
    expression.kind === ts.SyntaxKind.ImportKeyword ||
    (ts.isIdentifier(expression) && expression.text === "require") ||
    expression.getText().endsWith("import.meta.resolve")
  );
}
