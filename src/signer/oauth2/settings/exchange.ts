import { z } from "zod";
import type { Field } from "../../kind.ts";
import { endpoint, map } from "../../shapes.ts";

/** How a short-lived token is swapped for a long-lived one, right after it was won. */
export const exchangeShape = {
  exchange_url: endpoint.optional(),
  exchange_method: z.enum(["GET", "POST"]).optional(),
  exchange_params: map.optional(),
};

const GROUP = "A lasting token";

export const exchangeFields: Field[] = [
  {
    name: "exchange_url",
    label: "Address that trades the token for a lasting one",
    type: "url",
    advanced: true,
    group: GROUP,
    help: "Asked once after linking, where the first token lasts for an hour or two only.",
  },
  {
    name: "exchange_method",
    label: "Method of that request",
    type: "choice",
    advanced: true,
    group: GROUP,
    options: [
      { value: "GET", label: "GET" },
      { value: "POST", label: "POST" },
    ],
  },
  {
    name: "exchange_params",
    label: "Its parameters",
    type: "map",
    advanced: true,
    group: GROUP,
    example: "grant_type=exchange_token\naccess_token={token.access}",
    help: "{client.id}, {client.secret} and {token.access} may stand in their values.",
  },
];
