/** Which addresses there are, and how a request finds its own. */
import type { IncomingMessage } from "node:http";
import type { z } from "zod";
import { badRequest, notFound, type Problem, problemOf } from "./problem.ts";
import type { Answer, RouteContext, RouteDeclaration } from "./route-declaration.ts";
import { systemInfo } from "./routes/axe-os.ts";
import { boards, emergencyOff, state } from "./routes/boards.ts";
import { healthz } from "./routes/daemon.ts";
import { description } from "./routes/description.ts";
import { downloads } from "./routes/downloads.ts";
import { clear, faults } from "./routes/faults.ts";
import { metrics } from "./routes/metrics.ts";
import { chunk, page } from "./routes/nonces.ts";
import { oneRun, results, runs } from "./routes/runs.ts";

export type { RouteContext } from "./route-declaration.ts";

/** Every answer with measured rows carries their origin. */
export const ROUTES: readonly RouteDeclaration[] = [
  healthz,
  boards,
  state,
  runs,
  oneRun,
  results,
  chunk,
  page,
  downloads(),
  metrics,
  systemInfo,
  emergencyOff,
  faults,
  clear,
  description(() => ROUTES),
];

export type Found =
  | { readonly route: RouteDeclaration; readonly params: z.output<z.ZodObject>; readonly path: string; readonly search: URLSearchParams }
  | { readonly problem: Problem; readonly headers?: Record<string, string> };

const PATTERNS = new Map(ROUTES.map((route) => [route, patternOf(route.path)]));

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`);
}

/** The route of a request, or null when the address belongs to the dashboard's files. */
export function findRoute(request: Pick<IncomingMessage, "url" | "method">): Found | null {
  const base = "http://daemon";
  const address = request.url ?? "/";
  if (!URL.canParse(address, base)) return { problem: badRequest("ADDRESS_MALFORMED", "The address is malformed.", "Check the URL.") };
  const { pathname, searchParams } = new URL(address, base);
  const method = request.method === "HEAD" ? "GET" : request.method;
  const matching = ROUTES.flatMap((route) => {
    const match = PATTERNS.get(route)?.exec(pathname);
    const params = match ? route.params.safeParse({ ...match.groups }) : null;
    return params?.success ? [{ route, params: params.data, path: pathname, search: searchParams }] : [];
  });
  const chosen = matching.find(({ route }) => route.method === method);
  if (chosen !== undefined) return chosen;
  const allow = matching.map(({ route }) => route.method).join(", ");
  if (matching.length > 0 || method !== "GET")
    return { problem: methodRefused(request.method ?? "", allow || "GET"), headers: { allow: allow || "GET" } };
  if (pathname.startsWith("/api/") || pathname === "/ws")
    return { problem: notFound(`There is nothing at ${pathname}.`, "GET /api/v1/openapi.json describes the addresses there are.") };
  return null;
}

/** What a found route answers. Never rejects. */
export async function answerOf(found: Found, context: RouteContext): Promise<Answer> {
  if ("problem" in found) return found;
  const { route, params, path, search } = found;
  const query = route.query.safeParse(Object.fromEntries(search));
  if (!query.success) return { problem: parameterRefused(query.error) };
  try {
    return await route.handle(context, { params, query: query.data, path });
  } catch (error) {
    return { problem: problemOf(error, 503, "Not available") };
  }
}

/** The answer, or null when the address belongs to the dashboard's files. Never rejects. */
export async function route(request: Pick<IncomingMessage, "url" | "method">, context: RouteContext): Promise<Answer | null> {
  const found = findRoute(request);
  return found === null ? null : answerOf(found, context);
}

function parameterRefused({ issues }: z.ZodError): Problem {
  const said = issues.map((issue) =>
    issue.code === "unrecognized_keys" ? `There is no parameter ${issue.keys.join(", ")}.` : `${issue.path.join(".")}: ${issue.message}.`,
  );
  return badRequest("PARAMETER_REFUSED", said.join(" "), "GET /api/v1/openapi.json describes the parameters of each address.");
}

function methodRefused(method: string, allow: string): Problem {
  const detail = `${method} is not possible here.`;
  return { status: 405, title: "Method not allowed", detail, code: "METHOD_REFUSED", hint: `Use ${allow}.` };
}
