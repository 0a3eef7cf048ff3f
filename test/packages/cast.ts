import type { z } from "zod";
import type { packageSchema } from "../../src/packages/package.ts";

export type Written = z.input<typeof packageSchema>;

/** A small package with one of everything: a service with a secret, a bot, two behaviors, an account to choose. */
export function helpdeskPackage(url: string, more: Partial<Written> = {}): Written {
  return {
    signet_package: 1,
    name: "Helpdesk Bot",
    uid: "acme/helpdesk-bot",
    version: "1.0",
    description: "Reads tickets.",
    prompts: [
      { key: "desk", type: "account", label: "Helpdesk account", service: "acme/helpdesk" },
      { key: "region", type: "picklist", label: "Region", options: ["eu", "us"], default: "eu" },
    ],
    services: [{ uid: "acme/helpdesk", kind: "bearer", name: "Helpdesk", base_url: url }],
    bots: [
      { uid: "acme/desk", slug: "desk", name: "Helpdesk Bot", config: { region: "{{{ prompts.region }}}", page: 20 } },
    ],
    behaviors: [
      {
        uid: "acme/desk/list",
        bot: "desk",
        slug: "list-tickets",
        title: "List tickets in {{{ prompts.region }}}",
        public: true,
        steps: [
          {
            id: "found",
            do: "http_request",
            account: "{{{ prompts.desk }}}",
            url: "/tickets",
            query: { region: "{{ config.region }}" },
          },
        ] as never,
        output: "{{ steps.found.body.tickets }}",
      },
      {
        uid: "acme/desk/first",
        bot: "acme/desk",
        slug: "first-ticket",
        title: "First ticket",
        steps: [{ id: "all", do: "run_behavior", behavior: "desk/list-tickets" }] as never,
        output: "{{ steps.all.output[0] }}",
      },
    ],
    ...more,
  };
}

/** A service that signs people in, with a client secret that is asked for. */
export const CRM: NonNullable<Written["services"]>[number] = {
  uid: "acme/crm",
  kind: "oauth2",
  name: "Acme CRM",
  settings: {
    authorize_url: "https://crm.example/authorize",
    token_url: "https://crm.example/token",
    client_id: "{{{ prompts.client }}}",
    client_secret: "{{{ prompts.secret }}}",
    scopes: ["read"],
  },
  hosts: ["crm.example"],
};

export const CRM_PROMPTS: NonNullable<Written["prompts"]> = [
  { key: "client", type: "text", label: "Client ID" },
  { key: "secret", type: "secret", label: "Client secret" },
];
