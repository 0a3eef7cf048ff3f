import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { endTogether } from "../../src/http/end-together.ts";

// Three callers are answered in one turn.

const waiting: ServerResponse[] = [];
const server = createServer((_, response) => {
  waiting.push(response);
  if (waiting.length === 3) answerAll();
});
let url: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => server.close());

function answerAll(): void {
  const bodies = ["plain, with é in latin1", Buffer.from([0, 255, 10]), "never seen"];
  for (const [at, response] of waiting.entries()) {
    response.writeHead(200, { "x-place": String(at) });
    endTogether(response, bodies[at]!, "latin1");
  }
  // Breaks off before its end is written.
  waiting[2]!.destroy();
}

test("each gets what is theirs, also when one of them goes in between", async () => {
  const asked = await Promise.allSettled(
    [1, 2, 3].map(async () => {
      const answer = await fetch(url);
      return [answer.headers.get("x-place"), Buffer.from(await answer.arrayBuffer()).toString("latin1")];
    }),
  );
  const answered = asked.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  expect(answered.toSorted()).toEqual([
    ["0", "plain, with é in latin1"],
    ["1", "\u0000ÿ\n"],
  ]);
});
