import { z } from "zod";

/** Something that a bot told one person. */
export interface Notice {
  id: string;
  bot: { id: string | null; name: string };
  /** The run that told it. */
  run: string | null;
  title: string;
  text: string;
  /** A path of this hub, or an https address elsewhere. */
  link: string | null;
  createdAt: Date;
  readAt: Date | null;
}

// Control characters, and those that turn the direction of what follows, could make a line look like another one.
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g;

const line = (most: number) =>
  z
    .string()
    .transform((text) => text.replace(UNSEEN, " ").replace(/\s+/g, " ").trim())
    .pipe(z.string().min(1, "Say in a line what it is about.").max(most, `Use at most ${most} characters.`));

export const noticeTitle = line(200);

export const noticeText = z
  .string()
  .transform((text) => text.replaceAll("\r\n", "\n").replace(UNSEEN, " ").trim())
  .pipe(z.string().max(4000, "Use at most 4000 characters."));

/** Where a notice leads: people must be able to see the host beforehand, so nothing that browsers would read otherwise. */
export const noticeLink = z
  .string()
  .max(2000)
  .refine(
    (text) => isPath(text) || isAddress(text),
    "A link is a path of this hub, such as /accounts, or an https address.",
  );

function isPath(text: string): boolean {
  return /^\/(?![/\\])[^\s\\\u0000-\u001f\u007f]*$/.test(text);
}

function isAddress(text: string): boolean {
  if (!/^https:\/\/[^/\\\s]/i.test(text) || /[\s\\\u0000-\u001f\u007f]/.test(text)) return false;
  const url = URL.parse(text);
  return url !== null && url.username === "" && url.password === "";
}
