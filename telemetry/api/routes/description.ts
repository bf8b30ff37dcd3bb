import { openApiOf } from "../openapi.ts";
import { type RouteDeclaration, route } from "../route-declaration.ts";
import { nothing } from "./parameters.ts";

/** The document about all routes, itself among them. */
export function description(routes: () => readonly RouteDeclaration[]): RouteDeclaration {
  return route({
    method: "GET",
    path: "/api/v1/openapi.json",
    about: "This API as OpenAPI 3.1",
    needs: "view",
    params: nothing,
    query: nothing,
    answer: { status: 200, about: "The document", type: "application/json" },
    problems: {},
    handle: async ({ boards: [{ hub }] }) => ({ status: 200, body: openApiOf(routes(), hub.snapshot().software) }),
  });
}
