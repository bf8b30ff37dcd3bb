import { z } from "zod";
import { ORIGINS } from "../../common/origin.ts";
import { driveModeSchema } from "../dispatcher/drive-mode.ts";
import { sweepSchema } from "../sweep/plan-schema.ts";

// The one configuration file (YAML). Strict: an unknown key is an error with a suggestion, never ignored. Every key has a
// default except those that say which board to drive. JSON Schema, reference, environment names and what may change in a running
// daemon are all made from here.

/** The layout of the file that this program writes and reads; older ones are brought up to it (migrations.ts). */
export const CONFIG_VERSION = 1;

/** May change in a running daemon. */
const LIVE = { "x-live": "always" };
/** May change in a running daemon as long as it becomes tighter. */
const LIVE_TIGHTER = { "x-live": "tighter" };
const wiring = {
  data: z.string().min(1).describe("Serial port straight through to the chips (the second port of a bitaxe-raw bridge)."),
  workScale: z.int().min(0).max(32).default(0).describe("Zero bits a twin leaves out of its search. Must be 0 on hardware."),
};

const bitaxe = z.strictObject({
  kind: z.literal("bitaxe-ultra").describe("What stands behind the ports. The board itself is probed, never trusted by name."),
  control: z.string().min(1).describe("Control port of the bitaxe-raw bridge: the first of its two serial ports."),
  chips: z.int().min(1).max(128).default(1).describe("How many chips the chain must have."),
  baud: z
    .union([z.literal(115_200), z.int().min(115_200).max(3_125_000)])
    .default(1_041_667)
    .describe("Data rate after bring-up, baud. 115200 leaves the chip's reset rate."),
  ...wiring,
});

const s9 = z.strictObject({
  kind: z.literal("s9-hashboard").describe("What stands behind the ports. The board itself is probed, never trusted by name."),
  control: z
    .string()
    .min(1)
    .optional()
    .describe("Control port of a bridge that carries I2C and the reset line; otherwise `i2c` and `reset`."),
  i2c: z.string().min(1).optional().describe("Linux I2C bus with the board's PIC, such as /dev/i2c-0."),
  reset: z
    .string()
    .min(1)
    .optional()
    .describe("Value file of the GPIO that drives the board's reset, such as /sys/class/gpio/gpio888/value."),
  picAddress: z
    .union([z.literal(0x55), z.literal(0x56), z.literal(0x57)])
    .nullable()
    .default(null)
    .describe("Which PIC is this board's; null takes the only one."),
  chips: z.int().min(1).max(63).default(63).describe("How many chips the chain must have."),
  baud: z
    .union([z.literal(115_200), z.literal(1_562_500), z.literal(3_125_000)])
    .default(1_562_500)
    .describe("Data rate after bring-up, baud."),
  midstates: z
    .union([z.literal(1), z.literal(2), z.literal(4)])
    .default(4)
    .describe("Versions of the header in each job."),
  ...wiring,
});

const board = z.discriminatedUnion("kind", [bitaxe, s9]).describe("The board and its ports");

const setPoint = z
  .strictObject({
    coreVoltageMv: z.number().optional().describe("Core voltage (on an S9: of the whole chain), mV"),
    frequencyMhz: z.number().optional().describe("Core clock, MHz"),
    ticketDifficulty: z.number().min(1).optional().describe("Difficulty from which a chip reports a nonce; rounded down to a power of two"),
  })
  .describe("Where the board runs when nothing else is asked of it");

const limits = z
  .strictObject({
    maxChipTempC: z.number().optional().describe("Switch off above this chip temperature, degrees C").meta(LIVE_TIGHTER),
    maxRegulatorTempC: z.number().optional().describe("Switch off above this regulator temperature, degrees C").meta(LIVE_TIGHTER),
    maxPowerW: z.number().optional().describe("Switch off above this input power, W").meta(LIVE_TIGHTER),
    minCoreVoltageMv: z.number().optional().describe("Lowest core voltage that may be asked for, mV").meta(LIVE_TIGHTER),
    maxCoreVoltageMv: z.number().optional().describe("Highest core voltage that may be asked for, mV").meta(LIVE_TIGHTER),
    minFrequencyMhz: z.number().optional().describe("Lowest core clock that may be asked for, MHz").meta(LIVE_TIGHTER),
    maxFrequencyMhz: z.number().optional().describe("Highest core clock that may be asked for, MHz").meta(LIVE_TIGHTER),
  })
  .describe("Tighter limits than the board's own; looser ones are refused");

