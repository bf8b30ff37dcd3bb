import { type LeakageLaw, leakageCurrent } from "./leakage.ts";

/** What each domain of a series string draws at its voltage V: dynamicS V + leakage x (the law's current at V). Leakage is positive. */
export interface SeriesLoads {
  /** Dynamic part, A/V, one per domain. */
  readonly dynamicS: Float64Array;
  /** How many times the law's current leaks, one per domain. */
  readonly leakage: Float64Array;
  readonly law: LeakageLaw;
}

export interface SeriesSolution {
  readonly domainV: Float64Array;
  readonly currentA: number;
}

/** Of the voltage that is looked for; far more than enough of them for any loads. */
const TOLERANCE = 1e-13;
const MOST_STEPS = 200;
/** From the voltages of a moment ago one or two are enough. */
const MOST_STEPS_AT_ONCE = 5;

/**
 * The one current through all domains at which their voltages add up to `totalV`; a domain that draws less takes more voltage
 * (specs/bm1387.md 7.1). `startV`: voltages of a moment ago, or zeros.
 */
export function solveSeries(loads: SeriesLoads, totalV: number, startV: Float64Array): SeriesSolution {
  if (totalV <= 0) return { domainV: new Float64Array(startV.length), currentA: 0 };
  return fromNearby(loads, totalV, startV) ?? fromAnywhere(loads, totalV, startV);
}

/** Newton's steps for all domains at once; null when they leave the possible or take long. */
function fromNearby(loads: SeriesLoads, totalV: number, startV: Float64Array): SeriesSolution | null {
  const domains = startV.length;
  const domainV = Float64Array.from(startV);
  const amps = new Float64Array(domains);
  const ohms = new Float64Array(domains);
  for (let step = 0; step < MOST_STEPS_AT_ONCE; step++) {
    let [missingV, sumOhms] = [totalV, 0];
    for (let d = 0; d < domains; d++) {
      const drawn = demand(loads, d, domainV[d] as number);
      amps[d] = drawn.amps;
      ohms[d] = 1 / drawn.ampsPerVolt;
      missingV += drawn.amps / drawn.ampsPerVolt - (domainV[d] as number);
      sumOhms += ohms[d] as number;
    }
    const currentA = missingV / sumOhms;
    let largest = 0;
    for (let d = 0; d < domains; d++) {
      const before = domainV[d] as number;
      const changeV = (currentA - (amps[d] as number)) * (ohms[d] as number);
      const volts = before + changeV;
      if (!(volts > before / 2 && volts < 2 * before && volts <= totalV)) return null;
      domainV[d] = volts;
      largest = Math.max(largest, Math.abs(changeV));
    }
    // What is left after a step is about the square of it, over an e-fold of the leakage.
    if (largest < 1e-7 * totalV) return { domainV, currentA };
  }
  return null;
}

/**
 * Demands rise and bend upwards with voltage, so voltage over current bends downwards: Newton's steps from a current that is too
 * small approach the answer from below and cannot pass it, whatever the loads.
 */
function fromAnywhere(loads: SeriesLoads, totalV: number, startV: Float64Array): SeriesSolution {
  const domains = startV.length;
  const domainV = Float64Array.from(startV, (volts) => (volts > 0 ? volts : totalV / domains));
  // With the smallest demand at an even share no domain takes more than that share.
  let currentA = Number.POSITIVE_INFINITY;
  for (let d = 0; d < domains; d++) currentA = Math.min(currentA, demand(loads, d, totalV / domains).amps);
  for (let step = 0; step < MOST_STEPS; step++) {
    let sumV = 0;
    let ohms = 0;
    for (let d = 0; d < domains; d++) {
      domainV[d] = voltageAt(loads, d, currentA, domainV[d] as number, totalV);
      sumV += domainV[d] as number;
      ohms += 1 / demand(loads, d, domainV[d] as number).ampsPerVolt;
    }
    const missingV = totalV - sumV;
    if (missingV <= TOLERANCE * totalV * domains) {
      for (let d = 0; d < domains; d++) domainV[d] = ((domainV[d] as number) * totalV) / sumV;
      return { domainV, currentA };
    }
    currentA += missingV / ohms;
  }
  return { domainV, currentA };
}

function demand(loads: SeriesLoads, domain: number, volts: number): { amps: number; ampsPerVolt: number } {
  const { amps, ampsPerVolt } = leakageCurrent(loads.law, volts);
  const dynamicS = loads.dynamicS[domain] as number;
  const leakage = loads.leakage[domain] as number;
  return { amps: dynamicS * volts + leakage * amps, ampsPerVolt: dynamicS + leakage * ampsPerVolt };
}

/**
 * Voltage at which a domain draws this current: from above, where Newton's steps cannot pass the answer. A first step from below may
 * go far beyond it, where the exponential overflows; no domain takes more than the whole.
 */
function voltageAt(loads: SeriesLoads, domain: number, currentA: number, startV: number, totalV: number): number {
  let volts = Math.min(startV, totalV);
  for (let step = 0; step < MOST_STEPS; step++) {
    const { amps, ampsPerVolt } = demand(loads, domain, volts);
    const change = (currentA - amps) / ampsPerVolt;
    volts = Math.min(totalV, volts + change);
    if (Math.abs(change) <= TOLERANCE * volts) break;
  }
  return volts;
}
