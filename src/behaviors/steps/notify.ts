import { z } from "zod";
import { notifyInput, notifyPeople } from "../../notices/notify.ts";
import { fitting } from "../rendered.ts";
import { baseStep, failing, stepKind, type Step } from "../step.ts";

interface Notify extends Step {
  to: string | string[];
  title: string;
  text?: string | undefined;
  link?: string | undefined;
}

export const notify = stepKind<Notify>({
  kind: "notify",
  label: "Notify people",
  help: "Tells people something here in Signet.",
  icon: "bell",
  acts: true,
  schema: (steps) =>
    z.strictObject({
      ...baseStep,
      ...failing(steps),
      do: z.literal("notify"),
      to: z.union([
        z.string().trim().min(1, "Say who is to be told.").max(4000),
        z.array(z.string().trim().min(1).max(500)).min(1, "Say who is to be told.").max(50),
      ]),
      title: z.string().trim().min(1, "Say in a line what it is about.").max(2000),
      text: z.string().max(16_384).optional(),
      link: z.string().max(4000).optional(),
    }) as unknown as z.ZodType<Notify>,
  fields: [
    {
      name: "to",
      label: "To",
      type: "text",
      required: true,
      example: "owner",
      help: "An e-mail address, a team, or “owner” for whom the bot belongs to. Only the owner's people can be told.",
    },
    { name: "title", label: "Title", type: "text", required: true, example: "{{ size(vars.late) }} invoices are late" },
    { name: "text", label: "Text", type: "long", example: "The oldest is from {{ vars.oldest }}." },
    {
      name: "link",
      label: "Link",
      type: "text",
      example: "/accounts",
      help: "A path of this hub, or an https address.",
    },
  ],
  perform: async ({ to, title, text, link }, at) => {
    const notice = {
      to: await at.render(to),
      title: await at.render(title, () => "text"),
      text: await at.render(text ?? "", () => "text"),
      link: link === undefined ? null : (await at.renderUrl(link)) || null,
    };
    fitting(notifyInput, notice);
    if (!at.sending) return at.pretend(notice, { told: [] });
    const told = await at.effect("", notice, (ctx) => notifyPeople(ctx, notice));
    return { told: told.map(({ name }) => name) };
  },
});
