import { SignetError } from "../errors.ts";
import { headerValue, type OutgoingRequest } from "./request.ts";

/** The body with a field for the key. Throws `invalid` for a body that has no fields. */
export function intoBody(request: OutgoingRequest, name: string, value: string): Buffer {
  const type = headerValue(request, "content-type") ?? "";
  const text = request.body?.toString("utf8") ?? "";
  if (/^application\/x-www-form-urlencoded/i.test(type)) {
    const form = new URLSearchParams(text);
    form.set(name, value);
    return Buffer.from(form.toString());
  }
  try {
    const fields: unknown = text === "" ? {} : JSON.parse(text);
    if (fields !== null && typeof fields === "object" && !Array.isArray(fields)) {
      return Buffer.from(JSON.stringify({ ...fields, [name]: value }));
    }
  } catch {
    // Not JSON: the sentence below says what to send instead.
  }
  throw new SignetError("invalid", "This service puts its key into the body: send a JSON object or a form.", {
    issues: [{ path: "body", message: "Must be a JSON object or a form." }],
  });
}
