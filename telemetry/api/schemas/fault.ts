import { z } from "zod";
import type { Latch } from "../../control/control-store.ts";
import { component } from "./component.ts";

const latch: z.ZodType<Latch> = component(
  "LatchedFault",
  z.strictObject({
    id: z.int().min(1),
    rig: z.string().describe("Name of the board"),
    code: z.string().describe("Stable: docs/errors.md explains it"),
    cause: z.string().describe("In words, as it was shown"),
    evidence: z.unknown().describe("The last readings and the set-point, whatever was known"),
    wallMs: z.number().describe("ms since 1970"),
    clearedWallMs: z.number().nullable(),
    clearedReason: z.string().nullable().describe("What was found and done; null while the fault keeps the board off"),
  }),
);

export const faultList = component("FaultList", z.array(latch));

export const faultCleared = component(
  "FaultCleared",
  z.strictObject({
    rig: z.string().describe("Name of the board"),
    cleared: z.int(),
    left: z.int().min(0).describe("Faults of that board that still keep it off"),
  }),
);
