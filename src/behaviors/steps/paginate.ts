import { z } from "zod";
import { SignetError } from "../../errors.ts";
import { firstTurn, nextInput, turnAfter, type Next, type Page } from "../paging.ts";
import { fitting } from "../rendered.ts";
import { baseStep, failing, stepKind, type Performance } from "../step.ts";
import {
  namesOf,
  rareRequestFields,
  Refused,
  requestFields,
  requestOf,
  requestShape,
  resultOf,
  type RequestStep,
} from "./http-request.ts";

/** Bytes of JSON that the items of all pages may come to: what a run's results may. */
const MAX_ITEMS = 16_777_216;

const pages = z
  .number("Enter a number of pages.")
  .int("Enter a whole number of pages.")
  .min(1, "Fetch at least one page.")
  .max(100, "Fetch at most 100 pages.");

interface Paginate extends RequestStep {
  items: string;
  next: Next;
  max_pages: number | string;
  fail_when?: string | undefined;
  fail_message?: string | undefined;
}

interface Pages {
  items: unknown[];
  pages: number;
  /** The last page was reached. */
  complete: boolean;
}

export const paginate = stepKind<Paginate>({
  kind: "paginate",
  label: "Paginate",
  help: "Fetches a list page by page, and gathers its items.",
  icon: "library",
  acts: true,
  schema: (steps) =>
    z.strictObject({
      ...baseStep,
      ...failing(steps),
      do: z.literal("paginate"),
      ...requestShape,
      items: z.string().min(1, "Say where the items of a page are.").max(8192),
      next: nextInput,
      max_pages: z.union([pages, z.string().max(500)]).default(20),
      fail_when: z.string().min(1).max(8192).optional(),
      fail_message: z.string().max(2000).optional(),
    }) as unknown as z.ZodType<Paginate>,
  fields: [
    ...requestFields,
    { name: "items", label: "Items of a page", type: "text", required: true, example: "{{ page.body.items }}" },
    {
      name: "next",
      label: "Next page",
      type: "json",
      required: true,
      example: '{ "link_header": true }',
      help: "Or by url, cursor, page or offset; see the documentation.",
    },
    { name: "max_pages", label: "At most", type: "number", example: "20", help: "Pages, 100 at most." },
    {
      name: "fail_when",
      label: "A page is bad when",
      type: "expression",
      example: "page.body.ok == false",
      help: "An answer from 400 on always is.",
      rare: true,
    },
    { name: "fail_message", label: "And this is said", type: "text", example: "{{ page.body.error }}", rare: true },
    ...rareRequestFields,
  ],
  expressions: ["fail_when"],
  addresses: ["url"],
  paged: ["items", "next", "fail_when", "fail_message"],
  results: [
    { name: "items", about: "the items of all pages" },
    { name: "pages", about: "how many pages there were" },
    { name: "complete", about: "whether the last page was reached" },
  ],
  line: ({ method, url }) => `${method} ${url}`,
  names: namesOf,
  perform: async (step, at) => {
    const { items: _items, next: _next, max_pages, fail_when: _when, fail_message: _message, ...asked } = step;
    const most = fitting(z.object({ max_pages: pages }), { max_pages: await at.render(max_pages) }).max_pages;
    const request = await requestOf(asked, at);
    if (!at.sending) return pretended(step, await at.execute(firstTurn(step.next, request).request, "page-1"), at);
    const gathered = await gather(step, request, most, at);
    at.show({ pages: gathered.pages, items: gathered.items.length, complete: gathered.complete });
    return gathered;
  },
});

type Request = Awaited<ReturnType<typeof requestOf>>;
type Answer = Awaited<ReturnType<Performance["execute"]>>;

/** Page after page, until one is empty, is the last, or leads to where we were already. */
async function gather(step: Paginate, request: Request, most: number, at: Performance): Promise<Pages> {
  const gathered: unknown[] = [];
  const seen = new Set<string>();
  let bytes = 0;
  let turn = firstTurn(step.next, request);
  for (let number = 1; ; number++) {
    seen.add(turn.mark);
    const accept = (answer: Answer) => requireGood(step, pageOf(answer, number), at);
    const page = pageOf(await at.execute(turn.request, `page-${number}`, accept), number);
    const items = await itemsOf(step, page, at);
    gathered.push(...items);
    if ((bytes += JSON.stringify(items).length) > MAX_ITEMS)
      throw new SignetError("response_too_large", "The items of all pages together are more than 16 MiB.");
    const next = items.length === 0 ? undefined : await turnAfter(step.next, page, request, at);
    if (next === undefined) return { items: gathered, pages: number, complete: true };
    if (number >= most || seen.has(next.mark)) return { items: gathered, pages: number, complete: false };
    turn = next;
  }
}

function pageOf(answer: Answer, number: number): Page {
  return { ...resultOf(answer), number };
}

/** Throws for a page that is none: an error, or one that was cut off. */
async function requireGood({ fail_when, fail_message }: Paginate, page: Page, at: Performance): Promise<void> {
  if (page.status >= 400) throw new Refused(page.status, page);
  if (page.truncated)
    throw new SignetError("response_too_large", `Page ${page.number} is larger than the step takes; ask for less.`);
  if (fail_when === undefined || (await at.evaluate(fail_when, page)) !== true) return;
  const said = fail_message === undefined ? undefined : await at.render(fail_message, () => "text", page);
  throw new Refused(page.status, page, said);
}

async function itemsOf(step: Paginate, page: Page, at: Performance): Promise<unknown[]> {
  const items: unknown = await at.render(step.items, undefined, page);
  if (items === null) return [];
  if (!Array.isArray(items)) throw new SignetError("invalid", `The items of page ${page.number} are not a list.`);
  return items;
}

/** A simulation knows one page at most: the answer it was given, or the result of a run it replays. */
async function pretended(step: Paginate, answer: Answer & Partial<Pages>, at: Performance): Promise<Pages> {
  if (Array.isArray(answer.items)) return { pages: 1, complete: true, ...onlyPages(answer), items: answer.items };
  if (answer.body === null) return { items: [], pages: 1, complete: true };
  const page = pageOf(answer, 1);
  await requireGood(step, page, at);
  return { items: await itemsOf(step, page, at), pages: 1, complete: true };
}

function onlyPages({ pages, complete }: Partial<Pages>): Partial<Pages> {
  return { ...(pages !== undefined && { pages }), ...(complete !== undefined && { complete }) };
}
