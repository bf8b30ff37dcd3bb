import { z } from "zod";
import { DEVICE_STATES, type LogEvent, type Readings, type SafetyView, type Snapshot } from "../../messages.ts";
import { component, numberOrNull } from "./component.ts";
import { narmaProgress, narmaReport } from "./narma.ts";
import { origin, runSummary } from "./run.ts";
import { nonceCounts, setPoint, sweepPoint } from "./sweep.ts";

export const readings: z.ZodType<Readings> = component(
  "Readings",
  z.strictObject({
    wallMs: z.number(),
    coreVoltageMv: numberOrNull,
    inputVoltageMv: numberOrNull,
    inputCurrentMa: numberOrNull,
    powerW: numberOrNull,
    chipTempC: numberOrNull,
    boardTempC: numberOrNull,
    regulatorTempC: numberOrNull,
    fanRpm: numberOrNull,
    fanPercent: numberOrNull,
    hashRateGhs: numberOrNull.describe("From verified nonces of the last 10 s; null before there are any"),
    expectedGhs: numberOrNull,
  }),
);

export const logEvent: z.ZodType<LogEvent> = component(
  "LogEvent",
  z.strictObject({ wallMs: z.number(), level: z.enum(["info", "warning", "error"]), source: z.string(), text: z.string() }),
);

export const safetyView: z.ZodType<SafetyView> = component(
  "SafetyView",
  z.strictObject({
    action: z.enum(["none", "fan-full", "power-off"]),
    rule: z.string(),
    reason: z.string(),
    margins: z
      .array(z.strictObject({ name: z.string(), value: numberOrNull, limit: z.number(), unit: z.string() }))
      .describe("Limit minus reading for each watched quantity; null when unknown"),
  }),
);

export const snapshot: z.ZodType<Snapshot> = component(
  "Snapshot",
  z
    .looseObject({
      rig: z.string(),
      origin,
      software: z.string(),
      startedWallMs: z.number(),
      state: z.enum(DEVICE_STATES),
      stateReason: z.string().describe("Why the device is in this state, in words"),
      board: z.strictObject({ model: z.string(), chips: z.int(), chipId: z.string(), regulator: z.string() }).nullable(),
      setPoint: setPoint.nullable(),
      readings: readings.nullable(),
      totals: nonceCounts,
      run: runSummary.nullable(),
      activity: z.strictObject({ label: z.string(), done: z.number(), total: z.number() }).nullable(),
      sweep: z.array(sweepPoint),
      narma: narmaProgress.nullable(),
      report: narmaReport.nullable(),
      events: z.array(logEvent),
      safety: safetyView,
    })
    .describe("What the daemon knows now"),
);
