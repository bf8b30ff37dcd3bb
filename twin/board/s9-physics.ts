import { S9_PARAMETERS } from "../parameters.ts";
import { approach } from "../physics/approach.ts";
import { chipAsSource, chipTemperatures, type HeatPath } from "../physics/heat-path.ts";
import { leakageCurrent, leakageHeat } from "../physics/leakage.ts";
import { solveSeries } from "../physics/series-string.ts";

/** How the chips of a board differ from each other, as factors of the typical one; one per chip. */
export interface S9Makeup {
  readonly dynamic: Float64Array;
  readonly leakage: Float64Array;
}

/** What changes by itself: integrated by `stepS9`. */
export interface S9State {
  /** Rail to rail. */
  readonly stringV: number;
  /** Across each domain, the first one's first; their sum is the string's, less the domains without a chip. */
  readonly domainV: Float64Array;
  /** The same through all domains. */
  readonly currentA: number;
  /** One per chip. */
  readonly junctionC: Float64Array;
  readonly packageC: Float64Array;
  /** Board and sinks, a part per domain along the way of the air. */
  readonly boardC: Float64Array;
  readonly fanRpm: number;
  /** Since power-up: made by chips and converter, and carried away by the air. */
  readonly heatInJ: number;
  readonly heatOutJ: number;
}

/** What drives it. Constant over a step. */
export interface S9Inputs {
  /** What the PIC asks of the converter; 0 is off. */
  readonly targetV: number;
  /** Core clock times share of it spent hashing, and core clock, one per chip; 0 while they are held in reset. */
  readonly hashingMhz: Float64Array;
  readonly clockMhz: Float64Array;
  /** Several midstates share the counter's work. */
  readonly asicBoost: boolean;
  readonly fanDuty: number;
  readonly fanStalled: boolean;
  readonly ambientC: number;
}

export interface S9Power {
  readonly dynamicW: number;
  readonly leakageW: number;
  readonly chipsW: number;
  /** What the 12 V plugs deliver. */
  readonly inputW: number;
}

const { domains: DOMAINS, chipsPerDomain: PER_DOMAIN } = S9_PARAMETERS.string;
const { thermal: THERMAL, silicon: SILICON } = S9_PARAMETERS;
const HEAT_PATH: HeatPath = {
  junctionJPerK: THERMAL.junctionJPerK,
  junctionWPerK: 1 / THERMAL.junctionKPerW,
  packageJPerK: THERMAL.packageJPerK,
  packageWPerK: 1 / THERMAL.packageKPerW,
};
const PART_JPERK = THERMAL.boardJPerK / DOMAINS;

/** Chips all alike. */
export function evenMakeup(chips: number): S9Makeup {
  return { dynamic: new Float64Array(chips).fill(1), leakage: new Float64Array(chips).fill(1) };
}

/** Without power for long, in air of this temperature. */
export function s9AtRest(chips: number, ambientC: number): S9State {
  return {
    stringV: 0,
    domainV: new Float64Array(Math.ceil(chips / PER_DOMAIN)),
    currentA: 0,
    junctionC: new Float64Array(chips).fill(ambientC),
    packageC: new Float64Array(chips).fill(ambientC),
    boardC: new Float64Array(DOMAINS).fill(ambientC),
    fanRpm: 0,
    heatInJ: 0,
    heatOutJ: 0,
  };
}

/** Domain of a chip, counted along the string and along the way of the air. */
export function domainOf(chip: number): number {
  return Math.floor(chip / PER_DOMAIN);
}

/** Mean voltage of a chip. */
export function chipVoltage(state: S9State): number {
  return state.stringV / DOMAINS;
}

/** Heat stored in board, packages and dies above a temperature, J. */
export function storedHeat(state: S9State, aboveC: number): number {
  const rise = (temps: Float64Array) => temps.reduce((sum, tempC) => sum + tempC - aboveC, 0);
  return THERMAL.junctionJPerK * rise(state.junctionC) + THERMAL.packageJPerK * rise(state.packageC) + PART_JPERK * rise(state.boardC);
}

/** specs/bm1387.md 8.2, with every chip at its own voltage and temperature. */
export function s9Power(makeup: S9Makeup, state: S9State, inputs: S9Inputs): S9Power {
  let dynamicW = 0;
  let leakageW = 0;
  const { dynamicS, leakage } = chipLoads(makeup, state, inputs);
  for (let chip = 0; chip < state.junctionC.length; chip++) {
    const volts = state.domainV[domainOf(chip)] as number;
    dynamicW += (dynamicS[chip] as number) * volts ** 2;
    leakageW += (leakage[chip] as number) * leakageCurrent(SILICON, volts).amps * volts;
  }
  const chipsW = dynamicW + leakageW;
  return { dynamicW, leakageW, chipsW, inputW: chipsW / S9_PARAMETERS.regulator.efficiency };
}

/** The state `dtS` later. Pure. */
export function stepS9(makeup: S9Makeup, state: S9State, inputs: S9Inputs, dtS: number): S9State {
  const { fan } = S9_PARAMETERS;
  const spinning = !inputs.fanStalled && inputs.fanDuty >= fan.minDuty;
  const fanRpm = approach(state.fanRpm, spinning ? inputs.fanDuty * fan.maxRpm : 0, dtS, fan.timeConstantS);
  const stringV = stepVoltage(state.stringV, inputs.targetV, dtS);
  const loads = chipLoads(makeup, state, inputs);
  return stepHeat({ ...state, fanRpm, stringV, ...shareVoltage(loads, state, stringV) }, loads, inputs.ambientC, dtS);
}

