import { z } from "zod";
import { packageSchema } from "./package.ts";

/** The format of packages as JSON Schema, made of the schema that checks them. */
export function packageJsonSchema(): object {
  const { $schema, ...schema } = z.toJSONSchema(packageSchema, { io: "input", unrepresentable: "any" });
  return { $schema, title: "Signet package", ...schema };
}
