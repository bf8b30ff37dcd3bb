import { ConfigError, DriverError } from "../common/errors.ts";
import type { BoardLimits } from "../drivers/boards/board.ts";
import type { SetPoint } from "../telemetry/messages.ts";
import type { Config } from "./config/schema.ts";

/** The board's limits with the configuration's tighter ones. A looser one is a ConfigError: a file cannot talk a board into more than its table allows. */
export function tightened(board: BoardLimits, wanted: Config["limits"]): BoardLimits {
  const upper = (name: string, own: number, asked: number | undefined) => {
    if (asked !== undefined && asked > own) throw looser(name, own, asked);
    return asked ?? own;
  };
  const lower = (name: string, own: number, asked: number | undefined) => {
    if (asked !== undefined && asked < own) throw looser(name, own, asked);
    return asked ?? own;
  };
  return {
    ...board,
    coreVoltageMv: {
      min: lower("minCoreVoltageMv", board.coreVoltageMv.min, wanted.minCoreVoltageMv),
      max: upper("maxCoreVoltageMv", board.coreVoltageMv.max, wanted.maxCoreVoltageMv),
    },
    frequencyMhz: {
      min: lower("minFrequencyMhz", board.frequencyMhz.min, wanted.minFrequencyMhz),
      max: upper("maxFrequencyMhz", board.frequencyMhz.max, wanted.maxFrequencyMhz),
    },
    maxPowerMw: 1000 * upper("maxPowerW", board.maxPowerMw / 1000, wanted.maxPowerW),
    maxChipTempC: upper("maxChipTempC", board.maxChipTempC, wanted.maxChipTempC),
    maxRegulatorTempC: upper("maxRegulatorTempC", board.maxRegulatorTempC, wanted.maxRegulatorTempC),
  };
}

function looser(name: string, own: number, asked: number): ConfigError {
  return new ConfigError(
    "LIMIT_TOO_LOOSE",
    `limits.${name}: ${asked} is looser than the board's own ${own}.`,
    "Limits in the configuration can only be tighter.",
    {
      name,
      own,
      asked,
    },
  );
}

/** SETPOINT_REFUSED, naming the limit, for a set-point outside them. */
export function checkSetPoint(wanted: SetPoint, limits: BoardLimits): void {
  requireWithin("core voltage", wanted.coreVoltageMv, limits.coreVoltageMv, "mV");
  requireWithin("frequency", wanted.frequencyMhz, limits.frequencyMhz, "MHz");
  const cap = limits.coreVoltageCaps?.find(({ fromMhz }) => wanted.frequencyMhz >= fromMhz);
  if (cap)
    requireWithin(`core voltage at ${wanted.frequencyMhz} MHz`, wanted.coreVoltageMv, { ...limits.coreVoltageMv, max: cap.maxMv }, "mV");
}

function requireWithin(what: string, wanted: number, { min, max }: { min: number; max: number }, unit: string): void {
  if (wanted >= min && wanted <= max) return;
  const why = `A ${what} of ${wanted} ${unit} is outside ${min} to ${max} ${unit}.`;
  throw new DriverError("SETPOINT_REFUSED", why, "Choose a value inside the limits.", { what, wanted, min, max });
}
