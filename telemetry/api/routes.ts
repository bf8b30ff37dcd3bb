/** What each address answers. Every answer with measured rows carries their origin. */
import type { IncomingMessage } from "node:http";
import { NONCE_COLUMN_NAMES } from "../../common/nonce-batch.ts";
import type { Hub } from "../hub.ts";
import type { Store } from "../store/store.ts";
import { notFound, type Problem, problemOf } from "./problem.ts";

export interface RouteContext {
  readonly hub: Hub;
  readonly store: Pick<Store, "listRuns" | "run" | "results" | "nonceChunks">;
  readonly emergencyOff: () => Promise<void>;
}

export type Answer =
  | { readonly status: number; readonly body: unknown }
  | { readonly problem: Problem; readonly headers?: Record<string, string> };
type Handler = (context: RouteContext, match: RegExpExecArray, query: URLSearchParams) => Promise<Answer>;

const ok = (body: unknown): Answer => ({ status: 200, body });
const noRun = (id: string): Answer => ({ problem: notFound(`There is no run ${id}.`, "GET /api/v1/runs lists those there are.") });
const WHOLE_NUMBER = /^\d{1,15}$/;

const ROUTES: readonly { readonly method: "GET" | "POST"; readonly path: RegExp; readonly handle: Handler }[] = [
  { method: "GET", path: /^\/healthz$/, handle: async () => ok({ status: "ok" }) },
  { method: "GET", path: /^\/api\/v1\/state$/, handle: async ({ hub }) => ok(hub.snapshot()) },
  { method: "GET", path: /^\/api\/v1\/runs$/, handle: async ({ store }) => ok(await store.listRuns()) },
  {
    method: "GET",
    path: /^\/api\/v1\/runs\/(\d{1,15})$/,
    handle: async ({ store }, [, id = ""]) => {
      const run = await store.run(Number(id));
      return run === null ? noRun(id) : ok(run);
    },
  },
  {
    method: "GET",
    path: /^\/api\/v1\/runs\/(\d{1,15})\/results$/,
    handle: async ({ store }, [, id = ""]) => ((await store.run(Number(id))) === null ? noRun(id) : ok(await store.results(Number(id)))),
  },
  { method: "GET", path: /^\/api\/v1\/runs\/(\d{1,15})\/nonces$/, handle: nonces },
  {
    method: "POST",
    path: /^\/api\/v1\/emergency-off$/,
    handle: async ({ emergencyOff }) => {
      await emergencyOff();
      return { status: 202, body: { message: "Emergency-off accepted: core power is being switched off." } };
    },
  },
];

/** One stored chunk as columns: 64-bit times as decimal text, NaN as null. Without `chunk` the first. */
async function nonces({ store }: RouteContext, [, id = ""]: RegExpExecArray, query: URLSearchParams): Promise<Answer> {
  const asked = query.get("chunk") ?? "0";
  const run = await store.run(Number(id));
  if (run === null) return noRun(id);
  const [batch] = WHOLE_NUMBER.test(asked) ? await store.nonceChunks(run.id, Number(asked), 1) : [];
  if (batch === undefined) {
    const hint = run.chunks === 0 ? "This run has no nonces yet." : `chunk counts from 0 to ${run.chunks - 1}.`;
    return { problem: notFound(`Run ${id} has no chunk ${JSON.stringify(asked)}.`, hint) };
  }
  const columns = Object.fromEntries(
    NONCE_COLUMN_NAMES.map((name) => [name, name === "tNs" ? Array.from(batch.tNs, String) : [...batch[name]]]),
  );
  return ok({ runId: run.id, origin: run.origin, chunk: Number(asked), chunks: run.chunks, length: batch.length, columns });
}

/** The answer, or null when the address belongs to the dashboard's files. Never rejects. */
export async function route(request: Pick<IncomingMessage, "url" | "method">, context: RouteContext): Promise<Answer | null> {
  const base = "http://daemon";
  const address = request.url ?? "/";
  if (!URL.canParse(address, base)) return { problem: malformedAddress() };
  const { pathname, searchParams } = new URL(address, base);
  const method = request.method === "HEAD" ? "GET" : request.method;
  const matching = ROUTES.filter(({ path }) => path.test(pathname));
  const chosen = matching.find((candidate) => candidate.method === method);
  if (chosen !== undefined) {
    try {
      return await chosen.handle(context, chosen.path.exec(pathname) as RegExpExecArray, searchParams);
    } catch (error) {
      return { problem: problemOf(error, 503, "Not available") };
    }
  }
  const allow = matching.map((candidate) => candidate.method).join(", ");
  if (matching.length > 0 || method !== "GET")
    return { problem: methodRefused(request.method ?? "", allow || "GET"), headers: { allow: allow || "GET" } };
  if (pathname.startsWith("/api/") || pathname === "/ws") {
    return { problem: notFound(`There is nothing at ${pathname}.`, "See telemetry/api/README.md for the addresses.") };
  }
  return null;
}

function methodRefused(method: string, allow: string): Problem {
  const detail = `${method} is not possible here.`;
  return { status: 405, title: "Method not allowed", detail, code: "METHOD_REFUSED", hint: `Use ${allow}.` };
}

function malformedAddress(): Problem {
  return { status: 400, title: "Bad request", detail: "The address is malformed.", code: "ADDRESS_MALFORMED", hint: "Check the URL." };
}
