import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { startApp, type App } from "./app.ts";
import { newPerson, openChromium, signIn } from "./chromium.ts";
import { Salesforce } from "./salesforce.ts";
import { cast, newWorld, PASSWORDS, type Cast, type TestWorld } from "./world.ts";

/** A hub that listens, with its people, a Salesforce and a browser. */
export interface Stage {
  hub: TestWorld;
  app: App;
  people: Cast;
  salesforce: Salesforce;
  /** A page in a browser profile of its own, signed in if a name is given. */
  open(who?: keyof typeof PASSWORDS, options?: BrowserContextOptions): Promise<Page>;
  /** Lets time pass at the hub; the providers do not notice. */
  pass(minutes: number): void;
  close(): Promise<void>;
}

export async function newStage(): Promise<Stage> {
  let ahead = 0;
  const clock = () => new Date(Date.now() + ahead);
  const hub = await newWorld({ outboundAllow: ["127.0.0.0/8"], clock });
  const people = await cast(hub.world);
  const app = await startApp(hub.world);
  const salesforce = await Salesforce.start(`${app.url}/oauth/callback`);
  const browser: Browser = await openChromium();
  return {
    hub,
    app,
    people,
    salesforce,
    open: async (who, options) => {
      const page = await newPerson(browser, app, options);
      return who === undefined ? page : signIn(page, `${who}@example.com`, PASSWORDS[who]);
    },
    pass: (minutes) => (ahead += minutes * 60_000),
    close: async () => {
      await browser.close();
      await app.close();
      await salesforce.close();
      await hub.close();
    },
  };
}
