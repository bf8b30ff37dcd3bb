import { z } from "zod";

/** Every schema that has a name: what the OpenAPI document lists under components. */
export const components = z.registry<{ id: string }>();

/** A schema under a name of its own. The second type argument of ZodType keeps it true to the type that the code uses. */
export function component<T extends z.ZodType>(id: string, schema: T): T {
  components.add(schema, { id });
  return schema;
}

export const numberOrNull = z.number().nullable();
export const interval = z.tuple([z.number(), z.number()]);
