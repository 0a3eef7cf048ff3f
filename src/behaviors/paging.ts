import { z } from "zod";
import type { ExecuteInput } from "../accounts/request-input.ts";
import { SignetError } from "../errors.ts";
import { nextLink } from "./link-header.ts";
import type { resultOf } from "./steps/http-request.ts";
import type { Performance } from "./step.ts";

const name = z.string().min(1, "Name the parameter.").max(100);
const template = z.string().min(1, "Say where it is.").max(8192);

/** How a provider's pages follow each other. */
export const nextInput = z.union(
  [
    z.strictObject({ link_header: z.literal(true) }),
    z.strictObject({ url: template }),
    z.strictObject({ cursor: z.strictObject({ from: template, query: name }) }),
    z.strictObject({ cursor: z.strictObject({ from: template, body: name }) }),
    z.strictObject({
      page: z.strictObject({
        query: name,
        start: z.number().int().min(0).default(1),
        step: z.number().int().min(1).default(1),
      }),
    }),
    z.strictObject({
      offset: z.strictObject({ query: name, start: z.number().int().min(0).default(0), size: z.number().int().min(1) }),
    }),
  ],
  {
    error:
      "Say how the pages go on: link_header, url, cursor (from, with query or body), page (query) or offset (query, size).",
  },
);
export type Next = z.output<typeof nextInput>;

/** An answer as templates read it: that of a request, and which it is, counted from 1. */
export type Page = ReturnType<typeof resultOf> & { number: number };

/** The request for a page, and what tells it apart from those for others. */
export interface Turn {
  request: ExecuteInput;
  mark: string;
}

/** The first page. */
export function firstTurn(next: Next, request: ExecuteInput): Turn {
  return counted(next, request, 1) ?? { request, mark: "" };
}

/**
 * The page after this one; undefined when this was the last. Throws `invalid` for what leads nowhere; whether the
 * credential may go there is asked when the request is sent.
 */
export async function turnAfter(
  next: Next,
  page: Page,
  request: ExecuteInput,
  at: Performance,
): Promise<Turn | undefined> {
  if ("link_header" in next) return followed(nextLink([page.headers.link ?? ""].flat().join(", ")), page, request);
  if ("url" in next) return followed(await at.render(next.url, () => "maybe", page), page, request);
  if (!("cursor" in next)) return counted(next, request, page.number + 1);
  const cursor: unknown = await at.render(next.cursor.from, () => "maybe", page);
  if (isNothing(cursor)) return undefined;
  if (typeof cursor !== "string" && typeof cursor !== "number")
    throw new SignetError("invalid", "The cursor of the next page is neither text nor a number.");
  return { request: withCursor(request, next.cursor, cursor), mark: String(cursor) };
}

/** A page by its number or offset. */
function counted(next: Next, request: ExecuteInput, number: number): Turn | undefined {
  if ("page" in next) return turned(request, next.page.query, next.page.start + (number - 1) * next.page.step);
  if ("offset" in next) return turned(request, next.offset.query, next.offset.start + (number - 1) * next.offset.size);
  return undefined;
}

function turned(request: ExecuteInput, parameter: string, value: number): Turn {
  return { request: { ...request, query: { ...request.query, [parameter]: value } }, mark: String(value) };
}

function withCursor(request: ExecuteInput, to: { query: string } | { body: string }, cursor: string | number) {
  if ("query" in to) return { ...request, query: { ...request.query, [to.query]: cursor } };
  return { ...request, body: { ...(request.body as object | undefined), [to.body]: cursor } };
}

/** The provider's own address of the next page, which has everything of the query in it. */
function followed(address: unknown, page: Page, { query: _, ...request }: ExecuteInput): Turn | undefined {
  if (isNothing(address)) return undefined;
  const url = typeof address === "string" ? URL.parse(address, page.url) : null;
  if (url === null) throw new SignetError("invalid", "What should be the address of the next page is none.");
  return { request: { ...request, url: url.href }, mark: url.href };
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === "" || value === false;
}