const narma10 = z
  .strictObject({
    seed: z.int().min(0).default(42).describe("Seed of the input sequence"),
    washout: z.int().min(0).default(200).describe("Steps before training"),
    train: z.int().min(50).default(2000).describe("Steps to train on"),
    test: z.int().min(20).default(2000).describe("Steps to test on"),
    stepMs: z.int().min(20).default(100).describe("Length of one input step, ms"),
    driveMinMv: z.number().optional().describe("Core voltage for u = 0, mV"),
    driveMaxMv: z.number().optional().describe("Core voltage for u = 0.5, mV"),
    mode: driveModeSchema.prefault({ name: "monologue" }),
  })
  .describe("The NARMA-10 run: the input drives the board in one of the modes of docs/drive-modes.md");

const computes = z
  .strictObject({
    seed: z.int().min(0).default(1).describe("Seed of inputs and surrogates"),
    sessions: z.int().min(1).default(5).describe("Sessions, an input each; fewer than five are never enough to say that it computes"),
    steps: z.int().min(500).default(2000).describe("Steps of each session"),
    stepMs: z.int().min(20).default(100).describe("Length of one input step, ms"),
    driveMinMv: z.number().optional().describe("Core voltage for u = 0, mV (default: that of narma10)"),
    driveMaxMv: z.number().optional().describe("Core voltage for u = 0.5, mV (default: that of narma10)"),
  })
  .describe("The study whether the board computes: the input drives the core voltage");

const PASSWORD_IN_URL = "a password does not belong in an address: use mqtt.username and mqtt.passwordFile (`config migrate` moves it)";

/** Whether an address names a user or a password, also one that is no good otherwise. */
export function carriesPassword(url: string): boolean {
  return url.includes("@");
}

/** The file as written. */
export const fileSchema = z.strictObject({
  version: z
    .literal(CONFIG_VERSION)
    .default(CONFIG_VERSION)
    .describe("Layout of this file; `config migrate` brings an older one up to date"),
  rig: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,30}$/, "use small letters, digits and dashes")
    .default("rig")
    .describe("Name of this rig: in topics, file names and on the dashboard"),
  origin: z.enum(ORIGINS).describe("hardware, twin, or recording for a replay (`twin --replay`). Every number carries it."),
  board,
  setPoint: setPoint.prefault({}),
  limits: limits.prefault({}),
  plan: z
    .array(z.enum(["sweep", "narma10", "computes"]))
    .default([])
    .describe("What to run, in order, once the board is up; afterwards the rig goes on mining at its set-point"),
  sweep: sweepSchema.prefault({}),
  narma10: narma10.prefault({}),
  computes: computes.prefault({}),
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
      sizeBudgetMb: z
        .int()
        .min(16)
        .nullable()
        .default(8192)
        .describe("Above this raw nonces of the oldest finished runs become summaries by minute, MB; null: never")
        .meta(LIVE),
    })
    .prefault({})
    .describe("The record"),
  api: z
    .strictObject({
      host: z.string().default("127.0.0.1").describe("Address it listens at; only loopback is not seen from elsewhere"),
      port: z.int().min(0).max(65_535).default(8366).describe("0 takes any free port"),
      viewTokenFile: z
        .string()
        .min(1)
        .nullable()
        .default(null)
        .describe("File that holds the token for looking; needed, or the other, when `host` is not loopback")
        .meta({ "x-credential": "api-view-token" }),
      operateTokenFile: z
        .string()
        .min(1)
        .nullable()
        .default(null)
        .describe("File that holds the token for looking and switching off")
        .meta({ "x-credential": "api-operate-token" }),
      cgminer: z
        .strictObject({
          enabled: z
            .boolean()
            .default(false)
            .describe("Whether tools that know cgminer's API may read the rig; it asks nobody for a token"),
          host: z.string().default("127.0.0.1").describe("Address it listens at"),
          port: z.int().min(0).max(65_535).default(4028).describe("0 takes any free port"),
        })
        .prefault({})
        .describe("cgminer's API, read only"),
    })
    .prefault({})
    .describe("Dashboard and HTTP API"),
  mqtt: z
    .strictObject({
      enabled: z.boolean().default(true).describe("Whether anything is published").meta(LIVE),
      url: z
        .string()
        .refine((url) => !carriesPassword(url), PASSWORD_IN_URL)
        .nullable()
        .default(null)
        .describe("mqtt://host:port of a broker; null starts an embedded one on loopback")
        .meta({ ...LIVE, "x-secret": true }),
      port: z.int().min(0).max(65_535).default(1883).describe("Port of the embedded broker; 0 takes any free port").meta(LIVE),
      protocol: z
        .enum(["auto", "5", "3.1.1"])
        .default("auto")
        .describe("Version of MQTT; auto: 5, and 3.1.1 with a broker that refuses that. The embedded broker speaks 3.1.1")
        .meta(LIVE),
      clientId: z
        .string()
        .regex(/^[\w.:-]{1,64}$/, "use up to 64 letters, digits, dashes, dots, colons and underscores")
        .nullable()
        .default(null)
        .describe("For brokers whose rules go by it, unique among all clients; null: a random one")
        .meta(LIVE),
      base: z.string().default("asic-reservoir").describe("First part of every topic").meta(LIVE),
      username: z.string().min(1).nullable().default(null).describe("Who the broker at `url` knows this rig as").meta(LIVE),
      passwordFile: z
        .string()
        .min(1)
        .nullable()
        .default(null)
        .describe("File that holds the password and nothing else; null takes the systemd credential `mqtt-password` where there is one")
        .meta({ ...LIVE, "x-credential": "mqtt-password" }),
      caFile: z
        .string()
        .min(1)
        .nullable()
        .default(null)
        .describe("PEM file of who signed the certificate of the broker at `url` (mqtts or wss); null: those this host trusts")
        .meta(LIVE),
      certFile: z
        .string()
        .min(1)
        .nullable()
        .default(null)
        .describe("PEM file of this rig's own certificate, for brokers that ask for one")
        .meta(LIVE),
      keyFile: z
        .string()
        .min(1)
        .nullable()
        .default(null)
        .describe("PEM file of its key; null takes the systemd credential `mqtt-key` where there is one")
        .meta({ ...LIVE, "x-credential": "mqtt-key" }),
      commands: z
        .enum(["off", "safe", "operate"])
        .default("off")
        .describe(
          "Which commands are taken (docs/mqtt.md): none, those that only end something, or all. Whoever may publish there may give them",
        )
        .meta(LIVE),
      homeAssistant: z
        .enum(["off", "on", "remove"])
        .default("off")
        .describe("Whether Home Assistant is told of this rig; remove: it is made to forget it")
        .meta(LIVE),
      homeAssistantPrefix: z
        .string()
        .regex(/^[^+#/\s$][^+#\s]*[^+#/\s]$/, "use words with slashes between them, without + and #")
        .default("homeassistant")
        .describe("Where Home Assistant looks for devices")
        .meta(LIVE),
    })
    .prefault({})
    .describe("MQTT telemetry"),
  log: z
    .strictObject({
      level: z.enum(["info", "warning", "error"]).default("warning").describe("What is said on the terminal: this and worse").meta(LIVE),
    })
    .prefault({})
    .describe("What the daemon says; the record keeps everything"),
});

