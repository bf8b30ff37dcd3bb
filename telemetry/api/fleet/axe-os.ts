/** GET /api/system/info as AxeOS, the firmware of a Bitaxe, answers it (its published openapi.yaml), so that tools for it can read a rig. */
import { z } from "zod";
import { component, numberOrNull } from "../schemas/component.ts";
import { origin } from "../schemas/run.ts";
import { chipModel, type FleetSource, shownName, smallCores, uptimeS } from "./facts.ts";

const flag = z.literal([0, 1]);

export const axeOsInfo = component(
  "AxeOsSystemInfo",
  z.strictObject({
    origin: origin.describe("Not AxeOS': what is shown is no device's when it says twin"),
    ASICModel: z.string(),
    asicCount: z.int(),
    smallCoreCount: numberOrNull,
    hostname: z.string(),
    version: z.string(),
    axeOSVersion: z.string(),
    boardVersion: z.string(),
    uptimeSeconds: z.int(),
    hashRate: numberOrNull.describe("GH/s, last 10 s"),
    expectedHashrate: numberOrNull.describe("GH/s"),
    power: numberOrNull.describe("W"),
    voltage: numberOrNull.describe("Supply, mV"),
    current: numberOrNull.describe("Supply, mA"),
    temp: numberOrNull.describe("Chip, °C"),
    vrTemp: numberOrNull.describe("Regulator, °C"),
    coreVoltage: numberOrNull.describe("Asked for, mV"),
    coreVoltageActual: numberOrNull.describe("Measured, mV"),
    frequency: numberOrNull.describe("MHz"),
    fanspeed: numberOrNull.describe("%"),
    fanrpm: numberOrNull,
    overheat_mode: flag,
    power_fault: z.string().exactOptional().describe("Why the device is in fault"),
    bestDiff: z.string(),
    bestSessionDiff: z.string(),
    sharesAccepted: z.literal(0).describe("There is no pool"),
    sharesRejected: z.literal(0),
    sharesRejectedReasons: z.array(z.never()),
    stratumURL: z.literal(""),
    stratumPort: z.literal(0),
    stratumUser: z.literal(""),
    poolDifficulty: numberOrNull.describe("The ticket difficulty"),
    isUsingFallbackStratum: flag,
    ssid: z.literal(""),
    wifiStatus: z.string(),
    wifiRSSI: z.literal(0),
  }),
);

export type AxeOsInfo = z.output<typeof axeOsInfo>;

export function axeOsInfoOf(source: FleetSource): AxeOsInfo {
  const { snapshot, tally } = source;
  const { readings, setPoint, board } = snapshot;
  const best = shortDifficulty(tally.bestDifficulty);
  return {
    origin: snapshot.origin,
    ASICModel: chipModel(snapshot),
    asicCount: board?.chips ?? 0,
    smallCoreCount: smallCores(snapshot),
    hostname: shownName(snapshot),
    version: snapshot.software,
    axeOSVersion: snapshot.software,
    boardVersion: board?.model ?? "",
    uptimeSeconds: uptimeS(source),
    hashRate: readings?.hashRateGhs ?? null,
    expectedHashrate: readings?.expectedGhs ?? null,
    power: readings?.powerW ?? null,
    voltage: readings?.inputVoltageMv ?? null,
    current: readings?.inputCurrentMa ?? null,
    temp: readings?.chipTempC ?? null,
    vrTemp: readings?.regulatorTempC ?? null,
    coreVoltage: setPoint?.coreVoltageMv ?? null,
    coreVoltageActual: readings?.coreVoltageMv ?? null,
    frequency: setPoint?.frequencyMhz ?? null,
    fanspeed: readings?.fanPercent ?? null,
    fanrpm: readings?.fanRpm ?? null,
    overheat_mode: snapshot.state === "fault" && /temp/.test(snapshot.safety.rule) ? 1 : 0,
    ...(snapshot.state === "fault" ? { power_fault: snapshot.stateReason } : {}),
    bestDiff: best,
    bestSessionDiff: best,
    sharesAccepted: 0,
    sharesRejected: 0,
    sharesRejectedReasons: [],
    stratumURL: "",
    stratumPort: 0,
    stratumUser: "",
    poolDifficulty: setPoint?.ticketDifficulty ?? null,
    isUsingFallbackStratum: 0,
    ssid: "",
    wifiStatus: "none: this host is reached as it is",
    wifiRSSI: 0,
  };
}

/** 1234567 as 1.23M, as miners write difficulties; 0 before there is any. */
export function shortDifficulty(difficulty: number | null): string {
  if (difficulty === null) return "0";
  const suffixes = ["", "k", "M", "G", "T", "P", "E"];
  const power = Math.min(suffixes.length - 1, Math.max(0, Math.floor(Math.log10(difficulty) / 3)));
  return `${(difficulty / 1000 ** power).toFixed(2)}${suffixes[power]}`;
}
