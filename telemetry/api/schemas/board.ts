import { z } from "zod";
import { DEVICE_STATES, type Snapshot } from "../../messages.ts";
import { component } from "./component.ts";
import { origin, runSummary } from "./run.ts";
import { readings } from "./snapshot.ts";
import { setPoint } from "./sweep.ts";

export interface BoardSummary
  extends Pick<Snapshot, "origin" | "state" | "stateReason" | "board" | "setPoint" | "readings" | "run" | "activity"> {
  readonly name: string;
}

export const boardSummary: z.ZodType<BoardSummary> = component(
  "BoardSummary",
  z.strictObject({
    name: z.string().describe("What `board` means at other addresses; the rig's name in topics and in the record"),
    origin,
    state: z.enum(DEVICE_STATES),
    stateReason: z.string().describe("Why it is in this state, in words"),
    board: z.strictObject({ model: z.string(), chips: z.int(), chipId: z.string(), regulator: z.string() }).nullable(),
    setPoint: setPoint.nullable(),
    readings: readings.nullable(),
    run: runSummary.nullable(),
    activity: z.strictObject({ label: z.string(), done: z.number(), total: z.number() }).nullable(),
  }),
);
