/** Did it do what it was told? A miner answers 200 to a PATCH that it ignores (CLAIMS L), so only what it measures afterwards counts. */
import type { AxeOsInfo } from "./info.ts";
import type { AxeOsSetPoint } from "./set-point.ts";

export interface Tolerances {
  /** Between what was asked for and what the firmware runs the PLL at: 25 / (reference dividers) steps. */
  readonly frequencyMhz: number;
  /** Regulator and converter: an ultra's reads 1 to 3 % low under load. GUESS: 40 mV holds both. */
  readonly coreVoltageMv: number;
  readonly fanPercent: number;
  /** How far uptime may be behind the host's clock: it counts whole seconds, and the firmware's figures are half a second old. */
  readonly uptimeS: number;
}

export const TOLERANCES: Tolerances = { frequencyMhz: 5, coreVoltageMv: 40, fanPercent: 3, uptimeS: 2 };

/**
 * measured: the device says what it has, apart from what it was asked for. echo: it only repeats the setting; proof of nothing unless it was read from
 * its memory after a restart. missing: it says nothing.
 */
export type Evidence = "measured" | "echo" | "missing";

export interface KnobReading {
  readonly knob: "frequencyMhz" | "coreVoltageMv" | "fanPercent";
  readonly asked: number;
  readonly setting: number | null;
  readonly measured: number | null;
  readonly evidence: Evidence;
  readonly agrees: boolean;
}

/** Uptime as a proof of life: `elapsedS` on the host's clock since the first reading, null before there was time to tell. */
export type Uptime = "running" | "too-early" | "stale" | "restarted" | "not-restarted";

export interface ReadBack {
  readonly knobs: readonly KnobReading[];
  readonly uptime: Uptime;
  /** All knobs agree, and uptime is what it must be. */
  readonly agrees: boolean;
}

export interface ReadBackQuestion {
  readonly asked: AxeOsSetPoint;
  readonly before: AxeOsInfo;
  readonly now: AxeOsInfo;
  /** Host time from the first reading's answer to the last one's question, s: what it says is at least so much newer. */
  readonly elapsedS: number;
  /** Host time since a restart was ordered, s; null: none was. */
  readonly sinceRestartS: number | null;
  readonly tolerances?: Tolerances;
}

export function judgeReadBack({ asked, before, now, elapsedS, sinceRestartS, tolerances = TOLERANCES }: ReadBackQuestion): ReadBack {
  const uptime = uptimeOf(before.uptimeS, now.uptimeS, elapsedS, sinceRestartS, tolerances.uptimeS);
  const restarted = sinceRestartS !== null && uptime === "restarted";
  const knobs: KnobReading[] = [];
  const judge = (
    knob: KnobReading["knob"],
    wanted: number | undefined,
    setting: number | null,
    measured: number | null,
    tolerance: number,
  ) => {
    if (wanted === undefined) return;
    const evidence: Evidence = measured !== null ? "measured" : setting !== null ? "echo" : "missing";
    const near = (value: number | null) => value !== null && Math.abs(value - wanted) <= tolerance;
    const agrees = evidence === "measured" ? near(measured) && near(setting) : restarted && near(setting);
    knobs.push({ knob, asked: wanted, setting, measured, evidence, agrees });
  };
  judge("frequencyMhz", asked.frequencyMhz, now.frequencyMhz, now.actualFrequencyMhz, tolerances.frequencyMhz);
  judge("coreVoltageMv", asked.coreVoltageMv, now.coreVoltageMv, now.measuredCoreVoltageMv, tolerances.coreVoltageMv);
  // The reported percentage is what the firmware drives the fan with, not what was asked for.
  judge("fanPercent", asked.fanPercent, now.fanPercent, now.fanPercent, tolerances.fanPercent);
  return { knobs, uptime, agrees: knobs.every(({ agrees }) => agrees) && uptime === (sinceRestartS === null ? "running" : "restarted") };
}

/** Whole seconds: below three of them a clock that stands cannot be told from one that goes. */
const LEAST_S = 3;

function uptimeOf(beforeS: number, nowS: number, elapsedS: number, sinceRestartS: number | null, slackS: number): Uptime {
  if (sinceRestartS !== null) return nowS <= sinceRestartS + 1 ? "restarted" : "not-restarted";
  if (nowS < beforeS) return "restarted";
  if (elapsedS < LEAST_S) return "too-early";
  return nowS - beforeS < Math.max(1, elapsedS - slackS) ? "stale" : "running";
}

/** What disagrees, for a person. */
export function readBackText({ knobs, uptime }: ReadBack): string {
  const off = knobs.filter(({ agrees }) => !agrees).map(knobText);
  const clock = {
    running: [],
    "too-early": ["its clock was not watched for long enough"],
    stale: ["its uptime is behind this host's clock: what it says is old, or it restarted"],
    restarted: ["it restarted"],
    "not-restarted": ["it did not restart"],
  }[uptime];
  return [...off, ...(uptime === "restarted" && off.length > 0 ? [] : clock)].join("; ");
}

function knobText({ knob, asked, setting, measured, evidence }: KnobReading): string {
  const name = { frequencyMhz: "frequency", coreVoltageMv: "core voltage", fanPercent: "fan" }[knob];
  const unit = { frequencyMhz: "MHz", coreVoltageMv: "mV", fanPercent: "%" }[knob];
  if (evidence === "measured") return `${name}: asked for ${asked} ${unit}, set to ${setting}, measured ${measured}`;
  if (evidence === "echo") return `${name}: asked for ${asked} ${unit}, it repeats ${setting} and measures nothing`;
  return `${name}: asked for ${asked} ${unit}, it does not say`;
}
