/**
 * The S9 hash board's voltage code. A higher code is a lower voltage. specs/bm1387.md 4.2
 * Millivolts of the whole chain: 21 domains of three chips in series share them.
 */

const CODE_AT_ZERO = 1608.420446;
const CODES_PER_MV = 0.170423497;
const CODE_MAX = 255;

/** What the board may be set to; the codes themselves reach from 7941.5 to 9437.8 mV. */
export const CHAIN_RANGE_MV = { min: 7950, max: 9400 } as const;
/** The chain voltage at which cores are opened; below it some never start (pitfall 10). */
export const CORE_OPENING_MV = 9400;
/** Millivolts of one step of the code, 5.87. */
export const CHAIN_STEP_MV = 1 / CODES_PER_MV;
export const VOLTAGE_DOMAINS = 21;

/** The nearest code, as Braiins rounds (stock firmware truncates: 8600 mV is 143 here and 142 there). RangeError outside CHAIN_RANGE_MV. */
export function voltageCode(chainMv: number): number {
  const { min, max } = CHAIN_RANGE_MV;
  if (!(chainMv >= min && chainMv <= max)) throw new RangeError(`${chainMv} mV is outside ${min}..${max} mV`);
  return Math.round(CODE_AT_ZERO - CODES_PER_MV * chainMv);
}

/** The chain voltage of a code, mV. RangeError when it is no byte. */
export function chainMv(code: number): number {
  if (!Number.isInteger(code) || code < 0 || code > CODE_MAX) throw new RangeError(`${code} is no voltage code`);
  return (CODE_AT_ZERO - code) / CODES_PER_MV;
}
