import { S9_PARAMETERS } from "../parameters.ts";

/** What changes by itself: integrated by `stepS9`. */
export interface S9State {
  /** Rail to rail. */
  readonly stringV: number;
  /** Mean of the board above the air that comes in. */
  readonly boardRiseK: number;
  /** Mean junction above the board beside it. */
  readonly junctionRiseK: number;
  readonly fanRpm: number;
}

/** What drives it. Constant over a step. */
export interface S9Inputs {
  /** What the PIC asks of the converter; 0 is off. */
  readonly targetV: number;
  readonly chips: number;
  /** Core clock times share of it spent hashing, and core clock, each summed over the chips; 0 while they are held in reset. */
  readonly hashingMhz: number;
  readonly clockMhz: number;
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

export const S9_AT_REST: S9State = { stringV: 0, boardRiseK: 0, junctionRiseK: 0, fanRpm: 0 };

/** Voltage of one chip: domains in series share evenly. */
export function chipVoltage(state: S9State): number {
  return state.stringV / S9_PARAMETERS.domains;
}

/** specs/bm1387.md 8.2 */
export function s9Power(state: S9State, inputs: S9Inputs): S9Power {
  const { dynamicWPerMhzV2, asicBoostFactor, idleFraction, leakageW, leakageAtV, leakageAtC, leakageDoublingK, leakageEfoldV } =
    S9_PARAMETERS.silicon;
  const coreV = chipVoltage(state);
  const activeMhz = inputs.hashingMhz * (1 - idleFraction) + inputs.clockMhz * idleFraction;
  const dynamicW = dynamicWPerMhzV2 * coreV ** 2 * activeMhz * (inputs.asicBoost ? asicBoostFactor : 1);
  // The factor V / V0 takes it to nothing at 0 V; doubling stops at a temperature that no chip survives.
  const voltage = (coreV / leakageAtV) * Math.exp((coreV - leakageAtV) / leakageEfoldV);
  const heat = 2 ** ((Math.min(200, inputs.ambientC + state.boardRiseK + state.junctionRiseK) - leakageAtC) / leakageDoublingK);
  const leaked = inputs.chips * leakageW * voltage * heat;
  const chipsW = dynamicW + leaked;
  return { dynamicW, leakageW: leaked, chipsW, inputW: chipsW / S9_PARAMETERS.regulator.efficiency };
}

/** The state `dtS` later. Pure. */
export function stepS9(state: S9State, inputs: S9Inputs, dtS: number): S9State {
  const { thermal, fan } = S9_PARAMETERS;
  const spinning = !inputs.fanStalled && inputs.fanDuty >= fan.minDuty;
  const fanRpm = approach(state.fanRpm, spinning ? inputs.fanDuty * fan.maxRpm : 0, dtS / fan.timeConstantS);
  const stringV = stepVoltage(state.stringV, inputs.targetV, dtS);
  const { chipsW, inputW } = s9Power({ ...state, stringV }, inputs);
  const meanKPerW = boardKPerW(0.5, fanRpm);
  const boardRiseK = approach(state.boardRiseK, inputW * meanKPerW, dtS / (thermal.boardJPerK * meanKPerW));
  const junctionRiseK = approach(state.junctionRiseK, (chipsW / inputs.chips) * thermal.junctionKPerW, dtS / thermal.junctionTimeConstantS);
  return { stringV, boardRiseK, junctionRiseK, fanRpm };
}

/** Board beside a place on it, 0 (inlet, first chip) to 1 (outlet, last chip). */
export function boardTempC(state: S9State, place: number, ambientC: number): number {
  return ambientC + (state.boardRiseK * boardKPerW(place, state.fanRpm)) / boardKPerW(0.5, state.fanRpm);
}

export function junctionTempC(state: S9State, place: number, ambientC: number): number {
  return boardTempC(state, place, ambientC) + state.junctionRiseK;
}

/** K above the incoming air per watt of the board. specs/bm1387.md 8.5 */
function boardKPerW(place: number, fanRpm: number): number {
  const { boardKPerW: first, gradientKPerW, referenceRpm, fanExponent, stillAirRpm } = S9_PARAMETERS.thermal;
  return (first + gradientKPerW * place) * (Math.max(fanRpm, stillAirRpm) / referenceRpm) ** -fanExponent;
}

function stepVoltage(volts: number, targetV: number, dtS: number): number {
  const { slewVPerS, softStartVPerS, dischargeTimeConstantS } = S9_PARAMETERS.regulator;
  if (targetV === 0) return approach(volts, 0, dtS / dischargeTimeConstantS);
  // A converter that starts is well below any set-point; the lowest is 7.94 V.
  const rate = volts < 7.5 ? softStartVPerS : slewVPerS;
  const most = rate * dtS;
  return volts + Math.max(-most, Math.min(most, targetV - volts));
}

function approach(value: number, target: number, timeConstants: number): number {
  return target + (value - target) * Math.exp(-timeConstants);
}
