import type { Behavior } from "../behaviors/behavior.ts";
import type { Bot } from "../bots/bot.ts";
import type { Outline } from "../services/become.ts";
import { plain, type Fields } from "./change.ts";

// By which fields things are compared with what a package says, and kept to be compared later.

export function serviceFields({ settings, hidden, kind: _kind, ...rest }: Outline): Fields {
  const open = Object.entries(settings).map(([name, value]) => [`settings.${name}`, value]);
  const sealed = hidden.map((name) => [`settings.${name}`, "saved, hidden"]);
  return plain({ ...rest, ...Object.fromEntries([...open, ...sealed]) }) as Fields;
}

export function botFields({ slug, name, config, limits, picture }: BotLike): Fields {
  return plain({ slug, name, config, limits, picture: picture ?? null });
}

export function behaviorFields(behavior: BehaviorLike): Fields {
  const { slug, title, inputs, steps, output } = behavior;
  return plain({ slug, title, public: behavior.public, inputs, steps, output: output ?? null });
}

type BotLike = Pick<Bot, "slug" | "name" | "config" | "limits"> & { picture?: string | null | undefined };
type BehaviorLike = Pick<Behavior, "slug" | "title" | "public" | "inputs" | "steps" | "output">;
