import { json } from "../echo.ts";
import { SCOPES, type Google } from "./google.ts";
import { routes, type Ground } from "./http.ts";

// Dialogflow ES, which was Api.ai (cloud.google.com/dialogflow/es/docs/reference/rest/v2-overview).

/** `region` is a part of the host's name. */
export function emulateDialogflow(ground: Ground, google: Google, region: string): void {
  const may = [SCOPES.dialogflow, SCOPES.platform];
  ground.internet.host(
    `${region}-dialogflow.googleapis.com`,
    routes({
      "GET /v2/projects/*/agent": google.api(may, ({ params: [project] }, { email }) =>
        json({ parent: `projects/${project}`, displayName: `Agent of ${email}`, defaultLanguageCode: "en" }),
      ),
    }),
  );
  // The address of the old API, which takes no token any more.
  ground.internet.host("api.api.ai", json({ status: { code: 410, errorType: "gone" } }, 410));
}
