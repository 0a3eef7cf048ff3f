import { contextFor } from "../../src/compose.ts";
import type { WorkerActor } from "../../src/access/actor.ts";
import { workerActor } from "../../src/people/browse.ts";
import { SCOPES } from "../../src/access/actor.ts";
import type { Account } from "../../src/accounts/account.ts";
import { connectAccount } from "../../src/accounts/connect.ts";
import { execute } from "../../src/accounts/execute.ts";
import { beginLink } from "../../src/accounts/link.ts";
import { shareAccount } from "../../src/accounts/share.ts";
import type { Behavior } from "../../src/behaviors/behavior.ts";
import { addBehavior, editBehavior } from "../../src/behaviors/save.ts";
import { addBot } from "../../src/bots/add.ts";
import { importPackage } from "../../src/packages/import.ts";
import type { Context } from "../../src/context.ts";
import { inviteWorker } from "../../src/people/invite.ts";
import { issueToken } from "../../src/people/token.ts";
import { addService } from "../../src/services/add.ts";
import type { Service } from "../../src/services/service.ts";
import { newAuthorizationServer, type AuthorizationServer } from "./authorization-server.ts";
import type { Stage } from "./chromium-world.ts";
import { newDirectory } from "./directory.ts";
import { json, newEcho, type Echo } from "./echo.ts";
import { salesforceService } from "./salesforce-steps.ts";
import { bearerService } from "./services.ts";

/** Addresses of a hub that has been used for a while. */
export interface Seed {
  services: { salesforce: string; helpdesk: string };
  /** Paths of accounts in each state, and of one that was linked by consent. */
  accounts: { active: string; broken: string; paused: string; linked: string; directory: string };
  links: { pending: string; failed: string; linked: string; other: string };
  bot: string;
  botToken: string;
  /** A behavior with a step of every shape, saved twice. */
  behavior: string;
  /** What somebody without sign-in was sent. */
  connect: string;
  invitation: string;
  helpdesk: Echo;
  /** An authorization server that describes itself. */
  login: AuthorizationServer;
  close(): Promise<void>;
}

const ACCOUNTS = [
  ["GitHub, release bot", "github-token", "organization", "acme-releases"],
  ["Stripe, live", "stripe", "organization", "acct_1LiveAcme"],
  ["OpenAI, support answers", "openai", "team", "org-acme-support"],
  ["Notion handbook", "notion-token", "worker", "Ada Admin"],
  ["Linear", "linear-key", "team", "support@acme.example"],
  ["Postmark, transactional", "postmark", "organization", "acme-production"],
  ["Slack, #alerts", "slack-token", "worker", "acme.slack.com"],
] as const;

const STAFF = ["Grace Hopper", "Alan Turing"].map((cn) => ({
  dn: `cn=${cn},o=Acme`,
  attributes: {
    cn: [cn],
    mail: [`${cn.split(" ")[0]!.toLowerCase()}@acme.example`],
    jpegPhoto: [Buffer.from([0xff, 0])],
  },
}));

/** Fills the stage's hub with services, accounts in every state, bots, requests and links under way. */
export async function seed(stage: Stage): Promise<Seed> {
  const { hub, people } = stage;
  const [ada, ben] = [hub.ctx(people.ada), hub.ctx(people.ben)];
  const db = hub.world.database.knex;
  const helpdesk = await newEcho((request, response) =>
    json({ tickets: [{ id: 7, subject: "The printer is on fire", open: true }], next: null })(request, response),
  );
  const login = await newAuthorizationServer();
  const desk = await bearerService(hub, people.ada, helpdesk.url, { name: "Helpdesk" });
  const salesforce = await salesforceService(hub, people.ada, stage.salesforce);

  const support = { type: "team" as const, id: people.support.id };
  for (const [name, catalog, owner, identity] of ACCOUNTS) {
    const service = await addService(ada, { catalog, settings: {} });
    const secret = service.kind === "bearer" ? { token: "canary-key" } : { key: "canary-key" };
    const owners = { organization: { type: "organization" as const }, team: support, worker: undefined };
    const account = await connectAccount(await manager(stage, owner), {
      service: service.id,
      name,
      secret,
      owner: owners[owner],
    });
    await db("accounts").where({ id: account.id }).update({ identity_label: identity });
  }
  const inbox = await connectAccount(ada, { service: desk.id, name: "Support inbox", secret: { token: "canary-key" } });
  const old = await connectAccount(ada, { service: desk.id, name: "Old inbox", secret: { token: "canary-key" } });
  await db("accounts").where({ id: old.id }).update({ state: "paused", state_reason: "Paused by Ada Admin." });
  const staff = await newDirectory({
    people: { "cn=reader": "canary-key" },
    entries: [{ dn: "o=Acme", attributes: { o: ["Acme"] } }, ...STAFF],
  });
  const settings = { url: `ldap://127.0.0.1:${staff.port}`, start_tls: false, base_dn: "o=Acme" };
  const directory = await addService(ada, { kind: "ldap", name: "Staff directory", settings });
  const secret = { dn: "cn=reader", password: "canary-key" };
  const reader = await connectAccount(ada, { service: directory.id, name: "Staff", secret, try: true });
  const crm = await linked(stage, salesforce, "Grace's CRM");
  const lost = await linked(stage, salesforce, "Sandbox CRM");
  const reason = "The provider no longer accepts this sign-in. Reconnect to continue.";
  await db("accounts").where({ id: lost.id }).update({ state: "needs_reconnect", state_reason: reason });

  const bot = await addBot(ada, { name: "Night shift", config: { region: "eu", retries: 3 } });
  const holder = { type: "bot" as const, id: bot.id };
  const { id: botToken } = await issueToken(ada, {
    holder,
    name: "cron",
    scopes: ["execute", "read"],
    expiresAt: null,
  });
  await shareAccount(ada, inbox.id, {
    with: { type: "team", id: people.support.id },
    rules: [{ methods: ["GET"], paths: ["/tickets/**"] }],
  });
  await shareAccount(ada, crm.id, { with: { type: "worker", id: people.ben.id! }, until: "2099-01-31T23:59:59Z" });
  for (const path of ["/tickets", "/tickets/7?with=history", "/me"])
    await execute(ada, { account: inbox.id, method: "GET", url: path });
  await execute(ben, { account: inbox.id, method: "DELETE", url: "/tickets/7" }).catch(() => undefined);

  const watch = { uid: "acme/day", slug: "day-shift", name: "Day shift", config: { region: "eu" } };
  await importPackage(ada, {
    package: { ...{ signet_package: 1, name: "Night watch", uid: "acme/night", version: "1.0" }, bots: [watch] },
  });
  const { token } = await inviteWorker(ada, {
    email: "dora@example.com",
    name: "Dora Newcomer",
    role: "worker",
    teams: [people.support.id],
  });
  const sent = await beginLink(ben, { service: salesforce.id, name: "Alan's own", owner: support });
  return {
    services: { salesforce: `/services/${salesforce.id}`, helpdesk: `/services/${desk.id}` },
    accounts: { active: at(inbox), broken: at(lost), paused: at(old), linked: at(crm), directory: at(reader) },
    links: await linksUnderWay(stage, salesforce, crm),
    bot: `/bots/${bot.id}`,
    botToken: `/bots/${bot.id}/tokens/${botToken}`,
    behavior: `/behaviors/${(await tickets(ada, bot.id)).id}`,
    connect: `/connect/${sent.token}`,
    invitation: `/invitations/${token}`,
    helpdesk,
    login,
    close: async () => {
      await helpdesk.close();
      await login.close();
      await staff.close();
    },
  };
}

