/** What an S9 hash board may be set to. specs/bm1387.md 2.1, 4.2, 7.19, 8.1 */
import { DriverError } from "../../common/errors.ts";
import type { BoardLimits } from "./board.ts";
import { CHAIN_RANGE_MV } from "./s9-voltage.ts";

export const S9_LIMITS: BoardLimits = {
  // Of the chain, not of a chip: what Braiins lets a person configure, and the hardware's cap (4.2).
  coreVoltageMv: CHAIN_RANGE_MV,
  // What Braiins lets a person configure (2.1).
  frequencyMhz: { min: 200, max: 900 },
  // A third of the 14 TH/s nameplate at its tolerance: 1372 W + 12 %, 93 % power supply, less 45 W of fans and control board (8.1, 8.2).
  // No sensor of the board measures it.
  maxPowerMw: 460_000,
  // Braiins' "dangerous", lower than the stock firmware's 125 C (7.19).
  maxChipTempC: 110,
  // The stock firmware's (7.19).
  maxBoardTempC: 90,
  // The board's converter has no sensor, so that nothing is ever compared with this figure, the Bitaxe's.
  maxRegulatorTempC: 105,
  // The stock firmware's ladder for boards whose chips run at one frequency (4.2).
  coreVoltageCaps: [
    { fromMhz: 675, maxMv: 8700 },
    { fromMhz: 650, maxMv: 8800 },
    { fromMhz: 631, maxMv: 9000 },
    { fromMhz: 606, maxMv: 9100 },
    { fromMhz: 581, maxMv: 9300 },
  ],
};

/** The highest voltage allowed with the fastest chip at this frequency, mV. */
export function voltageCapMv(limits: BoardLimits, frequencyMhz: number): number {
  return limits.coreVoltageCaps?.find(({ fromMhz }) => frequencyMhz >= fromMhz)?.maxMv ?? limits.coreVoltageMv.max;
}

/** SETPOINT_REFUSED, naming the limit, unless the board may run so. `frequencyMhz` is the fastest chip's; null checks the voltage alone. */
export function requireSetPoint(limits: BoardLimits, coreVoltageMv: number, frequencyMhz: number | null): void {
  const { coreVoltageMv: voltage, frequencyMhz: frequency } = limits;
  if (!(coreVoltageMv >= voltage.min && coreVoltageMv <= voltage.max))
    throw refused("chain voltage", coreVoltageMv, "mV", `the board's ${voltage.min} to ${voltage.max} mV`, voltage);
  if (frequencyMhz === null) return;
  if (!(frequencyMhz >= frequency.min && frequencyMhz <= frequency.max))
    throw refused("frequency", frequencyMhz, "MHz", `the board's ${frequency.min} to ${frequency.max} MHz`, frequency);
  const capMv = voltageCapMv(limits, frequencyMhz);
  if (coreVoltageMv > capMv)
    throw refused("chain voltage", coreVoltageMv, "mV", `the ${capMv} mV allowed at ${frequencyMhz} MHz`, {
      min: voltage.min,
      max: capMv,
      frequencyMhz,
    });
}

interface Range {
  readonly min: number;
  readonly max: number;
  /** The frequency for which it holds; without it, for all. */
  readonly frequencyMhz?: number;
}

/** `limit` is what it is outside of, in words. */
export function refused(what: string, wanted: number, unit: string, limit: string, range: Range): DriverError {
  const message = `A ${what} of ${wanted} ${unit} is outside ${limit}; nothing was written.`;
  return new DriverError("SETPOINT_REFUSED", message, `Choose a ${what} from ${range.min} to ${range.max} ${unit}.`, {
    what,
    wanted,
    unit,
    ...range,
  });
}
