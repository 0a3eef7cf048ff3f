import type { Kind } from "../signer/kind.ts";
import { view, type Answer } from "./answer.ts";
import type { Problems } from "./failure.ts";
import { allKinds, drawFields, secretsAgain, type Texts } from "./kind-fields.ts";
import { linkWith } from "./list-links.ts";
import type { Incoming } from "./route.ts";
import { shownFound, withScopes, type Found } from "./service-discovery.ts";
import { placed, SERVICE_FIELDS, type ServiceTexts } from "./service-form.ts";

/** A service that is being built, as its form holds it. */
export interface Draft {
  kind: Kind;
  typed: ServiceTexts;
  settings: Texts;
  /** From which it was, or is to be, filled in. */
  address: string;
  found: Found | null;
  /** What was filled in from an example, in words; undefined when nothing was. */
  example?: string[];
  problems?: Problems;
  /** What was sent, where that was refused: to say of each secret that it is gone. */
  sent?: Incoming["form"];
}

/** The page that asks how a service signs in. `wish` is what somebody looked for in the library. */
export function choosePage(wish: string, refused?: { command: string; problems: Problems }): Answer {
  const tiles = allKinds().map((kind) => ({
    href: linkWith("/services/build", { kind: kind.id, name: wish }),
    label: kind.label,
    help: kind.summary,
    icon: iconOf(kind),
  }));
  const curl = refused && { typed: refused.command, ...placed(refused.problems, ["curl"]) };
  const data = { page: { title: "Build a service" }, tiles, wish, curl: curl ?? null, chosen: null };
  return view("service-build", data, { status: refused ? 400 : 200 });
}

/** The form of one kind. */
export function buildPage(draft: Draft): Answer {
  const { kind, typed, settings, address, found, example = null, sent } = draft;
  const { id, label, summary } = kind;
  const names = [...SERVICE_FIELDS, "url", ...kind.settings.map((field) => `settings.${field.name}`)];
  const problems = draft.problems && placed(draft.problems, names);
  const drawn = withScopes(drawFields(kind.settings, settings, problems?.of), found);
  const data = {
    page: { title: `Build a service: ${label}` },
    tiles: [],
    chosen: {
      id,
      label,
      summary,
      icon: iconOf(kind),
      discovers: kind.discovery !== undefined,
      http: kind.directory === undefined,
    },
    draft: { typed, fields: sent ? secretsAgain(drawn, sent) : drawn, problems, address, example },
    found: found && shownFound(kind, found),
  };
  return view("service-build", data, { status: problems ? 400 : 200 });
}

function iconOf(kind: Kind): string {
  return kind.consent ? "hand" : "key-round";
}
