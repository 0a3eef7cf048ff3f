import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { packageJsonSchema } from "../../src/packages/schema.ts";

it("the schema that is published is the one that is kept (npx node test/packages/write-schema.ts writes it)", () => {
  expect(JSON.parse(readFileSync("docs/package.schema.json", "utf8"))).toEqual(
    JSON.parse(JSON.stringify(packageJsonSchema())),
  );
});
