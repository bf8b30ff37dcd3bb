/** What the daemon's boards are and do, and how one or all are switched off. */
import { z } from "zod";
import type { Snapshot } from "../../messages.ts";
import { allOff, chosenBoard, nameOf, noBoard } from "../api-board.ts";
import { route } from "../route-declaration.ts";
import { accepted } from "../schemas/answers.ts";
import { type BoardSummary, boardSummary } from "../schemas/board.ts";
import { component } from "../schemas/component.ts";
import { snapshot } from "../schemas/snapshot.ts";
import { board, nothing, ofBoard } from "./parameters.ts";

function summaryOf({ rig, origin, state, stateReason, board: found, setPoint, readings, run, activity }: Snapshot): BoardSummary {
  return { name: rig, origin, state, stateReason, board: found, setPoint, readings, run, activity };
}

export const boards = route({
  method: "GET",
  path: "/api/v1/boards",
  about: "The daemon's boards, in the order of its configuration, and how each is. Their names are those of its rigs (RIG-NAME)",
  needs: "view",
  params: nothing,
  query: nothing,
  answer: { status: 200, about: "One or several", schema: component("BoardList", z.array(boardSummary)) },
  problems: {},
  handle: async (context) => ({ status: 200, body: context.boards.map(({ hub }) => summaryOf(hub.snapshot())) }),
});

export const state = route({
  method: "GET",
  path: "/api/v1/state",
  about: "What the daemon knows of a board now: the WebSocket's snapshot",
  needs: "view",
  params: nothing,
  query: ofBoard,
  answer: { status: 200, about: "The snapshot", schema: snapshot },
  problems: { 404: "There is no such board" },
  async handle(context, { query }) {
    const chosen = chosenBoard(context.boards, query.board);
    if (chosen === null) return { problem: noBoard(context.boards, query.board ?? "") };
    return { status: 200, body: chosen.hub.snapshot() };
  },
});

export const emergencyOff = route({
  method: "POST",
  path: "/api/v1/emergency-off",
  about: "Switches core power off, now: of all boards, or of the one that is named",
  needs: "emergency",
  params: nothing,
  query: z.strictObject({ board: board.describe("Name of a board; without it all") }),
  answer: { status: 202, about: "It is being switched off", schema: accepted },
  problems: { 404: "There is no such board: nothing was switched off", 503: "It could not be asked for: cut the power by hand" },
  async handle({ boards: all }, { query }) {
    const chosen = query.board === undefined ? all : [chosenBoard(all, query.board)].filter((each) => each !== null);
    if (chosen.length === 0) return { problem: noBoard(all, query.board ?? "") };
    await allOff(chosen);
    const which = all.length === 1 ? "" : ` of ${chosen.map(nameOf).join(" and ")}`;
    return { status: 202, body: { message: `Emergency-off accepted: core power${which} is being switched off.` } };
  },
});
