import { json, type Answer } from "../echo.ts";
import { problem, SCOPES, type Google } from "./google.ts";
import { behind, jsonOf, routes, type Call, type Ground } from "./http.ts";

// Dialogflow ES, which was Api.ai (cloud.google.com/dialogflow/es/docs/reference/rest/v2-overview).

/** `region` is a part of the host's name. */
export function emulateDialogflow(ground: Ground, google: Google, region: string): void {
  const may = [SCOPES.dialogflow, SCOPES.platform];
  /** A region's host knows the agents of that region. */
  const ofRegion = (answer: (call: Call, email: string) => Answer) =>
    google.api(may, (call, { email }) =>
      call.params[1] === region
        ? answer(call, email)
        : problem(400, "INVALID_ARGUMENT", "The location does not fit the host."),
    );
  ground.internet.host(
    `${region}-dialogflow.googleapis.com`,
    routes({
      "GET /v2/projects/*/locations/*/agent": ofRegion(({ params: [project] }, email) =>
        json({ parent: `projects/${project}`, displayName: `Agent of ${email}`, defaultLanguageCode: "en" }),
      ),
      "GET /v2/projects/*/locations/*/agent/intents": ofRegion(({ query, params: [project] }) => {
        const all = ["Greet", "Part", "Ask"].map((displayName) => ({
          name: `projects/${project}/locations/${region}/agent/intents/${displayName.toLowerCase()}`,
          displayName,
        }));
        const { items, next } = behind(all, query.get("pageToken"), 2);
        return json({ intents: items, ...(next && { nextPageToken: next }) });
      }),
      "POST /v2/projects/*/locations/*/agent/sessions/*:detectIntent": ofRegion(({ request }) => {
        const said = (jsonOf(request)?.queryInput as { text?: { text: string; languageCode: string } } | undefined)
          ?.text;
        if (!said?.languageCode) return problem(400, "INVALID_ARGUMENT", "Query language is not set.");
        if (said.text.length > 256) return problem(400, "INVALID_ARGUMENT", "Input text exceeds 256 characters.");
        const queryResult = { queryText: said.text, fulfillmentText: "Hello.", intent: { displayName: "Greet" } };
        return json({
          responseId: "r1",
          queryResult: { ...queryResult, intentDetectionConfidence: 0.9, parameters: {} },
        });
      }),
      "GET /v2/projects/*/agent": google.api(may, ({ params: [project] }, { email }) =>
        json({ parent: `projects/${project}`, displayName: `Agent of ${email}`, defaultLanguageCode: "en" }),
      ),
    }),
  );
  // The address of the old API, which takes no token any more.
  ground.internet.host("api.api.ai", json({ status: { code: 410, errorType: "gone" } }, 410));
}
