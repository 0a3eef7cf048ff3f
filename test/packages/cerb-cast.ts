// Packages of Cerb, written after its documented format.

const ACCOUNT = "cerberusweb.contexts.connected_account";

export function chooser(key: string, query: string) {
  return { type: "chooser", label: "CRM account:", key, params: { context: ACCOUNT, single: true, query } };
}

export function request(more: object) {
  return {
    ...{ action: "core.va.action.http_request", http_verb: "get", http_headers: "", http_body: "" },
    ...{ auth: "connected_account", auth_connected_account_id: "{{{crm_account_id}}}", run_in_simulator: "1" },
    ...{ options: { raw_response_body: "1" }, response_placeholder: "_http_response" },
    ...more,
  };
}

export function set(name: string, value: string, format = "json") {
  return { action: "_set_custom_var", value, format, is_simulator_only: "0", var: name };
}

export function actions(title: string, ...list: object[]) {
  return { type: "action", title, status: "live", params: { actions: list } };
}

export function variable(key: string, type: string, more: object = {}) {
  const params = type === "S" ? { widget: "single" } : [];
  return { [key]: { key, label: key.slice(4), type, is_private: "0", params, ...more } };
}

export function behavior(uid: string, title: string, variables: object, nodes: object[], more: object = {}) {
  const event = { key: "event.macro.bot", label: "Custom behavior on bot" };
  return { uid, title, is_disabled: false, is_private: true, priority: 50, event, variables, nodes, ...more };
}

export function packaged(name: string, bots: object[], prompts: object[], more: object = {}) {
  return {
    package: { name, revision: 3, requires: { cerb_version: "8.3.0" }, configure: { prompts, placeholders: [] } },
    bots,
    ...more,
  };
}

export function bot(uid: string, name: string, config: object | null, behaviors: object[]) {
  const params = { config, events: { mode: "all", items: [] }, actions: { mode: "all", items: [] } };
  return { uid, name, owner: { context: "cerberusweb.contexts.app", id: 0 }, is_disabled: false, params, behaviors };
}

const CREATE = [
  "{% set json = {} %}",
  "{# what is sent #}",
  "{% set json = dict_set(json, 'Name', var_name) %}",
  "{% set json = dict_set(json, 'Address.City', var_city|default('Berlin')) %}",
  "{{json|json_encode}}",
].join("\r\n");

/** As the guide about a CRM has it: configuration, JSON bodies, and a host that is put together. */
export const crmPackage = packaged(
  "Acme CRM Bot",
  [
    bot("bot_crm", "Acme CRM Bot", { instance: "{{{prompt_instance}}}", api_version: "v40.0" }, [
      behavior(
        "behavior_create",
        "Create account record",
        { ...variable("var_name", "S"), ...variable("var_city", "S") },
        [
          actions(
            "Execute HTTP request",
            request({
              http_verb: "post",
              http_url:
                "https://{{behavior_bot_config.instance}}.crm.example/data/{{behavior_bot_config.api_version}}/Account/",
              http_headers: "Content-Type: application/json\r\nX-Source: {{var_name|upper}}",
              http_body: CREATE,
            }),
            set("response_json", "{{_http_response.body|json_pretty}}"),
          ),
        ],
      ),
      behavior(
        "behavior_list",
        "List account records",
        variable("var_since", "E"),
        [
          actions(
            "Execute HTTP request",
            request({
              http_url:
                "https://{{behavior_bot_config.instance}}.crm.example/query/?q={{var_since|date('Y-m-d', 'UTC')|url_encode}}&amp;v=1",
            }),
            set("response_json", "{{json_decode(_http_response.body)|json_encode}}"),
            set("status", "It said {{_http_response.info.http_code}}", ""),
          ),
        ],
        { is_private: false },
      ),
      behavior(
        "behavior_update",
        "Update account record",
        { ...variable("var_id", "S"), ...variable("var_fields", "S", { params: { widget: "multiple" } }) },
        [
          actions(
            "",
            request({
              http_verb: "patch",
              http_url: "https://{{behavior_bot_config.instance}}.crm.example/Account/{{var_id}}",
              http_headers: "Content-Type: application/json",
              http_body: "{{var_fields}}",
            }),
          ),
        ],
      ),
      behavior("behavior_tickets", "Sync tickets", {}, [], { event: { key: "event.cron.recurrent" } }),
    ]),
  ],
  [
    chooser("crm_account_id", "name:acme"),
    { type: "text", label: "Instance", key: "prompt_instance", params: { default: "na55" } },
  ],
);

