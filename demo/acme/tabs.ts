import type { IncomingMessage, ServerResponse } from "node:http";
import type { Provider, Session } from "oidc-provider";

// A browser has one session at Acme, but its tabs may be different people. Before each step the session becomes the
// person of the tab that takes it, so that no tab disturbs another and nobody has to sign out first.

/** Before a page of an interaction: whoever was signed in when it began. */
export async function becomeWhoStarted(provider: Provider, uid: string): Promise<void> {
  const interaction = await provider.Interaction.find(uid);
  if (!interaction?.session) return;
  await become(await provider.Session.findByUid(interaction.session.uid), interaction.session.accountId);
}

/** Before the answer goes back to the app: whoever was chosen in this tab. */
export async function becomeWhoWasChosen(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
  uid: string,
): Promise<void> {
  const interaction = await provider.Interaction.find(uid);
  const chosen = interaction?.result?.login?.accountId;
  if (chosen === undefined) return;
  await become(await provider.Session.get(provider.createContext(request, response)), chosen);
}

async function become(session: Session | undefined, accountId: string): Promise<void> {
  if (session?.accountId === undefined || session.accountId === accountId) return;
  session.accountId = accountId;
  await session.persist();
}
