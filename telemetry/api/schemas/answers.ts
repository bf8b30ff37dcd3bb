/** Answers that are nothing but answers. */
import { z } from "zod";
import { component } from "./component.ts";

export const problem = component(
  "Problem",
  z
    .strictObject({
      status: z.int().min(400).max(599),
      title: z.string(),
      detail: z.string(),
      code: z.string().describe("Stable: search for it"),
      hint: z.string().describe("What a person can do about it"),
    })
    .describe("application/problem+json (RFC 9457)"),
);

export const health = component("Health", z.strictObject({ status: z.literal("ok") }));
export const accepted = component("Accepted", z.strictObject({ message: z.string() }));
