/**
 * A Bitaxe Ultra under AxeOS as its HTTP interface shows it: specs/bm1366.md 6, written from there alone. Time is given. Its physics is coarse (one
 * thermal mass, no ripple): the chip's own twin has the fine one.
 */
import { gaussian, type Random } from "../../common/random.ts";
import { PARAMETERS } from "../parameters.ts";
import type { AxeOsFault } from "./axeos-faults.ts";

/** specs/bm1366.md 6.4: 6.25 MHz each 100 ms. */
const RAMP_MHZ_PER_S = 62.5;
/** specs/bm1366.md 4.8: H = f x 894. */
const SMALL_CORES = 894;
/** GUESS: from the order to restart until it answers again, WiFi included. */
const BOOT_S = 8;
/** After the answer to a restart. specs/bm1366.md 6.2 */
const RESTART_AFTER_S = 1;
/** GUESS: 55 C at 11.5 W and 25 C, within a minute. */
const RISE_K_PER_W = 2.6;
const THERMAL_S = 60;
/** GUESS: what the converter reads below the setting under load, and its noise. */
const DROOP_MV = 12;
const NOISE_MV = 2;
const AMBIENT_C = 25;
/** For how long it has run when the twin begins. */
const RUNNING_S = 3600;

interface Settings {
  frequency: number;
  coreVoltage: number;
  fanPercent: number;
}
const FACTORY: Settings = { frequency: 485, coreVoltage: 1200, fanPercent: 100 };

export class AxeOsBoard {
  readonly faults = new Set<AxeOsFault>();
  sharesAccepted = 0;
  sharesRejected = 0;
  poolDifficulty = 256;
  /** How often it started, the first time not counted. */
  restarts = 0;
  readonly #deviate: () => number;
  #stored: Settings = { ...FACTORY };
  #live: Settings = { ...FACTORY };
  #frequencyMhz = FACTORY.frequency;
  #tempC = AMBIENT_C;
  #atNs: bigint;
  #startedNs: bigint;
  #restartNs: bigint | null = null;
  #frozen: Record<string, unknown> | null = null;

  constructor(random: Random, nowNs: bigint) {
    this.#deviate = gaussian(random);
    this.#atNs = nowNs;
    this.#startedNs = nowNs - BigInt(RUNNING_S * 1e9);
    this.#tempC = this.#settledC();
  }

  get frequencyMhz(): number {
    return this.#frequencyMhz;
  }

  get hashRateHs(): number {
    return this.#frequencyMhz * SMALL_CORES * 1e6;
  }

  /** No server answers and nothing is hashed. */
  isDown(nowNs: bigint): boolean {
    this.#advance(nowNs);
    return nowNs < this.#startedNs;
  }

  /** PATCH /api/system: the status. One invalid key refuses all of them; unknown ones are ignored. specs/bm1366.md 6.4 */
  patch(body: unknown, nowNs: bigint): 200 | 400 {
    this.#advance(nowNs);
    if (typeof body !== "object" || body === null || Array.isArray(body)) return 400;
    const asked = body as Record<string, unknown>;
    const ranges: Readonly<Record<string, readonly [number, number]>> = {
      frequency: [1, 65535],
      coreVoltage: [1, 65535],
      manualFanSpeed: [0, 100],
      autofanspeed: [0, 1],
    };
    for (const [key, [low, high]] of Object.entries(ranges)) {
      const value = asked[key];
      if (value !== undefined && !(typeof value === "number" && value >= low && value <= high)) return 400;
    }
    if (this.faults.has("ignore-settings")) return 200;
    const fork = this.faults.has("fork-keys");
    const said: Partial<Settings> = {};
    const take = (name: keyof Settings, key: string) => {
      const value = asked[key];
      if (typeof value === "number") said[name] = value;
    };
    take("frequency", "frequency");
    take("coreVoltage", fork ? "volts" : "coreVoltage");
    take("fanPercent", fork ? "fanspeed" : "manualFanSpeed");
    this.#stored = { ...this.#stored, ...said };
    if (!this.faults.has("lying-read-back") && !this.faults.has("needs-restart")) this.#live = { ...this.#stored };
    const sets = said.frequency !== undefined || said.coreVoltage !== undefined;
    if (sets && this.faults.has("reboot-on-set")) this.#restartNs = nowNs;
    return 200;
  }