/** What a board gets where the file is silent. specs/bm1366.md 5.2, specs/bm1387.md 0, 8.3 */
export const BOARD_DEFAULTS = {
  "bitaxe-ultra": {
    setPoint: { coreVoltageMv: 1200, frequencyMhz: 485, ticketDifficulty: 1 },
    sweep: { coreVoltageMv: [1100, 1150, 1200, 1250], frequencyMhz: [425, 500, 575] },
    narma10: { driveMinMv: 1150, driveMaxMv: 1250 },
  },
  "s9-hashboard": {
    setPoint: { coreVoltageMv: 8800, frequencyMhz: 600, ticketDifficulty: 64 },
    sweep: { coreVoltageMv: [8600, 8800, 9000], frequencyMhz: [400, 500, 600] },
    narma10: { driveMinMv: 8600, driveMaxMv: 9000 },
  },
} as const;

interface Voltages {
  readonly driveMinMv: number;
  readonly driveMaxMv: number;
}

function voltages(given: { driveMinMv?: number | undefined; driveMaxMv?: number | undefined }, own: Voltages): Voltages {
  return { driveMinMv: given.driveMinMv ?? own.driveMinMv, driveMaxMv: given.driveMaxMv ?? own.driveMaxMv };
}

/** The configuration in force: the file, with its board's own defaults where it is silent. */
export const configSchema = fileSchema.transform((file) => {
  const own = BOARD_DEFAULTS[file.board.kind];
  const { sweep: grid, narma10: task, computes: study } = file;
  return {
    ...file,
    setPoint: {
      coreVoltageMv: file.setPoint.coreVoltageMv ?? own.setPoint.coreVoltageMv,
      frequencyMhz: file.setPoint.frequencyMhz ?? own.setPoint.frequencyMhz,
      ticketDifficulty: file.setPoint.ticketDifficulty ?? own.setPoint.ticketDifficulty,
    },
    sweep: {
      ...grid,
      coreVoltageMv: grid.coreVoltageMv ?? [...own.sweep.coreVoltageMv],
      frequencyMhz: grid.frequencyMhz ?? [...own.sweep.frequencyMhz],
    },
    narma10: { ...task, ...voltages(task, own.narma10) },
    computes: { ...study, ...voltages(study, voltages(task, own.narma10)) },
  };
});

export type Config = z.infer<typeof configSchema>;
export type BitaxeWiring = z.infer<typeof bitaxe>;
export type S9Wiring = z.infer<typeof s9>;
