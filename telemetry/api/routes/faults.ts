/** Latched faults: they keep a board off until a person has cleared them (docs/safety.md). */
import { z } from "zod";
import { StoreError } from "../../../common/errors.ts";
import { clearFault } from "../../control/clear-fault.ts";
import { chosenBoard, nameOf, noBoard } from "../api-board.ts";
import { type Problem, problemOf } from "../problem.ts";
import { type RouteContext, route } from "../route-declaration.ts";
import { faultCleared, faultList } from "../schemas/fault.ts";
import { board, whole } from "./parameters.ts";

const MOST_REASON_CHARACTERS = 500;

const STATUS: Readonly<Record<string, { readonly status: number; readonly title: string }>> = {
  FAULT_UNKNOWN: { status: 404, title: "Not found" },
  FAULT_CLEARED: { status: 409, title: "Cleared before" },
};

const unlatched = (): { readonly problem: Problem } => ({
  problem: {
    status: 503,
    title: "Not available",
    detail: "Faults are latched in this daemon's memory alone: control.db could not be made.",
    code: "CONTROL_ABSENT",
    hint: "Find the cause, then start the daemon again.",
  },
});

export const faults = route({
  method: "GET",
  path: "/api/v1/faults",
  about: "Latched faults with cause, time and evidence, oldest first, board by board",
  needs: "view",
  params: z.strictObject({}),
  query: z.strictObject({
    board: board.describe("Name of a board; without it of all"),
    all: z.enum(["yes", "no"]).default("no").describe("Those that were cleared, too"),
  }),
  answer: { status: 200, about: "The faults", schema: faultList },
  problems: { 404: "There is no such board", 503: "There is no control.db, or it cannot be read" },
  async handle({ boards, control }, { query }) {
    if (control == null) return unlatched();
    const chosen = query.board === undefined ? boards : [chosenBoard(boards, query.board)].filter((each) => each !== null);
    if (chosen.length === 0) return { problem: noBoard(boards, query.board ?? "") };
    return { status: 200, body: chosen.flatMap((each) => control.latches(nameOf(each), { all: query.all === "yes" })) };
  },
});

export const clear = route({
  method: "POST",
  path: "/api/v1/faults/{fault}/clear",
  about: "Clears a fault whose cause was found. Once none of its board is left, the board is brought up again and its plan begun anew",
  needs: "operate",
  params: z.strictObject({ fault: whole(1, Number.MAX_SAFE_INTEGER).describe("Number of the fault") }),
  query: z.strictObject({
    reason: z
      .string("is missing")
      .max(MOST_REASON_CHARACTERS, `must have at most ${MOST_REASON_CHARACTERS} characters`)
      .regex(/\S/, "must say what was found and done")
      .describe("What was found and done, for the audit"),
  }),
  answer: { status: 200, about: "It is cleared", schema: faultCleared },
  problems: { 404: "No board of this daemon has such a fault", 409: "Somebody has cleared it before", 503: "There is no control.db" },
  handle: async (context, { params, query }) => clearAnswer(context, params.fault, query.reason),
});

function clearAnswer({ boards: [first, ...others], control, wallMs = Date.now }: RouteContext, id: number, reason: string) {
  if (control == null) return unlatched();
  try {
    const { rig, left } = clearFault(control, [nameOf(first), ...others.map(nameOf)], { id, reason, wallMs: wallMs() });
    return { status: 200, body: { rig, cleared: id, left: left.length } };
  } catch (error) {
    const known = error instanceof StoreError ? STATUS[error.code] : undefined;
    if (known === undefined) throw error;
    return { problem: problemOf(error, known.status, known.title) };
  }
}
