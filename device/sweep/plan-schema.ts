/** The `sweep` part of a configuration: what is visited, in which order, and when a point has been looked at for long enough. docs/sweeps.md */
import { z } from "zod";

const share = z.number().gt(0).lt(1);

const settle = z
  .strictObject({
    windowMs: z.int().min(200).max(600_000).default(400).describe("Readings are judged over so long, ms"),
    mostMs: z
      .int()
      .min(0)
      .max(3_600_000)
      .default(2000)
      .describe("A point that has not settled by then is counted all the same, and marked, ms"),
    slopeCPerS: z.number().gt(0).default(1).describe("Settled when the chip's temperature changes no faster, K/s"),
    voltageBandMv: z.number().gt(0).default(25).describe("Settled when the regulator's read-backs lie no further apart, mV"),
  })
  .describe("When a set-point has settled: by what the sensors read, not by a fixed wait");

const detect = z
  .strictObject({
    soundShare: share.default(0.001).describe("Invalid share of a point that is sound"),
    faultyShare: share.default(0.01).describe("Invalid share that a point must not be sound with"),
    alpha: share.default(0.05).describe("Chance to call a sound point faulty"),
    power: share.default(0.9).describe("Chance to call a faulty point faulty"),
    cvDifference: z.number().gt(0).nullable().default(null).describe("Also find a CV that is off by so much; null: do not wait for that"),
    mostMs: z.int().min(100).default(300_000).describe("No point is counted for longer, ms"),
  })
  .describe("Counts until the invalid share is decided by a sequential test or the fixed sample of the same size is there");

const edge = z
  .strictObject({
    share: share.default(0.1).describe("The critical voltage is where this share of a chip's nonces is invalid"),
    halfWidthMv: z
      .number()
      .gt(0)
      .default(5)
      .describe("Done when the 95 % interval of each chip's critical voltage is no wider to either side, mV of a chip"),
    dwellMs: z.int().min(100).default(1000).describe("Time counted at each voltage, ms"),
    mostMs: z.int().min(1000).default(240_000).describe("Time counted at one frequency altogether, ms"),
    brownOutRisk: z.number().gt(0).max(0.5).default(0.002).describe("Most probable loss of a chip that a next voltage may have"),
  })
  .describe("The search for each chip's critical voltage");

export const sweepSchema = z
  .strictObject({
    plan: z
      .enum(["grid", "list", "adaptive", "edge"])
      .default("grid")
      .describe(
        "grid: all of them; list: `points`; adaptive: the grid, then between points that differ; edge: each chip's critical voltage at each frequency",
      ),
    coreVoltageMv: z.array(z.number()).min(1).optional().describe("Core voltages of the grid, mV"),
    frequencyMhz: z.array(z.number()).min(1).optional().describe("Core clocks of the grid, MHz"),
    ticketDifficulty: z
      .array(z.number().min(1))
      .min(1)
      .optional()
      .describe("Ticket difficulties of the grid (default: that of the set-point)"),
    points: z
      .array(z.strictObject({ coreVoltageMv: z.number(), frequencyMhz: z.number(), ticketDifficulty: z.number().min(1).optional() }))
      .default([])
      .describe("Set-points of a list"),
    resolutionMv: z.number().min(1).default(10).describe("An adaptive plan stops between voltages that are no further apart, mV"),
    order: z
      .enum(["to-and-fro", "random-blocks"])
      .default("to-and-fro")
      .describe("to-and-fro: short ramps; random-blocks: frequencies, and voltages within each, in the random order of `seed`"),
    repeats: z.int().min(1).max(1000).default(1).describe("The whole plan so often, each time in an order of its own"),
    seed: z.int().min(0).default(1).describe("Seed of a random order"),
    settleMs: z.int().min(0).default(500).describe("Least wait after a set-point before counting, ms"),
    settle: settle.prefault({}),
    dwellMs: z.int().min(100).default(1500).describe("Least time counted at each point, ms"),
    detect: detect.optional(),
    edge: edge.prefault({}),
  })
  .describe("The voltage x frequency x difficulty sweep");

export type SweepFile = z.infer<typeof sweepSchema>;
export type SettleRule = SweepFile["settle"] & { readonly leastMs: number };
export type DetectPlan = NonNullable<SweepFile["detect"]>;
export type EdgePlan = SweepFile["edge"];

/** A sweep as it runs: with its board's own voltages and frequencies where the file is silent. */
export type SweepPlan = SweepFile & { readonly coreVoltageMv: readonly number[]; readonly frequencyMhz: readonly number[] };

export function settleRule({ settle, settleMs }: SweepPlan): SettleRule {
  return { ...settle, leastMs: settleMs };
}
