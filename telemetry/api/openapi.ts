/** The declared routes as an OpenAPI 3.1 document. */
import { z } from "zod";
import type { RouteDeclaration } from "./route-declaration.ts";
import { problem } from "./schemas/answers.ts";
import { components } from "./schemas/component.ts";

type Json = Record<string, unknown>;

/** What any address may answer. */
const COMMON_PROBLEMS: Readonly<Record<number, string>> = {
  400: "The address, its parameters or the Host header are malformed",
  401: "A token is needed, or the one given is not known",
  403: "The token does not allow this, or the request comes from another web page",
  413: "No address takes a body as large as this",
  429: "Too many requests from this address; Retry-After says when to come again",
  503: "The record cannot be read at present",
};

const named = (schema: z.ZodType): Json => {
  const id = components.get(schema)?.id;
  if (id === undefined) throw new Error("an answer's schema has no name: use component()");
  return { $ref: `#/components/schemas/${id}` };
};

export function openApiOf(routes: readonly RouteDeclaration[], software: string): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "asic-reservoir",
      version: software,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      description:
        "Readers ignore properties they do not know. Every answer with measured values carries their origin: hardware, twin or recording.",
    },
    paths,
    components: {
      schemas: schemasOf(),
      securitySchemes: {
        token: { type: "http", scheme: "bearer" },
        browser: { type: "http", scheme: "basic", description: "Any name, the token as password" },
      },
    },
  };
}

function operationOf({ about, needs, params, query, answer, problems }: RouteDeclaration): Json {
  const bad = Object.entries({ ...COMMON_PROBLEMS, ...problems }).map(([status, description]) => [
    status,
    { description, content: { "application/problem+json": { schema: named(problem) } } },
  ]);
  return {
    summary: about,
    parameters: [...parametersOf("path", params), ...parametersOf("query", query)],
    responses: { ...goodAnswer(answer), ...Object.fromEntries(bad) },
    security: needs === "nothing" ? [] : [{ token: [] }, { browser: [] }, {}],
    "x-needs": needs,
  };
}

function goodAnswer(answer: RouteDeclaration["answer"]): Json {
  const content =
    "schema" in answer
      ? { "application/json": { schema: named(answer.schema) } }
      : Object.fromEntries(answer.type.split("|").map((type) => [type, {}]));
  return { [answer.status]: { description: answer.about, content } };
}

function parametersOf(place: "path" | "query", schema: z.ZodObject): Json[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: "input" });
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...rest } = property as Json;
    return { name, in: place, required: required.includes(name), ...(description === undefined ? {} : { description }), schema: rest };
  });
}

function schemasOf(): Json {
  const { schemas } = z.toJSONSchema(components, { uri: (id) => `#/components/schemas/${id}`, unrepresentable: "any" });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, open(schema) as Json]));
}

/** Strict here, so that tests see what was not declared; open to those outside, so that they do not break when something is added. */
function open(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(open);
  if (typeof schema !== "object" || schema === null) return schema;
  const kept = Object.entries(schema).filter(
    ([key, value]) => key !== "$schema" && key !== "$id" && !(key === "additionalProperties" && (value === false || isEmpty(value))),
  );
  return Object.fromEntries(kept.map(([key, value]) => [key, open(value)]));
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
