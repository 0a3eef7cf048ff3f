import type { Field } from "../../kind.ts";
import { endpoint, map, path } from "../../shapes.ts";

/** Where things sit in what the token endpoint answers, and what is asked besides. */
export const answerShape = {
  token_path: path.optional(),
  base_url_from: path.optional(),
  metadata_url: endpoint.optional(),
  metadata: map.default({}),
};

export const answerFields: Field[] = [
  {
    name: "token_path",
    label: "Where the token sits in the answer",
    type: "text",
    advanced: true,
    example: "authed_user",
  },
  {
    name: "base_url_from",
    label: "Base URL from the token answer",
    type: "text",
    advanced: true,
    example: "instance_url",
  },
  { name: "metadata_url", label: "Address asked once after linking", type: "url", advanced: true },
  { name: "metadata", label: "What to keep of its answer", type: "map", advanced: true, example: "cloudid=0.id" },
];
