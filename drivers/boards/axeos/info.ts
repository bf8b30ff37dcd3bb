/** GET /api/system/info: specs/bm1366.md 6.3. Firmware differs in which fields it has; what is missing, or says "off", is null. */
import { z } from "zod";
import type { Origin } from "../../../common/origin.ts";

const optional = z
  .number()
  .nullish()
  .transform((value) => value ?? null);
/** Sensors say -1 while they are off. */
const temperature = optional.transform((value) => (value === null || value <= 0 ? null : value));
const positive = optional.transform((value) => (value === null || value < 0 ? null : value));
const flag = z
  .union([z.boolean(), z.literal(0), z.literal(1)])
  .nullish()
  .transform((value) => (value === null || value === undefined ? null : Boolean(value)));
const text = z.string().max(256).nullish();

const SUFFIXES: Readonly<Record<string, number>> = { "": 1, k: 1e3, K: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 };
/** A number; in older firmware a text such as 1.2M. */
const difficulty = z
  .union([z.number(), z.string().regex(/^\s*[\d.]+\s*[kKMGTPE]?\s*$/)])
  .nullish()
  .transform((value) => {
    if (value === null || value === undefined) return null;
    if (typeof value === "number") return value;
    const match = /([\d.]+)\s*(\w?)/.exec(value);
    return Number(match?.[1]) * (SUFFIXES[match?.[2] ?? ""] ?? Number.NaN);
  });

/** Set and measured are kept apart: a setting that is echoed proves nothing (CLAIMS L). */
export const axeOsInfo = z
  .object({
    ASICModel: z.string().max(64),
    uptimeSeconds: z.number().nonnegative(),
    frequency: z.number().positive(),
    coreVoltage: z.number().positive(),
    /** A twin says so; AxeOS has no such word. */
    origin: z.enum(["hardware", "twin", "recording"]).optional(),
    version: text,
    hostname: text,
    boardVersion: text,
    actualFrequency: positive,
    coreVoltageActual: positive,
    voltage: positive,
    current: positive,
    power: positive,
    temp: temperature,
    temp2: temperature,
    vrTemp: temperature,
    hashRate: positive,
    expectedHashrate: positive,
    smallCoreCount: positive,
    asicCount: positive,
    fanspeed: positive,
    fanrpm: positive,
    sharesAccepted: positive,
    sharesRejected: positive,
    bestDiff: difficulty,
    poolDifficulty: positive,
    wifiRSSI: optional,
    overheat_mode: flag,
    miningPaused: flag,
    power_fault: text,
    hardware_fault: text,
  })
  .transform((info) => ({
    origin: (info.origin ?? "hardware") as Origin,
    asicModel: info.ASICModel,
    version: info.version ?? null,
    hostname: info.hostname ?? null,
    boardVersion: info.boardVersion ?? null,
    uptimeS: info.uptimeSeconds,
    /** What was asked for last. */
    frequencyMhz: info.frequency,
    coreVoltageMv: info.coreVoltage,
    /** What the firmware runs the PLL at, and what its converter measures at the core. */
    actualFrequencyMhz: info.actualFrequency,
    measuredCoreVoltageMv: info.coreVoltageActual,
    inputVoltageMv: info.voltage,
    inputCurrentMa: info.current,
    powerMw: info.power === null ? null : info.power * 1000,
    chipTempC: info.temp === null ? info.temp2 : Math.max(info.temp, info.temp2 ?? info.temp),
    regulatorTempC: info.vrTemp,
    hashRateGhs: info.hashRate,
    expectedGhs: info.expectedHashrate,
    smallCores: info.smallCoreCount,
    asicCount: info.asicCount,
    fanPercent: info.fanspeed,
    fanRpm: info.fanrpm,
    sharesAccepted: info.sharesAccepted,
    sharesRejected: info.sharesRejected,
    bestDifficulty: info.bestDiff,
    poolDifficulty: info.poolDifficulty,
    wifiRssiDbm: info.wifiRSSI,
    overheated: info.overheat_mode,
    paused: info.miningPaused,
    fault: info.power_fault ?? info.hardware_fault ?? null,
  }));

export type AxeOsInfo = z.output<typeof axeOsInfo>;

/** GET /api/system/asic: specs/bm1366.md 6.2. */
export const axeOsAsic = z
  .object({
    ASICModel: z.string().max(64),
    deviceModel: text,
    asicCount: z.int().min(1).max(512),
    defaultFrequency: z.number().positive(),
    frequencyOptions: z.array(z.number().positive()).max(256),
    defaultVoltage: z.number().positive(),
    voltageOptions: z.array(z.number().positive()).max(256),
  })
  .transform((asic) => ({
    asicModel: asic.ASICModel,
    deviceModel: asic.deviceModel ?? null,
    asicCount: asic.asicCount,
    defaultFrequencyMhz: asic.defaultFrequency,
    frequencyOptionsMhz: asic.frequencyOptions,
    defaultVoltageMv: asic.defaultVoltage,
    voltageOptionsMv: asic.voltageOptions,
  }));
export type AxeOsAsic = z.output<typeof axeOsAsic>;
