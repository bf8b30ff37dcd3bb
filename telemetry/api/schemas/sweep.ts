import { z } from "zod";
import { NONCE_STATUSES } from "../../../common/nonce-batch.ts";
import { REGIMES, type SetPoint, type SweepPoint } from "../../messages.ts";
import { component, interval, numberOrNull } from "./component.ts";

export const nonceCounts = component(
  "NonceCounts",
  z.record(z.enum(NONCE_STATUSES), z.int().min(0)).describe("Nonces by what became of them"),
);

const setPointFields = {
  coreVoltageMv: z.number().describe("Core voltage (on an S9: of the whole chain), mV"),
  frequencyMhz: z.number().describe("Core clock, MHz"),
  ticketDifficulty: z.number().describe("Difficulty from which a chip reports a nonce"),
};

export const setPoint: z.ZodType<SetPoint> = component("SetPoint", z.strictObject(setPointFields));

export const sweepPoint: z.ZodType<SweepPoint> = component(
  "SweepPoint",
  z.strictObject({
    ...setPointFields,
    index: z.int().min(0),
    total: z.int().min(0),
    status: z.enum(["done", "invalid", "skipped"]),
    reason: z.string().nullable().describe("Why a point is invalid or was skipped"),
    seconds: z.number(),
    nonces: nonceCounts,
    hashRateGhs: numberOrNull,
    expectedGhs: z.number(),
    powerW: numberOrNull,
    chipTempC: numberOrNull,
    joulesPerTerahash: numberOrNull,
    cv: numberOrNull.describe("Coefficient of variation of the intervals between nonces"),
    cvBand: interval.nullable().describe("Where the CV of a Poisson process of as many intervals lies in 95 of 100 cases"),
    invalidShare: z.strictObject({ share: z.number(), low: z.number(), high: z.number() }).nullable().exactOptional(),
    joulesPerTerahashInterval: interval.nullable().exactOptional(),
    cvNull: z.strictObject({ deadTimeMs: z.number(), cv: z.number(), band: interval }).nullable().exactOptional(),
    regime: z.enum(REGIMES).nullable().exactOptional(),
    regimeReason: z.string().exactOptional(),
    settle: z.strictObject({ ms: z.number(), settled: z.boolean(), why: z.string() }).exactOptional(),
    stoppedBy: z.enum(["dwell", "sequential", "sample", "most"]).exactOptional(),
    measuredIn: z.int().exactOptional().describe("The run in which it was measured, when an interrupted sweep went on in another"),
  }),
);
