import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import type { Interaction, Provider } from "oidc-provider";
import { consentPage, errorPage, sendPage, signInPage } from "./pages.ts";
import { personOf } from "./people.ts";
import { becomeWhoStarted } from "./tabs.ts";

const GRANT_SECONDS = 365 * 86_400;
const GONE = "This sign-in is over or took too long. Start again.";

/** The pages between an app's question and its answer. `leadsTo` is where the app lives. */
export function interactions(provider: Provider, leadsTo: string) {
  return async (request: IncomingMessage, response: ServerResponse, uid: string, step?: string): Promise<void> => {
    await becomeWhoStarted(provider, uid);
    const interaction = await provider.interactionDetails(request, response).catch(() => undefined);
    if (!interaction) return sendPage(response, errorPage(GONE), 400);
    if (request.method === "GET" && step === undefined) return sendPage(response, show(interaction, leadsTo));
    const form = request.method === "POST" ? new URLSearchParams(await text(request)) : undefined;
    switch (form ? (step ?? "") : "") {
      case "sign-in":
        return signIn(provider, request, response, form!);
      case "consent":
        return consent(provider, request, response, interaction, form!);
      case "deny":
        return provider.interactionFinished(
          request,
          response,
          { error: "access_denied", error_description: "The person said no." },
          { mergeWithLastSubmission: false },
        );
      default:
        return sendPage(response, errorPage("There is no such page."), 404);
    }
  };
}

function show({ uid, prompt, params, session }: Interaction, leadsTo: string) {
  const person = personOf(session?.accountId);
  if (prompt.name === "login" || !person) return signInPage(uid, leadsTo);
  return consentPage(uid, person, (params.scope ?? "").split(" ").filter(Boolean), leadsTo);
}

async function signIn(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
  form: URLSearchParams,
): Promise<void> {
  const person = personOf(form.get("person") ?? undefined);
  if (!person) return sendPage(response, errorPage("There is no such person."), 400);
  await provider.interactionFinished(request, response, { login: { accountId: person.id } });
}

async function consent(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
  interaction: Interaction,
  form: URLSearchParams,
): Promise<void> {
  const accountId = interaction.session?.accountId;
  if (accountId === undefined) return sendPage(response, errorPage("Nobody is signed in here. Start again."), 400);
  const allowed = form.getAll("scope");
  const grant = new provider.Grant({ accountId, clientId: interaction.params.client_id! });
  for (const scope of (interaction.params.scope ?? "").split(" ").filter(Boolean)) {
    if (allowed.includes(scope)) grant.addOIDCScope(scope);
    else grant.rejectOIDCScope(scope);
  }
  const grantId = await grant.save(GRANT_SECONDS);
  await provider.interactionFinished(request, response, { consent: { grantId } });
}
