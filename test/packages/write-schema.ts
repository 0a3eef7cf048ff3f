import { writeFileSync } from "node:fs";
import { format, resolveConfig } from "prettier";
import { packageJsonSchema } from "../../src/packages/schema.ts";

// npx node test/packages/write-schema.ts: writes the schema of packages anew, after the format or a kind of step changed.

const PATH = "docs/package.schema.json";
const options = { ...(await resolveConfig(PATH)), parser: "json" };
writeFileSync(PATH, await format(JSON.stringify(packageJsonSchema()), options));
