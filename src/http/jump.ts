import { isAdmin } from "../access/actor.ts";
import { listAccounts } from "../accounts/browse.ts";
import { listBots } from "../bots/browse.ts";
import type { Context } from "../context.ts";
import { listTeams, listWorkers } from "../people/browse.ts";
import { listServices } from "../services/browse.ts";
import { accountPath } from "./account-view.ts";

/** Somewhere to go. */
export interface Place {
  href: string;
  label: string;
  detail: string | null;
  icon: string;
}

export interface PlaceGroup {
  label: string;
  places: Place[];
}

/** A page of the hub, with other words that people may look for it by. */
interface Page {
  href: string;
  label: string;
  icon: string;
  words?: string;
  admin?: true;
}

const PAGES: Page[] = [
  { href: "/", label: "Home", icon: "house", words: "start overview" },
  { href: "/services", label: "Connected Services", icon: "blocks", words: "providers apis" },
  { href: "/services/library", label: "Library", icon: "library", words: "add service catalog", admin: true },
  { href: "/services/build", label: "Build a service", icon: "wrench", words: "add custom curl", admin: true },
  { href: "/accounts", label: "Connected Accounts", icon: "key-round", words: "credentials keys" },
  { href: "/accounts/new", label: "New account", icon: "plus", words: "link connect add" },
  { href: "/bots", label: "Bots", icon: "bot" },
  { href: "/bots/new", label: "New bot", icon: "plus", words: "add" },
  { href: "/runs", label: "Runs", icon: "activity", words: "behaviors traces failed history" },
  { href: "/requests", label: "Requests", icon: "terminal", words: "console send http curl" },
  { href: "/audit", label: "Audit", icon: "scroll-text", words: "log history records" },
  { href: "/people", label: "People", icon: "users", words: "workers users" },
  { href: "/people/new", label: "Invite a worker", icon: "user-plus", words: "people add", admin: true },
  { href: "/teams", label: "Teams", icon: "users", words: "people groups" },
  { href: "/settings", label: "Settings", icon: "settings" },
  { href: "/settings/profile", label: "Profile", icon: "user", words: "settings name password" },
  { href: "/settings/sessions", label: "Sessions", icon: "activity", words: "settings sign out browsers" },
  { href: "/settings/tokens", label: "Tokens", icon: "key-round", words: "settings api" },
  { href: "/settings/packages", label: "Packages", icon: "package", words: "settings import export library install" },
  { href: "/settings/about", label: "About", icon: "info", words: "settings verify version keys", admin: true },
];

/** So many of each sort; a longer list has a page of its own. */
const LIMIT = 6;

/** Where the actor may go and what `q` is found in, sort by sort; without a `q`, the pages. */
export async function placesFor(ctx: Context, q: string): Promise<PlaceGroup[]> {
  const wish = q.trim().replaceAll("\0", "").slice(0, 200);
  if (wish === "") return [{ label: "Pages", places: pagesFor(ctx, "") }];
  const asked = { q: wish, limit: LIMIT };
  const [accounts, services, bots, workers, teams] = await Promise.all([
    listAccounts(ctx, asked),
    listServices(ctx, asked),
    listBots(ctx, asked),
    listWorkers(ctx, asked),
    listTeams(ctx, asked),
  ]);
  const place = (icon: string, href: string, label: string, detail: string | null = null) => ({
    href,
    label,
    detail,
    icon,
  });
  return [
    { label: "Pages", places: pagesFor(ctx, wish) },
    {
      label: "Accounts",
      places: accounts.items.map((one) => place("key-round", accountPath(one), one.name, one.service.name)),
    },
    { label: "Services", places: services.items.map(({ id, name }) => place("blocks", `/services/${id}`, name)) },
    { label: "Bots", places: bots.items.map(({ id, name }) => place("bot", `/bots/${id}`, name)) },
    {
      label: "People",
      places: [
        ...workers.items.map(({ id, name, email }) => place("user", `/people/${id}`, name, email)),
        ...teams.items.map(({ id, name }) => place("users", `/teams/${id}`, name, "Team")),
      ],
    },
  ].filter(({ places }) => places.length > 0);
}

function pagesFor(ctx: Context, wish: string): Place[] {
  const wanted = wish.toLowerCase().split(/\s+/);
  const begins = (text: string, word: string) => ` ${text.toLowerCase()}`.includes(` ${word}`);
  return PAGES.filter(({ admin }) => !admin || isAdmin(ctx.actor))
    .filter(({ label, words = "" }) => wanted.every((word) => begins(`${label} ${words}`, word)))
    .map(({ href, label, icon }) => ({ href, label, icon, detail: null }));
}