  restart(nowNs: bigint): void {
    this.#advance(nowNs);
    if (!this.faults.has("no-restart")) this.#restartNs = nowNs + BigInt(RESTART_AFTER_S * 1e9);
  }

  /** GET /api/system/info. specs/bm1366.md 6.3 */
  info(nowNs: bigint): Record<string, unknown> {
    this.#advance(nowNs);
    if (!this.faults.has("stale-telemetry")) this.#frozen = null;
    else if (this.#frozen !== null) return this.#frozen;
    const { coreVoltage } = this.#live;
    const rateGhs = this.hashRateHs / 1e9;
    const powerW = this.#powerW();
    const round = (value: number) => Math.round(value * 1e7) / 1e7;
    const measured = this.faults.has("no-measurement")
      ? {}
      : { actualFrequency: round(this.#frequencyMhz), coreVoltageActual: Math.round(coreVoltage - DROOP_MV + NOISE_MV * this.#deviate()) };
    const info = {
      origin: "twin",
      hostname: "twin-axeos",
      version: "twin",
      ASICModel: "BM1366",
      boardVersion: "205",
      uptimeSeconds: Math.floor(this.#uptimeS(nowNs)),
      frequency: this.#stored.frequency,
      coreVoltage: this.#stored.coreVoltage,
      ...measured,
      voltage: 5000,
      current: round((powerW / 5) * 1000),
      power: round(powerW),
      temp: round(this.#tempC),
      temp2: -1,
      vrTemp: round(this.#tempC - 4),
      // Ten seconds of hashing at 2^32 / 256 a count: the estimate scatters as the firmware's does.
      hashRate: round(rateGhs * (1 + 0.02 * this.#deviate())),
      expectedHashrate: round(rateGhs),
      smallCoreCount: SMALL_CORES,
      fanspeed: this.#live.fanPercent,
      fanrpm: Math.round(70 * this.#live.fanPercent),
      sharesAccepted: this.sharesAccepted,
      sharesRejected: this.sharesRejected,
      bestDiff: 0,
      poolDifficulty: this.poolDifficulty,
      wifiRSSI: -58,
      overheat_mode: 0,
      miningPaused: false,
      statsFrequency: 0,
    };
    if (this.faults.has("stale-telemetry")) this.#frozen = info;
    return info;
  }

  /** GET /api/system/asic. */
  asic(): Record<string, unknown> {
    return {
      ASICModel: "BM1366",
      deviceModel: "Ultra",
      swarmColor: "purple",
      asicCount: 1,
      hashDomains: 4,
      defaultFrequency: FACTORY.frequency,
      frequencyOptions: [400, 425, 450, 475, 485, 500, 525, 550, 575],
      defaultVoltage: FACTORY.coreVoltage,
      voltageOptions: [1100, 1150, 1200, 1250, 1300],
    };
  }

  #uptimeS(nowNs: bigint): number {
    return Number(nowNs - this.#startedNs) / 1e9;
  }

  #powerW(): number {
    const { dynamicWPerMhzV2, leakageW } = PARAMETERS.silicon;
    return dynamicWPerMhzV2 * this.#frequencyMhz * (this.#live.coreVoltage / 1000) ** 2 + leakageW;
  }

  #settledC(): number {
    return AMBIENT_C + (RISE_K_PER_W * this.#powerW() * 200) / (100 + this.#live.fanPercent);
  }

  #advance(nowNs: bigint): void {
    const s = Number(nowNs - this.#atNs) / 1e9;
    if (s <= 0) return;
    this.#atNs = nowNs;
    const step = RAMP_MHZ_PER_S * s;
    this.#frequencyMhz += Math.min(step, Math.max(-step, this.#live.frequency - this.#frequencyMhz));
    this.#tempC += (this.#settledC() - this.#tempC) * (1 - Math.exp(-s / THERMAL_S));
    if (this.#restartNs === null || nowNs < this.#restartNs) return;
    this.#startedNs = this.#restartNs + BigInt(BOOT_S * 1e9);
    this.#restartNs = null;
    this.restarts++;
    // What is stored is what it starts with, unless it never meant to.
    if (!this.faults.has("lying-read-back")) this.#live = { ...this.#stored };
    this.#frequencyMhz = this.#live.frequency;
  }
}
