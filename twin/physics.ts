import { PARAMETERS } from "./parameters.ts";

/** What changes by itself: integrated by `step`. */
export interface PhysicsState {
  readonly coreV: number;
  readonly junctionC: number;
  readonly sinkC: number;
  readonly boardC: number;
  readonly fanRpm: number;
}

/** What drives it. Constant over a step. */
export interface PhysicsInputs {
  /** What the regulator is set to; 0 is off. */
  readonly targetV: number;
  /** Core clock; 0 while the chips are held in reset. */
  readonly frequencyMhz: number;
  /** Share of the time in which cores hash, 0..1. */
  readonly activity: number;
  readonly chips: number;
  /** 0..1; what the fan is told. */
  readonly fanDuty: number;
  readonly fanStalled: boolean;
  readonly ambientC: number;
}

/** What follows from state and inputs at once. */
export interface Power {
  readonly dynamicW: number;
  readonly leakageW: number;
  /** What the chips turn into heat. */
  readonly coreW: number;
  readonly regulatorLossW: number;
  /** What the input connector delivers. */
  readonly inputW: number;
}

export function atRest(ambientC: number): PhysicsState {
  return { coreV: 0, junctionC: ambientC, sinkC: ambientC, boardC: ambientC, fanRpm: 0 };
}

/** Power of the board in this state. P = k f V^2 per chip (specs/bm1366.md 4.10.10) and leakage. */
export function power(state: PhysicsState, inputs: PhysicsInputs): Power {
  const { silicon, regulator } = PARAMETERS;
  const duty = silicon.idleFraction + (1 - silicon.idleFraction) * inputs.activity;
  const dynamicW = inputs.chips * silicon.dynamicWPerMhzV2 * inputs.frequencyMhz * state.coreV ** 2 * duty;
  const leakageW = inputs.chips * leakage(state.coreV, state.junctionC);
  const coreW = dynamicW + leakageW;
  const regulatorLossW = coreW * (1 / regulator.efficiency - 1);
  return { dynamicW, leakageW, coreW, regulatorLossW, inputW: coreW + regulatorLossW + regulator.boardOverheadW };
}

function leakage(coreV: number, junctionC: number): number {
  const { leakageW, leakageAtV, leakageAtC, leakageDoublingK, leakageEfoldV } = PARAMETERS.silicon;
  // The factor V / V0 takes it to nothing at 0 V, where the exponential alone would leave a rest.
  const voltage = (coreV / leakageAtV) * Math.exp((coreV - leakageAtV) / leakageEfoldV);
  // Doubling stops at a temperature no chip survives: keeps a runaway finite.
  return leakageW * voltage * 2 ** ((Math.min(junctionC, 200) - leakageAtC) / leakageDoublingK);
}

/** Regulator temperature: rides on the board. */
export function regulatorC(state: PhysicsState, inputs: PhysicsInputs): number {
  return state.boardC + PARAMETERS.regulator.heatingKPerW * (power(state, inputs).regulatorLossW / inputs.chips);
}

/** The state `dtS` later. Pure; each pole is solved exactly over the step with the others held. */
export function step(state: PhysicsState, inputs: PhysicsInputs, dtS: number): PhysicsState {
  const { regulator, thermal, fan } = PARAMETERS;
  const coreV = approach(state.coreV, inputs.targetV, dtS, regulator.timeConstantS);
  const spinning = !inputs.fanStalled && inputs.fanDuty >= fan.minDuty;
  const fanRpm = approach(state.fanRpm, spinning ? inputs.fanDuty * fan.maxRpm : 0, dtS, fan.timeConstantS);

  const heatW = power({ ...state, coreV }, inputs).coreW;
  const junctionWPerK = inputs.chips / thermal.junctionKPerW;
  const junctionJPerK = inputs.chips * thermal.junctionJPerK;
  const junctionC = approach(state.junctionC, state.sinkC + heatW / junctionWPerK, dtS, junctionJPerK / junctionWPerK);

  const airWPerK = inputs.chips * (thermal.stillAirWPerK + thermal.fanWPerK * (fanRpm / fan.maxRpm) ** thermal.fanExponent);
  const flowW = (state.junctionC - state.sinkC) * junctionWPerK;
  const sinkJPerK = inputs.chips * thermal.sinkJPerK;
  const sinkC = approach(state.sinkC, inputs.ambientC + flowW / airWPerK, dtS, sinkJPerK / airWPerK);

  const boardTargetC = inputs.ambientC + thermal.boardShare * (state.junctionC - inputs.ambientC);
  const boardC = approach(state.boardC, boardTargetC, dtS, thermal.boardTimeConstantS);
  return { coreV, junctionC, sinkC, boardC, fanRpm };
}

function approach(value: number, target: number, dtS: number, timeConstantS: number): number {
  return target + (value - target) * Math.exp(-dtS / timeConstantS);
}
