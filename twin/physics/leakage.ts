/** How the leakage of one chip, or of one voltage domain in it, goes with voltage and temperature. specs/bm1387.md 8.2 */
export interface LeakageLaw {
  /** W at `leakageAtV` and `leakageAtC`. */
  readonly leakageW: number;
  readonly leakageAtV: number;
  readonly leakageAtC: number;
  readonly leakageDoublingK: number;
  readonly leakageEfoldV: number;
}

/** Doubling stops at a temperature that no chip survives: keeps a runaway finite. */
const HOTTEST_C = 200;

/** Leakage at this junction temperature over that at `leakageAtC`. */
export function leakageHeat(law: LeakageLaw, junctionC: number): number {
  return 2 ** ((Math.min(HOTTEST_C, junctionC) - law.leakageAtC) / law.leakageDoublingK);
}

/**
 * Leakage current at `leakageAtC`, A, and its slope, A/V. Power goes as exp(V / efold); below two e-folds, where no chip runs, the
 * current goes on as an ohmic one with the same value and slope, down to nothing at 0 V. So it rises and bends upwards everywhere.
 */
export function leakageCurrent(law: LeakageLaw, volts: number): { amps: number; ampsPerVolt: number } {
  const knee = 2 * law.leakageEfoldV;
  const above = Math.max(volts, knee);
  const amps = (law.leakageW * Math.exp((above - law.leakageAtV) / law.leakageEfoldV)) / above;
  const ampsPerVolt = amps * (1 / law.leakageEfoldV - 1 / above);
  return volts >= knee ? { amps, ampsPerVolt } : { amps: ampsPerVolt * volts, ampsPerVolt };
}

/** Leakage power, W. */
export function leakagePower(law: LeakageLaw, volts: number, junctionC: number): number {
  return volts * leakageCurrent(law, volts).amps * leakageHeat(law, junctionC);
}
