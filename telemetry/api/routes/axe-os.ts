import { z } from "zod";
import { chosenBoard, noBoard } from "../api-board.ts";
import { axeOsInfo, axeOsInfoOf } from "../fleet/axe-os.ts";
import { route } from "../route-declaration.ts";
import { board, nothing } from "./parameters.ts";

export const systemInfo = route({
  method: "GET",
  path: "/api/system/info",
  about: "What AxeOS, the firmware of a Bitaxe, says there, for tools that know it; unknown is null",
  needs: "view",
  params: nothing,
  // What such tools send with it is theirs.
  query: z.looseObject({ board }),
  answer: { status: 200, about: "The board", schema: axeOsInfo },
  problems: { 404: "There is no such board" },
  async handle({ boards, fleet }, { query }) {
    const chosen = chosenBoard(boards, query.board);
    if (chosen === null) return { problem: noBoard(boards, query.board ?? "") };
    return { status: 200, body: fleet === undefined ? {} : axeOsInfoOf(fleet(chosen)) };
  },
});
