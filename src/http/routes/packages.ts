import type { Context } from "../../context.ts";
import { ownerNames } from "../../people/owner.ts";
import { getPackage, listPackages } from "../../packages/browse.ts";
import { planRemoval, removePackage } from "../../packages/uninstall.ts";
import { good, redirect, view, type Answer } from "../answer.ts";
import { text } from "../form.ts";
import { pagerOf } from "../list-links.ts";
import { namedOwner, ownerPerson } from "../owner-field.ts";
import { libraryTiles } from "../package-tiles.ts";
import { IMPORT } from "../package-view.ts";
import { get, post } from "../route.ts";
import { settingsTabs } from "../settings-view.ts";

const PATH = "/settings/packages";

export default [
  get(PATH, async (ctx, { query }) => {
    const { q, cursor } = query;
    const { items, next_cursor } = await listPackages(ctx, { q, cursor });
    const names = await ownerNames(
      ctx,
      items.map(({ owner }) => owner),
    );
    const list = {
      label: "Installed packages",
      noun: ["package", "packages"],
      search: { action: PATH, q },
      columns: [
        { key: "name", label: "Package", kind: "name" },
        { key: "version", label: "Version" },
        { key: "owner", label: "Owner", kind: "person" },
        { key: "by", label: "Installed by" },
        { key: "at", label: "Updated", kind: "time", align: "end" },
      ],
      rows: items.map((one) => ({
        href: `${PATH}/${one.id}`,
        cells: {
          name: { text: one.name },
          version: one.version,
          owner: ownerPerson(one.owner, names),
          by: one.installedBy.name,
          at: one.updatedAt,
        },
      })),
      count: null,
      filtered: Boolean(q || cursor),
      clear: PATH,
      pager: pagerOf(PATH, { q, cursor }, next_cursor),
      empty: { icon: "package", title: "No packages yet", text: "Pick one below, or import a file." },
    };
    const data = { page: { title: "Packages" }, tabs: settingsTabs(ctx, "Packages"), list, primary: bringIn("Import") };
    return view("packages", { ...data, tiles: await libraryTiles(ctx) });
  }),

  get(`${PATH}/:id`, async (ctx, { params }) => {
    const { installed, services, bots, behaviors, manages } = await getPackage(ctx, params.id!);
    const parts = [
      ...services.map((one) => ({ icon: "blocks", text: one.name, detail: "Service", href: `/services/${one.id}` })),
      ...bots.map((one) => ({ icon: "bot", text: one.name, detail: "Bot", href: `/bots/${one.id}` })),
      ...behaviors.map((one) => ({
        icon: "list-tree",
        text: one.title,
        detail: one.name,
        href: `/behaviors/${one.id}`,
      })),
    ];
    const owner = await namedOwner(ctx, installed.owner);
    return view("package", {
      page: { title: installed.name },
      primary: bringIn("Import a newer version"),
      path: `${PATH}/${installed.id}`,
      installed,
      owner,
      parts,
      manages,
    });
  }),

  get(`${PATH}/:id/remove`, async (ctx, { params }) => removePage(ctx, params.id!, null)),

  post(`${PATH}/:id/remove`, async (ctx, { params, form }) => {
    const { installed } = await planRemoval(ctx, params.id!);
    if (text(form, "typed").trim() !== installed.name)
      return removePage(ctx, installed.id, `Type the name exactly as it is: ${installed.name}`);
    await removePackage(ctx, installed.id);
    return redirect(PATH, good(`${installed.name} is removed.`));
  }),
];

function bringIn(label: string) {
  return { label, href: IMPORT, icon: "upload" };
}

async function removePage(ctx: Context, id: string, problem: string | null): Promise<Answer> {
  const { installed, bots, ending, going, staying } = await planRemoval(ctx, id);
  const stops = [
    ...bots.map((one) => ({ text: one.name, detail: "Bot, with its tokens and what is shared with it" })),
    ...ending.map((one) => ({ text: one.title, detail: `Behavior ${one.name}` })),
    ...going.map((one) => ({ text: one.name, detail: "Service, which no account uses" })),
  ];
  const data = {
    page: { title: `Remove ${installed.name}` },
    path: `/settings/packages/${installed.id}`,
    name: installed.name,
    stops,
    staying: staying.map(({ name }) => name),
    problem,
  };
  return view("package-remove", data, { status: problem === null ? 200 : 400 });
}
