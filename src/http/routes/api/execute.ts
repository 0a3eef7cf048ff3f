import { executeAsText } from "../../../accounts/execute-as-text.ts";
import { executeInput } from "../../../accounts/request-input.ts";
import { Text, type ApiRoute } from "../../route.ts";

const routes: ApiRoute[] = [
  {
    method: "POST",
    path: "/execute",
    scope: "execute",
    summary: "Sign and send one HTTP request with an account",
    body: executeInput,
    direct: true,
    // A body in base64 is a third longer than its bytes.
    bodyLimit: 24 * 1024 * 1024,
    handle: async (ctx, { body }) => new Text("application/json", await executeAsText(ctx, body)),
  },
];

export default routes;
