import type { IncomingMessage } from "node:http";
import { SignetError } from "../errors.ts";

/**
 * The whole body of a request that does not pass through the framework. Throws `invalid`, with the sentence `tooLarge`
 * past `limit` bytes, and when the caller breaks off.
 */
export function readBody(request: IncomingMessage, limit: number, tooLarge: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size <= limit) return;
      request.pause();
      reject(new SignetError("invalid", tooLarge));
    });
    request.on("end", () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    request.on("error", () => reject(new SignetError("invalid", "The request can not be read.")));
  });
}