/** What each chip draws at its voltage: A/V by its clock, and how many times the law's current leaks. */
interface ChipLoads {
  readonly dynamicS: Float64Array;
  readonly leakage: Float64Array;
}

function chipLoads(makeup: S9Makeup, state: S9State, inputs: S9Inputs): ChipLoads {
  const { dynamicWPerMhzV2, idleFraction, asicBoostFactor } = SILICON;
  const perMhz = dynamicWPerMhzV2 * (inputs.asicBoost ? asicBoostFactor : 1);
  const chips = state.junctionC.length;
  const dynamicS = new Float64Array(chips);
  const leakage = new Float64Array(chips);
  for (let chip = 0; chip < chips; chip++) {
    const activeMhz = (inputs.hashingMhz[chip] as number) * (1 - idleFraction) + (inputs.clockMhz[chip] as number) * idleFraction;
    dynamicS[chip] = (makeup.dynamic[chip] as number) * perMhz * activeMhz;
    leakage[chip] = (makeup.leakage[chip] as number) * leakageHeat(SILICON, state.junctionC[chip] as number);
  }
  return { dynamicS, leakage };
}

/**
 * Voltages of the domains from what their chips draw: all carry one current. On a board with fewer chips the missing places of a
 * domain draw what its others do, and domains without a chip take an even share: a convention, no such board was ever built.
 */
function shareVoltage(loads: ChipLoads, state: S9State, stringV: number) {
  const chips = state.junctionC.length;
  const domains = state.domainV.length;
  const dynamicS = new Float64Array(domains);
  const leakage = new Float64Array(domains);
  for (let chip = 0; chip < chips; chip++) {
    const domain = domainOf(chip);
    const places = PER_DOMAIN / (Math.min(chips, (domain + 1) * PER_DOMAIN) - domain * PER_DOMAIN);
    dynamicS[domain] = (dynamicS[domain] as number) + places * (loads.dynamicS[chip] as number);
    leakage[domain] = (leakage[domain] as number) + places * (loads.leakage[chip] as number);
  }
  return solveSeries({ dynamicS, leakage, law: SILICON }, (stringV * domains) / DOMAINS, state.domainV);
}

/** Heat from dies through packages and sinks into the air, which warms from the first domain to the last. specs/bm1387.md 8.5 */
function stepHeat(state: S9State, loads: ChipLoads, ambientC: number, dtS: number): S9State {
  const chips = state.junctionC.length;
  const leakageA = state.domainV.map((volts) => leakageCurrent(SILICON, volts).amps);
  const heatW = new Float64Array(chips);
  let chipsW = 0;
  for (let chip = 0; chip < chips; chip++) {
    const domain = domainOf(chip);
    const volts = state.domainV[domain] as number;
    heatW[chip] = volts * ((loads.dynamicS[chip] as number) * volts + (loads.leakage[chip] as number) * (leakageA[domain] as number));
    chipsW += heatW[chip] as number;
  }
  const converterW = chipsW * (1 / S9_PARAMETERS.regulator.efficiency - 1);
  const flow = (Math.max(state.fanRpm, THERMAL.stillAirRpm) / THERMAL.referenceRpm) ** THERMAL.fanExponent;
  const airWPerK = THERMAL.airWPerK * flow;
  // Film and air flow change alike with fan speed: the share of the air's temperature difference that it takes up stays.
  const takenUp = 1 - Math.exp(-THERMAL.filmWPerK / DOMAINS / THERMAL.airWPerK);

  const junctionC = new Float64Array(chips);
  const packageC = new Float64Array(chips);
  const boardC = new Float64Array(DOMAINS);
  let airC = ambientC;
  let toAirW = 0;
  for (let part = 0; part < DOMAINS; part++) {
    const from = Math.min(chips, part * PER_DOMAIN);
    const to = Math.min(chips, from + PER_DOMAIN);
    let wPerK = PART_JPERK / dtS + airWPerK * takenUp;
    let watts = (PART_JPERK / dtS) * (state.boardC[part] as number) + airWPerK * takenUp * airC + converterW / DOMAINS;
    for (let chip = from; chip < to; chip++) {
      const [dieC, caseC] = [state.junctionC[chip] as number, state.packageC[chip] as number];
      const source = chipAsSource(HEAT_PATH, dieC, caseC, heatW[chip] as number, dtS);
      wPerK += source.wPerK;
      watts += source.wPerK * source.sourceC;
    }
    const partC = watts / wPerK;
    boardC[part] = partC;
    for (let chip = from; chip < to; chip++) {
      const [dieC, caseC] = [state.junctionC[chip] as number, state.packageC[chip] as number];
      const after = chipTemperatures(HEAT_PATH, dieC, caseC, heatW[chip] as number, partC, dtS);
      junctionC[chip] = after.junctionC;
      packageC[chip] = after.packageC;
    }
    const takenW = airWPerK * takenUp * (partC - airC);
    toAirW += takenW;
    airC += takenW / airWPerK;
  }
  const heatInJ = state.heatInJ + (chipsW + converterW) * dtS;
  return { ...state, junctionC, packageC, boardC, heatInJ, heatOutJ: state.heatOutJ + toAirW * dtS };
}

function stepVoltage(volts: number, targetV: number, dtS: number): number {
  const { slewVPerS, softStartVPerS, dischargeTimeConstantS } = S9_PARAMETERS.regulator;
  if (targetV === 0) return approach(volts, 0, dtS, dischargeTimeConstantS);
  // A converter that starts is well below any set-point; the lowest is 7.94 V.
  const rate = volts < 7.5 ? softStartVPerS : slewVPerS;
  const most = rate * dtS;
  return volts + Math.max(-most, Math.min(most, targetV - volts));
}
