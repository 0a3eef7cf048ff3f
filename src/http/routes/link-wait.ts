import { linkOfBrowser } from "../../accounts/link-edit.ts";
import { pollLink, waitingOf, waits } from "../../accounts/link-wait.ts";
import { requireSameSession } from "../../accounts/link-round.ts";
import { json, redirect, view } from "../answer.ts";
import { linkFacts, refusePrefetch, resultPath } from "../link-view.ts";
import { get } from "../route.ts";

// The page of a code that is typed at the provider. It looks again by itself: without script by a refresh, with script
// by asking for the same address as JSON, which moves nobody's screen reader.

export default [
  get(
    "/links/:id/wait",
    async (ctx, { params, query, headers, browser }) => {
      refusePrefetch(headers);
      const bound = await linkOfBrowser(ctx, params.id!, browser);
      requireSameSession(ctx, bound);
      const link = await pollLink(ctx, bound);
      const on = !waits(link, ctx.clock());
      const scripted = query.as === "json";
      if (on) return scripted ? json({ to: resultPath(ctx, link) }) : redirect(resultPath(ctx, link));
      const waiting = await waitingOf(ctx, link);
      if (scripted) return json({ seconds: waiting.seconds });
      const { service: _, ...facts } = await linkFacts(ctx, link);
      const page = { title: `Link ${facts.target.name}`, refresh: waiting.seconds };
      return view("link-wait", {
        page,
        ...facts,
        waiting,
        again: link.worker_id === ctx.actor.id ? `/links/${link.id}` : null,
      });
    },
    "public",
  ),
];
