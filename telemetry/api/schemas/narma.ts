import { z } from "zod";
import { ORIGINS } from "../../../common/origin.ts";
import type { ControlScore, NarmaProgress, NarmaReport } from "../../messages.ts";
import { component } from "./component.ts";

const controlScore: z.ZodType<ControlScore> = component(
  "ControlScore",
  z.strictObject({
    name: z.string(),
    description: z.string(),
    features: z.int().min(0),
    nrmse: z.number().describe("RMSE / standard deviation of the test targets"),
    rmseOverRange: z.number(),
  }),
);

export const narmaProgress: z.ZodType<NarmaProgress> = component(
  "NarmaProgress",
  z.strictObject({
    done: z.int(),
    total: z.int(),
    washout: z.int(),
    recent: z.array(z.strictObject({ step: z.int(), u: z.number(), y: z.number(), nonces: z.int() })),
  }),
);

export const narmaReport: z.ZodType<NarmaReport> = component(
  "NarmaReport",
  z.strictObject({
    origin: z.enum([...ORIGINS, "software"]),
    runId: z.int().nullable(),
    task: z.literal("narma10"),
    seed: z.number(),
    redraws: z.int(),
    washout: z.int(),
    train: z.int(),
    test: z.int(),
    stepMs: z.number(),
    mode: z
      .strictObject({
        name: z.string(),
        words: z.string(),
        hostMemory: z.strictObject({ lag: z.number(), recursive: z.boolean(), words: z.string() }),
      })
      .exactOptional(),
    featuresUsed: z.array(z.string()),
    featuresRefused: z.array(z.strictObject({ name: z.string(), reason: z.string() })),
    substrate: controlScore,
    controls: z.array(controlScore),
    tapsByCount: z.array(controlScore),
    excluded: z.strictObject({
      train: z.int(),
      test: z.int(),
      reasons: z.array(z.strictObject({ reason: z.string(), steps: z.int() })),
    }),
    beatsTaps: z.strictObject({
      answer: z.boolean(),
      taps: z.int(),
      substrateNrmse: z.number(),
      tapsNrmse: z.number(),
      dmStatistic: z.number(),
      pValue: z.number(),
    }),
    beatsInputOnly: z.strictObject({ answer: z.boolean(), inputNrmse: z.number(), pValue: z.number() }),
    verdict: z.string(),
    test_y: z.array(z.number()),
    predicted: z.array(z.number()),
  }),
);
