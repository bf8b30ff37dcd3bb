import type { ServerResponse } from "node:http";
import { AsicError } from "../../common/errors.ts";

/** What went wrong, as application/problem+json says it (RFC 9457), with our `code` and `hint` beside. */
export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly code: string;
  readonly hint: string;
}

export const PROBLEM_TYPE = "application/problem+json";

export function sendProblem(response: ServerResponse, problem: Problem, headers: Record<string, string> = {}): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(problem.status, { ...headers, "content-type": PROBLEM_TYPE, "cache-control": "no-store" });
  response.end(JSON.stringify(problem));
}

export function notFound(what: string, hint: string): Problem {
  return { status: 404, title: "Not found", detail: what, code: "NOT_FOUND", hint };
}

export function badRequest(code: string, detail: string, hint: string): Problem {
  return { status: 400, title: "Bad request", detail, code, hint };
}

export function forbidden(code: string, detail: string, hint: string): Problem {
  return { status: 403, title: "Forbidden", detail, code, hint };
}

/** An exception as a problem: ours keep their words, others say nothing about the machine's inside. */
export function problemOf(error: unknown, status: number, title: string): Problem {
  if (error instanceof AsicError) return { status, title, detail: error.message, code: error.code, hint: error.hint };
  return {
    status,
    title,
    detail: "The request failed inside the daemon.",
    code: "INTERNAL",
    hint: "Please report this with the daemon's log.",
  };
}
