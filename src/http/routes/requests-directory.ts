import { usableAccounts } from "../../accounts/browse.ts";
import { searchDirectory, type SearchInput, type Searched } from "../../accounts/search-directory.ts";
import type { Context } from "../../context.ts";
import type { SignetError } from "../../errors.ts";
import { accountOptions, requestTabs, searches } from "../account-options.ts";
import { view, type Answer } from "../answer.ts";
import { EMPTY, inputOf, MOST, SCOPES, searchCommand, shownFound, typedIn, type Typed } from "../directory-form.ts";
import { asSignetError, type Problems } from "../failure.ts";
import { refused } from "../form.ts";
import { get, post } from "../route.ts";

interface Shown {
  typed: Typed;
  input?: SearchInput;
  found?: Searched;
  refusal?: SignetError;
  problems?: Problems;
}

export default [
  get("/requests/directory", (ctx, { query }) => {
    const { account = "", base = "", filter = EMPTY.filter } = query;
    return page(ctx, { typed: { ...EMPTY, account, base, filter } });
  }),

  post("/requests/directory", async (ctx, { form }) => {
    const typed = typedIn(form);
    let input: SearchInput | undefined;
    try {
      input = inputOf(typed);
      return await page(ctx, { typed, input, found: await searchDirectory(ctx, input, "console") });
    } catch (cause) {
      const error = asSignetError(cause);
      if (!error) throw cause;
      const issues =
        error.code === "not_found"
          ? [{ path: "account", message: "Choose an account that you may use." }]
          : error.issues;
      // What is wrong with the form is said there; what Signet or the directory refused is an outcome like any other.
      if (issues.length === 0) return page(ctx, { typed, ...(input && { input }), refusal: error });
      const fields = Object.fromEntries(issues.map(({ path, message }) => [path.split(".")[0]!, message]));
      return page(ctx, { typed, problems: { summary: error.message, fields } });
    }
  }),
];

async function page(ctx: Context, { typed, input, found, refusal, problems }: Shown): Promise<Answer> {
  const all = await usableAccounts(ctx);
  const accounts = all.filter(searches);
  const chosen =
    accounts.find(({ id, slug }) => id === typed.account || slug === typed.account) ??
    (accounts.length === 1 && typed.account === "" ? accounts[0] : undefined);
  const data = {
    page: { title: "Directories" },
    tabs: requestTabs(all, "/requests/directory"),
    accounts: accountOptions(accounts),
    typed: { ...typed, account: chosen?.id ?? typed.account },
    scopes: SCOPES,
    most: MOST,
    problems: problems ? refused(problems) : null,
    found: found ? shownFound(found) : null,
    refusal: refusal ? { code: refusal.code, sentence: refusal.message } : null,
    command: input && chosen ? searchCommand(ctx.publicUrl, chosen.slug, input) : null,
    requestId: ctx.requestId,
  };
  return view("requests-directory", data, { status: problems ? 400 : 200 });
}