/** Decisions, a loop, calls of one's own behaviors, forms, and what has no counterpart. */
export const deskPackage = packaged(
  "Desk Bot",
  [
    bot("bot_desk", "Desk Bot", null, [
      behavior(
        "behavior_coupon",
        "API: Create coupon",
        {
          ...variable("var_id", "S"),
          ...variable("var_duration", "D", { params: { options: "forever\r\nonce" } }),
          ...variable("var_worker", "W"),
        },
        [
          actions(
            "Make it",
            request({
              http_verb: "post",
              http_url: "https://desk.example/v1/coupons",
              http_body: "id={{var_id|url_encode}}&duration={{var_duration}}&source=signet%20test",
            }),
            set("coupon", "{{_http_response.body|json_pretty}}"),
          ),
        ],
      ),
      behavior("behavior_repos", "Parse projects", variable("var_word", "S"), [
        actions(
          "Get them",
          request({ http_url: "https://desk.example/projects", http_headers: "User-Agent: Desk" }),
          set("names", "[]"),
        ),
        {
          type: "loop",
          title: "Each project",
          status: "live",
          params: { foreach_json: "{{json_decode(_http_response.body)|json_encode}}", as_placeholder: "project" },
          nodes: [
            {
              type: "switch",
              title: "Open?",
              status: "live",
              nodes: [
                {
                  type: "outcome",
                  title: "Yes",
                  status: "live",
                  params: {
                    groups: [
                      {
                        any: 0,
                        conditions: [
                          { condition: "_custom_script", tpl: "{{project.open}}", oper: "is", value: "true" },
                          { condition: "var_word", oper: "!is", value: "" },
                        ],
                      },
                    ],
                  },
                  nodes: [
                    actions(
                      "Make a coupon",
                      {
                        action: "_run_behavior",
                        on: "_trigger_va_id",
                        behavior_id: "{{{uid.behavior_coupon}}}",
                        var_id: "{{project.name}}-{{var_word}}",
                        var_duration: "once",
                        run_in_simulator: "1",
                        var: "_behavior",
                      },
                      set("last", "{{_behavior.coupon.id}}", ""),
                    ),
                  ],
                },
                {
                  type: "outcome",
                  title: "By a pattern",
                  status: "live",
                  params: {
                    groups: [{ any: 1, conditions: [{ condition: "var_word", oper: "regexp", value: "#a#" }] }],
                  },
                  nodes: [actions("Never", { action: "_exit", mode: "" })],
                },
                {
                  type: "outcome",
                  title: "No",
                  status: "live",
                  params: { groups: [{ any: 0, conditions: [] }] },
                  nodes: [],
                },
              ],
            },
          ],
        },
        actions(
          "Tell",
          { action: "create_notification", content: "Done" },
          set("joined", "{% for x in names %}{{x}}{% endfor %}", ""),
        ),
        { type: "subroutine", title: "Later", status: "live", nodes: [] },
        actions("Again", {
          action: "_schedule_behavior",
          behavior_id: "{{{uid.behavior_coupon}}}",
          run_date: "+2 hours",
          on_dupe: "last",
          var_id: "later",
          var_duration: "once",
        }),
        { ...actions("Off", set("off", "1", "")), status: "disabled" },
      ]),
      behavior("behavior_hook", "On a webhook", {}, [], {
        event: { key: "event.webhook.received", label: "Webhook received" },
      }),
    ]),
  ],
  [
    chooser("crm_account_id", "service:desk"),
    { type: "chooser", label: "Group", key: "prompt_group", params: { context: "cerberusweb.contexts.group" } },
  ],
  { workspaces: [{ uid: "w" }], portals: [] },
);

/** Connected services, of which the catalog knows one. */
export const servicesPackage = {
  package: {
    name: "Services",
    revision: 1,
    configure: { prompts: [{ type: "text", label: "Client ID", key: "prompt_client_id" }] },
  },
  records: [
    {
      ...{ uid: "service_github", _context: "connected_service", name: "GitHub", uri: "github" },
      ...{ extension_id: "cerb.service.provider.oauth2", params: { client_id: "{{{prompt_client_id}}}" } },
    },
    { uid: "service_house", _context: "connected_service", name: "House API", params: {} },
    { uid: "account", _context: "connected_account", name: "Mine", params: { token: "canary-cerb-token" } },
  ],
};
