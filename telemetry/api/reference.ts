/** The addresses as a page for people (docs/api.md). */
import { z } from "zod";
import type { RouteDeclaration } from "./route-declaration.ts";
import { components } from "./schemas/component.ts";

const NEEDS: Record<RouteDeclaration["needs"], string> = {
  nothing: "anyone",
  view: "role view, or this host",
  emergency: "role operate, or this host",
  operate: "role operate",
};

export function apiReference(routes: readonly RouteDeclaration[]): string {
  return routes.map(sectionOf).join("\n");
}

function sectionOf({ method, path, about, needs, params, query, answer, problems }: RouteDeclaration): string {
  const good =
    "schema" in answer
      ? `\`${components.get(answer.schema)?.id}\``
      : answer.type
          .split("|")
          .map((type) => `\`${type}\``)
          .join(" or ");
  const parameters = [...rowsOf(params, "address"), ...rowsOf(query, "query")];
  const own = Object.entries(problems).map(([status, text]) => `- ${status}: ${text.charAt(0).toLowerCase()}${text.slice(1)}`);
  return [
    `### ${method} ${path}`,
    "",
    `${about}.`.replace(/\.\.$/, "."),
    "",
    `For ${NEEDS[needs]}. Answers ${answer.status} ${good}: ${answer.about.charAt(0).toLowerCase()}${answer.about.slice(1)}.`,
    "",
    ...(parameters.length === 0 ? [] : ["| parameter | where | what |", "|---|---|---|", ...parameters, ""]),
    ...(own.length === 0 ? [] : [...own, ""]),
  ].join("\n");
}

function rowsOf(schema: z.ZodObject, place: string): string[] {
  const { properties = {} } = z.toJSONSchema(schema, { io: "input" });
  return Object.entries(properties).map(([name, property]) => {
    const { description = "", default: standard, enum: values } = property as { description?: string; default?: unknown; enum?: string[] };
    const choices = values === undefined ? "" : ` (${values.join(", ")})`;
    const otherwise = standard === undefined ? "" : `; ${String(standard)} when left out`;
    return `| \`${name}\` | ${place} | ${description}${choices}${otherwise} |`;
  });
}
