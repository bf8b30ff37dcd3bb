import { z } from "zod";
import type { RunSummary } from "../../messages.ts";
import { cursorOf, readCursor } from "../cursor.ts";
import { badRequest, notFound, type Problem } from "../problem.ts";
import { type Answer, route } from "../route-declaration.ts";
import { component } from "../schemas/component.ts";
import { runSummary, storedResult, storedRun } from "../schemas/run.ts";
import { cursor, nothing, runParams, whole } from "./parameters.ts";

export const noRun = (id: number): Answer => ({
  problem: notFound(`There is no run ${id}.`, "GET /api/v1/runs lists those there are."),
});

export function badCursor(): Problem {
  const detail = "The cursor is not one that an answer of this address gave.";
  return badRequest("CURSOR_REFUSED", detail, "Start without a cursor, then send back what each answer gives.");
}

const order = z.enum(["oldest", "newest"]);

export const runs = route({
  method: "GET",
  path: "/api/v1/runs",
  about: "Runs. With `limit` a page of them; the next one's address is in the Link header (rel=next).",
  needs: "view",
  params: nothing,
  query: z.strictObject({
    limit: whole(1, 1000).optional().describe("At most so many; without it all"),
    cursor,
    order: order.default("oldest").describe("Which comes first"),
  }),
  answer: { status: 200, about: "The runs, in order", schema: component("RunList", z.array(runSummary)) },
  problems: { 400: "The cursor is no cursor" },
  async handle({ store }, { query }) {
    const [after, newestFirst] = query.cursor === undefined ? [null, query.order === "newest"] : runCursor(query.cursor);
    if (Number.isNaN(after)) return { problem: badCursor() };
    const inOrder = (await store.listRuns()).toSorted((a, b) => (newestFirst ? b.id - a.id : a.id - b.id));
    const left = inOrder.filter(({ id }) => after === null || (newestFirst ? id < after : id > after));
    const page = query.limit === undefined ? left : left.slice(0, query.limit);
    const last = page.at(-1);
    if (last === undefined || page.length === left.length) return { status: 200, body: page };
    return { status: 200, body: page, headers: { link: nextLink(last, query.limit ?? 0, newestFirst) } };
  },
});

/** The id after which it goes on, NaN when it is none, and whether newest come first. */
function runCursor(text: string): [number, boolean] {
  const [after = Number.NaN, newest = 0] = readCursor("runs", text) ?? [];
  return [after, newest === 1];
}

function nextLink({ id }: RunSummary, limit: number, newestFirst: boolean): string {
  return `</api/v1/runs?limit=${limit}&cursor=${cursorOf("runs", [id, newestFirst ? 1 : 0])}>; rel="next"`;
}

export const oneRun = route({
  method: "GET",
  path: "/api/v1/runs/{run}",
  about: "One run: how it was made, how much of it is stored",
  needs: "view",
  params: runParams,
  query: nothing,
  answer: { status: 200, about: "The run", schema: storedRun },
  problems: { 404: "There is no such run" },
  async handle({ store }, { params }) {
    const run = await store.run(params.run);
    return run === null ? noRun(params.run) : { status: 200, body: run };
  },
});

export const results = route({
  method: "GET",
  path: "/api/v1/runs/{run}/results",
  about: "What was found out in a run, in the order in which it was",
  needs: "view",
  params: runParams,
  query: nothing,
  answer: { status: 200, about: "Its results", schema: component("ResultList", z.array(storedResult)) },
  problems: { 404: "There is no such run" },
  async handle({ store }, { params }) {
    return (await store.run(params.run)) === null ? noRun(params.run) : { status: 200, body: await store.results(params.run) };
  },
});
