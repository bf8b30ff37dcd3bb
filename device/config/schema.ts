import { z } from "zod";
import { ORIGINS } from "../../common/origin.ts";

/**
 * The one configuration file (YAML). Strict: an unknown key is an error with a suggestion, never ignored. Every key has a
 * default except those that say which board to drive.
 */
const board = z
  .strictObject({
    kind: z.literal("bitaxe-ultra").describe("What stands behind the ports. The board itself is probed, never trusted by name."),
    control: z.string().min(1).describe("Control port of the bitaxe-raw bridge: the first of its two serial ports."),
    data: z.string().min(1).describe("Data port of the bridge: the second one, straight through to the chips."),
    chips: z.int().min(1).max(128).default(1).describe("How many chips the chain must have."),
    baud: z
      .union([z.literal(115_200), z.int().min(115_200).max(3_125_000)])
      .default(1_041_667)
      .describe("Data rate after bring-up, baud. 115200 leaves the chip's reset rate."),
    workScale: z.int().min(0).max(32).default(0).describe("Zero bits a twin leaves out of its search. Must be 0 on hardware."),
  })
  .describe("The board and its ports");

const setPoint = z
  .strictObject({
    coreVoltageMv: z.number().default(1200).describe("Core voltage, mV"),
    frequencyMhz: z.number().default(485).describe("Core clock, MHz"),
    ticketDifficulty: z
      .number()
      .min(1)
      .default(1)
      .describe("Difficulty from which the chip reports a nonce; rounded down to a power of two"),
  })
  .describe("Where the board runs when nothing else is asked of it");

const limits = z
  .strictObject({
    maxChipTempC: z.number().optional().describe("Switch off above this chip temperature, degrees C (board: 75)"),
    maxRegulatorTempC: z.number().optional().describe("Switch off above this regulator temperature, degrees C (board: 105)"),
    maxPowerW: z.number().optional().describe("Switch off above this input power, W (board: 25)"),
    minCoreVoltageMv: z.number().optional().describe("Lowest core voltage that may be asked for, mV"),
    maxCoreVoltageMv: z.number().optional().describe("Highest core voltage that may be asked for, mV"),
    minFrequencyMhz: z.number().optional().describe("Lowest core clock that may be asked for, MHz"),
    maxFrequencyMhz: z.number().optional().describe("Highest core clock that may be asked for, MHz"),
  })
  .describe("Tighter limits than the board's own; looser ones are refused");

const sweep = z
  .strictObject({
    coreVoltageMv: z.array(z.number()).min(1).default([1100, 1150, 1200, 1250]),
    frequencyMhz: z.array(z.number()).min(1).default([425, 500, 575]),
    settleMs: z.int().min(0).default(500).describe("Wait after a set-point before counting, ms"),
    dwellMs: z.int().min(100).default(1500).describe("Time counted at each point, ms"),
  })
  .describe("The voltage x frequency sweep");

const narma10 = z
  .strictObject({
    seed: z.int().min(0).default(42).describe("Seed of the input sequence"),
    washout: z.int().min(0).default(200),
    train: z.int().min(50).default(2000),
    test: z.int().min(20).default(2000),
    stepMs: z.int().min(20).default(100).describe("Length of one input step, ms"),
    driveMinMv: z.number().default(1150).describe("Core voltage for u = 0, mV"),
    driveMaxMv: z.number().default(1250).describe("Core voltage for u = 0.5, mV"),
  })
  .describe("The NARMA-10 run: the input drives the core voltage");

export const configSchema = z.strictObject({
  rig: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,30}$/, "use small letters, digits and dashes")
    .default("rig")
    .describe("Name of this rig: in topics, file names and on the dashboard"),
  origin: z.enum(ORIGINS).exclude(["recording"]).describe("hardware or twin. Every number carries it."),
  board,
  setPoint: setPoint.prefault({}),
  limits: limits.prefault({}),
  plan: z
    .array(z.enum(["sweep", "narma10"]))
    .default([])
    .describe("What to run, in order, once the board is up; afterwards the rig goes on mining at its set-point"),
  sweep: sweep.prefault({}),
  narma10: narma10.prefault({}),
  jobs: z
    .strictObject({
      intervalMs: z.int().min(100).default(2000).describe("A fresh job this often, ms"),
      seed: z.int().min(0).default(1).describe("Seed of the made-up block headers"),
    })
    .prefault({})
    .describe("Work for the chips"),
  store: z
    .strictObject({
      path: z.string().default("runs/telemetry.db").describe("Database file; a relative path starts at the configuration file's folder"),
      commitIntervalMs: z.int().min(50).max(60_000).default(1000).describe("What a killed process can lose, ms"),
    })
    .prefault({})
    .describe("The record"),
  api: z
    .strictObject({
      host: z.string().default("127.0.0.1"),
      port: z.int().min(0).max(65_535).default(8366).describe("0 takes any free port"),
    })
    .prefault({})
    .describe("Dashboard and HTTP API"),
  mqtt: z
    .strictObject({
      enabled: z.boolean().default(true),
      url: z.string().nullable().default(null).describe("mqtt://host:port of a broker; null starts an embedded one on loopback"),
      port: z.int().min(0).max(65_535).default(1883).describe("Port of the embedded broker; 0 takes any free port"),
      base: z.string().default("asic-reservoir").describe("First part of every topic"),
    })
    .prefault({})
    .describe("MQTT telemetry"),
});

export type Config = z.infer<typeof configSchema>;
