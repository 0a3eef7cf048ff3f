import type { Context } from "../context.ts";
import type { AnswerHead, Challenge } from "../signer/kind.ts";
import { circumstances } from "./circumstances.ts";
import { refusedByProvider } from "./due.ts";
import type { Ready } from "./ready.ts";
import { renewAfterRefusal } from "./refresh.ts";
import type { Usable } from "./send.ts";

/** Makes ready what another try needs. Throws as renewAfterRefusal does. */
export type Remedy = () => Promise<{ ready: Ready; challenge?: Challenge | undefined }>;

/**
 * What makes another try worthwhile after this answer: an answer to its challenge, or a new credential; undefined when
 * nothing does. A refused request did nothing at the provider, so sending once more is safe for every method
 * (statement O-26). `read` gives the body, where it is known whole. Throws `upstream_invalid` for a challenge that can not be answered.
 */
export function remedyFor(ctx: Context, ready: Ready, head: AnswerHead, read?: () => unknown): Remedy | undefined {
  const challenge = challengeIn(ctx, ready, head);
  if (challenge) return () => Promise.resolve({ ready, challenge });
  if (refusedByProvider(ctx, ready, head.status, read))
    return async () => ({ ready: await renewAfterRefusal(ctx, ready) });
  return undefined;
}

/** What a 401 asks to be answered, as it is answered next. Throws `upstream_invalid` for what can not be answered. */
export function challengeIn(
  ctx: Context,
  { kind, service, challenges }: Pick<Usable, "kind" | "service" | "challenges">,
  head: AnswerHead,
): Challenge | undefined {
  const asked = head.status === 401 ? kind.challenged?.(head, service.settings, circumstances(ctx)) : undefined;
  return asked && challenges.answer(asked);
}
