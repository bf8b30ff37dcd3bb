import { describe, expect, it } from "vitest";
import { z } from "zod";
import { expectedText, type JsonSchema, schemaInside } from "./leaf.ts";

const schemaOf = (schema: z.ZodType) => z.toJSONSchema(schema, { io: "input" }) as JsonSchema;
const words = (schema: z.ZodType) => expectedText(schemaOf(schema));

describe("what may stand there, in words", () => {
  it.each([
    [z.number(), "a number"],
    [z.int().min(1).max(63), "a whole number from 1 to 63"],
    [z.number().gt(0).lt(1), "a number, above 0 and below 1"],
    [z.number().max(5), "a number, 5 or less"],
    [z.enum(["a", "b", "c"]), "a, b or c"],
    [z.union([z.literal(1), z.literal(2)]).nullable(), "1, 2 or null"],
    [z.string().nullable(), "text or null"],
    [z.boolean(), "true or false"],
    [z.array(z.int().min(1)), "a list, each a whole number, 1 or more"],
    [z.array(z.strictObject({ v: z.number(), f: z.number().optional() })), "a list, each { v, f }"],
  ])("%#", (schema, text) => {
    expect(words(schema)).toBe(text);
  });
});

it("the schema of something in a list is found", () => {
  const points = schemaOf(z.array(z.strictObject({ v: z.int().min(3) })));
  expect(schemaInside(points, [4, "v"])?.minimum).toBe(3);
  expect(schemaInside(points, [4, "w"])).toBeNull();
});