const at = ({ slug }: Account) => `/accounts/${slug}`;

/** Who may make something for such an owner: an admin, or the manager of the team as they are by now. */
async function manager({ hub, people }: Stage, owner: "organization" | "team" | "worker") {
  if (owner !== "team") return hub.ctx(people.ada);
  return contextFor(hub.world, (await workerActor(hub.world, people.ben.id!, SCOPES)) as WorkerActor);
}

async function linked({ hub, people }: Stage, service: Service, name: string): Promise<Account> {
  const secret = {
    access_token: "canary-access",
    refresh_token: "canary-refresh",
    expires_in: 7200,
    scope: "api openid",
  };
  const account = await connectAccount(hub.ctx(people.ada), { service: service.id, name, secret });
  const columns = {
    identity_id: "1",
    identity_label: "grace@acme.example",
    scopes_requested: ["api", "openid", "refresh_token"],
  };
  await hub.world.database.knex("accounts").where({ id: account.id }).update(columns);
  return account;
}

/** What the bot does for the editor's pages: each kind of step, branches of each kind, one step switched off. */
async function tickets(ada: Context, bot: string): Promise<Behavior> {
  const answer = "{{ steps.found.body.tickets[0] }}";
  const steps = [
    {
      id: "found",
      do: "http_request",
      title: "Find tickets",
      account: "support-inbox",
      method: "GET",
      url: "/tickets",
      query: { q: "{{ inputs.words }}" },
      on_error: [{ do: "stop", state: "failed", message: "The helpdesk said {{ steps.found.status }}" }],
    },
    {
      do: "decide",
      outcomes: [
        { title: "none", when: "size(steps.found.body.tickets) == 0", steps: [{ do: "stop", output: null }] },
        {
          title: "some",
          steps: [
            {
              do: "loop",
              over: "steps.found.body.tickets",
              as: "ticket",
              steps: [
                { do: "set", name: "subject", value: "{{ vars.ticket.subject }}" },
                { do: "wait", seconds: 1, disabled: true },
              ],
            },
          ],
        },
      ],
    },
  ];
  const inputs = [
    { name: "words", type: "text", label: "Words", required: true },
    { name: "state", type: "picklist", options: ["open", "closed"], default: "open" },
  ];
  const given = { bot, slug: "find-tickets", title: "Find tickets", inputs, steps, output: answer };
  const { id, slug } = await addBehavior(ada, given);
  const call = { do: "run_behavior", behavior: `night-shift/${slug}`, inputs: { words: "fire" } };
  await addBehavior(ada, { bot, title: "Put out fires", inputs: [], steps: [call], output: null });
  return editBehavior(ada, id, { public: true, output: { first: answer } });
}

/** One link in each state, as if its maker had come back from the provider. */
async function linksUnderWay({ hub, people }: Stage, service: Service, account: Account): Promise<Seed["links"]> {
  const begin = async (columns: object, reconnect = false) => {
    const target = reconnect ? { account: account.id } : { service: service.id, name: "Alan's CRM" };
    const { id } = await beginLink(hub.ctx(people.ada), target);
    await hub.world.database.knex("links").where({ id }).update(columns);
    return `/links/${id}`;
  };
  const came = {
    state: "linked",
    identity_id: "2",
    identity_label: "alan@acme.example",
    scopes_requested: ["api", "openid", "refresh_token"],
    scopes_granted: ["api", "openid"],
    warning: "This is a different identity: the account was linked as grace@acme.example, now it is alan@acme.example.",
  };
  return {
    pending: await begin({ state: "pending" }),
    failed: await begin({
      state: "failed",
      error: "Salesforce was not allowed: consent was declined there. Nothing was saved.",
    }),
    linked: await begin({ ...came, warning: null }),
    other: await begin(came, true),
  };
}
