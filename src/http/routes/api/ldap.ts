import { searchDirectory, searchInput } from "../../../accounts/search-directory.ts";
import type { ApiRoute } from "../../route.ts";

const routes: ApiRoute[] = [
  {
    method: "POST",
    path: "/ldap/search",
    scope: "execute",
    summary: "Search a directory with an account",
    body: searchInput,
    handle: (ctx, { body }) => searchDirectory(ctx, body),
  },
];

export default routes;
