import { basename } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { filesIn, sourcesIn, stringsOf, textOf, walk } from "./source.ts";

// Pages are drawn from plain data. Whatever is not data on a page is written in a view, and nowhere else.

/** Frames that pages stand in, and the sheet of all parts for those who draw them: no answer has to name these. */
const FRAMES = ["layout", "bare", "design"];
/** Places of parts that take HTML which a view has drawn already; nothing else may pass it there. */
const SLOTS = ["it.body", "it.content", "it.between", "it.more", "fact.content"];

const views = filesIn("views", ".eta");
const pages = views.filter((path) => path.split("/").length === 2).map((path) => basename(path, ".eta"));
const front = sourcesIn("src/http");

/** Strings that the first argument of view() can be, and file names that are drawn directly. */
function namedViews(): { name: string; by: string }[] {
  return front.flatMap((source) => {
    const found: string[] = [];
    walk(source.tree, (node) => {
      if (ts.isCallExpression(node) && node.expression.getText() === "view" && node.arguments[0]) {
        const [first] = node.arguments;
        // Of a choice between views, both count; the question does not.
        const spots = ts.isConditionalExpression(first) ? [first.whenTrue, first.whenFalse] : [first];
        for (const spot of spots) if (ts.isStringLiteralLike(spot)) found.push(spot.text);
      } else if (ts.isStringLiteralLike(node) && /^[a-z/-]+\.eta$/.test(node.text)) {
        found.push(node.text.replace(/\.eta$/, ""));
      }
    });
    return found.map((name) => ({ name, by: source.path }));
  });
}

/** The code between `<%` and `%>` of a view, with what marks it: "", "=" or "~". */
function tagsOf(text: string): { mark: string; code: string }[] {
  return [...text.matchAll(/<%(?![%/])[-_]?([=~]?)([\s\S]*?)[-_]?%>/g)].map(([, mark, code]) => ({
    mark: mark!,
    code: code!.trim(),
  }));
}

describe("a view", () => {
  test("exists for each name that an answer gives", () => {
    const missing = namedViews().filter(({ name }) => !views.includes(`views/${name}.eta`));
    expect(missing).toEqual([]);
  });

  test("is named by an answer or by another view, if it is a page", () => {
    const strings = new Set(front.flatMap(stringsOf).map((text) => text.replace(/\.eta$/, "")));
    const included = views.map(textOf).join("\n");
    const idle = pages.filter(
      (name) => !FRAMES.includes(name) && !strings.has(name) && !included.includes(`include("/${name}"`),
    );
    expect(idle).toEqual([]);
  });

  test("includes and stands in only what exists", () => {
    const missing = views.flatMap((path) =>
      [...textOf(path).matchAll(/\b(?:include|layout)\(\s*["'`]([^"'`$]+)["'`]/g)]
        .map(([, name]) => `views${name!.startsWith("/") ? "" : "/"}${name}.eta`)
        .filter((target) => !views.includes(target))
        .map((target) => `${path} wants ${target}`),
    );
    expect(missing).toEqual([]);
  });
});

describe.each(views)("%s", (path) => {
  const text = textOf(path);
  const tags = tagsOf(text);
  // The page as it is written, every piece of code replaced by one mark.
  const page = text.replace(/<%[\s\S]*?%>/g, "§");

  test("escapes everything but what a view has drawn", () => {
    const raw = tags.filter(({ mark }) => mark === "~").map(({ code }) => code.replace(/\s*\?\?\s*""$/, ""));
    expect(raw.filter((code) => !code.startsWith("include(") && !SLOTS.includes(code))).toEqual([]);
    for (const { code } of tags) {
      expect(code).not.toMatch(/\b(eval|Function|require)\s*\(|\bimport\b|\bprocess\b|\bglobalThis\b/);
    }
  });

  test("fills the places for drawn HTML with what it draws itself", () => {
    for (const { code } of tags) {
      const given = [...code.matchAll(/\b(?:content|between|more):\s*([^\s,})]+)/g)].map(([, value]) => value!);
      for (const value of given) expect(value).toMatch(/^(capture\(|true$|false$|null$)/);
    }
  });

  test("has no style, no handler and no script of its own", () => {
    expect(page).not.toMatch(/<[a-z][^>]*\sstyle\s*=/i);
    expect(page).not.toMatch(/<[a-z][^>]*\son[a-z]+\s*=/i);
    expect(page).not.toMatch(/<style\b/i);
    for (const [tag] of page.matchAll(/<script\b[^>]*>/gi)) expect(tag).toMatch(/\ssrc="\/assets\//);
    expect(page).not.toMatch(/<script\b[^>]*>[^<]/i);
    expect(page).not.toMatch(/javascript:|<base\b|<iframe\b|<object\b|<embed\b/i);
  });

  test("quotes its attributes and changes things by POST", () => {
    expect(page).not.toMatch(/<[a-z][^>]*\s[a-z-]+=§/i);
    for (const [form] of page.matchAll(/<form\b[^>]*>/gi)) expect(form).toMatch(/\smethod="(post|get|dialog|§)"/);
  });
});

test("no answer hands a view HTML to draw as it is", () => {
  // The places that take HTML are called so; the description of the API has a "content" of its own.
  const given = front
    .filter(({ path }) => path !== "src/http/api.ts")
    .flatMap(({ path, tree }) => {
      const found: string[] = [];
      walk(tree, (node) => {
        if (ts.isPropertyAssignment(node) && /^(body|content|between|more)$/.test(node.name.getText())) {
          if (/<[a-z]/i.test(node.initializer.getText())) found.push(`${path}: ${node.getText().slice(0, 60)}`);
        }
      });
      return found;
    });
  expect(given).toEqual([]);
});

describe("the rules for views", () => {
  test("see a raw piece of data, however it is spaced", () => {
    for (const text of ["<%~ it.name %>", "<%~it.name%>", "<%-~ it.name -%>", '<%~ it.name ?? "" %>']) {
      expect(
        tagsOf(text).map(({ mark }) => mark),
        text,
      ).toEqual(["~"]);
    }
    expect(tagsOf("<%/* it.name */%><% if (a) { %><%= it.name %>").map(({ mark }) => mark)).toEqual(["", "="]);
  });
});
