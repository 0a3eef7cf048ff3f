import { contextFor } from "../src/compose.ts";
import type { World } from "../src/context.ts";
import { seedKeyed, seedLinked } from "./seed/accounts.ts";
import { seedBehaviors } from "./seed/behaviors.ts";
import { seedBot, seedToken, shareForecast, tryBot } from "./seed/bot.ts";
import { seedPeople } from "./seed/people.ts";
import { seedServices } from "./seed/services.ts";
import type { State } from "./state.ts";

/**
 * Brings the demo's people, services, accounts and bot into being with the verbs that pages use. Run again it adds
 * only what is missing, and links anew what Acme no longer accepts. Returns the bot's token.
 */
export async function seed(world: World, origin: string, state: State): Promise<string> {
  const { ada, ben, support } = await seedPeople(world, state.password);
  const [admin, manager] = [contextFor(world, ada), contextFor(world, ben)];
  const services = await seedServices(admin, origin);
  await seedLinked(manager, services.crm, support);
  const weather = await seedKeyed(admin, services.weather);
  const bot = await seedBot(manager, support);
  if (bot.fresh || weather.fresh) {
    await shareForecast(admin, weather.id, bot);
    await tryBot(world, bot);
  }
  await seedBehaviors(manager, bot);
  return seedToken(manager, bot, state.botToken);
}
