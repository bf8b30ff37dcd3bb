/** What a miner behind AxeOS may be set to, and the words of its firmware for it. */
import { DriverError } from "../../../common/errors.ts";
import type { BoardLimits } from "../board.ts";
import type { AxeOsInfo } from "./info.ts";

/** Absent: stays as it is. */
export interface AxeOsSetPoint {
  readonly frequencyMhz?: number | undefined;
  readonly coreVoltageMv?: number | undefined;
  readonly fanPercent?: number | undefined;
}

/** The firmware checks nothing but 1 to 65535 (specs/bm1366.md 6.4), so this is all there is. The widest that its own lists of options offer. */
export const AXEOS_LIMITS: Pick<BoardLimits, "coreVoltageMv" | "frequencyMhz" | "maxChipTempC"> = {
  coreVoltageMv: { min: 1000, max: 1300 },
  frequencyMhz: { min: 300, max: 575 },
  maxChipTempC: 70,
};

/**
 * Body of PATCH /api/system. Unknown keys are ignored, an invalid one refuses the whole (specs/bm1366.md 6.4), so each thing is said in the words of
 * every firmware: `volts` and `fanspeed` are those of the forks that LV06 come with (CLAIMS L).
 */
export function patchBody({ frequencyMhz, coreVoltageMv, fanPercent }: AxeOsSetPoint): Record<string, number> {
  return {
    ...(frequencyMhz === undefined ? {} : { frequency: frequencyMhz }),
    ...(coreVoltageMv === undefined ? {} : { coreVoltage: coreVoltageMv, volts: coreVoltageMv }),
    ...(fanPercent === undefined ? {} : { autofanspeed: 0, manualFanSpeed: fanPercent, fanspeed: fanPercent }),
  };
}

/** DriverError SETPOINT_REFUSED, AXEOS_MODEL, AXEOS_NOT_SAFE; nothing was written then. */
export function requireSafe(setPoint: AxeOsSetPoint, before: AxeOsInfo): void {
  const { frequencyMhz, coreVoltageMv, fanPercent } = setPoint;
  if (frequencyMhz === undefined && coreVoltageMv === undefined && fanPercent === undefined)
    throw new DriverError("SETPOINT_REFUSED", "Nothing is to be set.", "Give a frequency, a core voltage or a fan speed.");
  within("frequency", frequencyMhz, AXEOS_LIMITS.frequencyMhz, "MHz", false);
  within("core voltage", coreVoltageMv, AXEOS_LIMITS.coreVoltageMv, "mV", true);
  within("fan speed", fanPercent, { min: 0, max: 100 }, "%", true);
  const hotter = (frequencyMhz ?? 0) > before.frequencyMhz || (coreVoltageMv ?? 0) > before.coreVoltageMv;
  const slower = fanPercent !== undefined && fanPercent < (before.fanPercent ?? 100);
  if ((frequencyMhz !== undefined || coreVoltageMv !== undefined) && before.asicModel !== "BM1366")
    throw new DriverError(
      "AXEOS_MODEL",
      `The miner has ${before.asicModel} chips, and only the limits of BM1366 are known here.`,
      "Set frequency and voltage of this one in its own web page.",
      { asicModel: before.asicModel },
    );
  if (!hotter && !slower) return;
  const { maxChipTempC } = AXEOS_LIMITS;
  const why =
    before.overheated === true
      ? "it says that it overheated"
      : before.fault !== null
        ? `it reports a fault (${before.fault})`
        : before.chipTempC === null
          ? "its chip's temperature is unknown"
          : before.chipTempC >= maxChipTempC
            ? `its chip is at ${before.chipTempC} C, and ${maxChipTempC} is the limit`
            : null;
  if (why === null) return;
  throw new DriverError(
    "AXEOS_NOT_SAFE",
    `The miner is not made warmer: ${why}.`,
    "Let it cool, clear the cause in its web page, and try again.",
    {
      setPoint,
      chipTempC: before.chipTempC,
    },
  );
}

function within(name: string, value: number | undefined, { min, max }: { min: number; max: number }, unit: string, isWhole: boolean): void {
  if (value === undefined || (value >= min && value <= max && (!isWhole || Number.isInteger(value)))) return;
  throw new DriverError(
    "SETPOINT_REFUSED",
    `A ${name} of ${value} ${unit} is outside what AxeOS miners may have; nothing was written.`,
    `Choose a ${isWhole ? "whole " : ""}${name} from ${min} to ${max} ${unit}.`,
    { value, min, max },
  );
}
