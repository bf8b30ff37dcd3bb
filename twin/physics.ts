import { PARAMETERS } from "./parameters.ts";
import { approach } from "./physics/approach.ts";
import { chipAsSource, chipTemperatures, type HeatPath } from "./physics/heat-path.ts";
import { leakagePower } from "./physics/leakage.ts";

/** What changes by itself: integrated by `step`. Chips are alike, and their sinks do not touch. */
export interface PhysicsState {
  readonly coreV: number;
  readonly junctionC: number;
  readonly packageC: number;
  readonly sinkC: number;
  /** What the thermometer on the board is at. */
  readonly boardC: number;
  readonly fanRpm: number;
  /** Since power-up: made by the chips, and carried away by the air. */
  readonly heatInJ: number;
  readonly heatOutJ: number;
}

/** What drives it. Constant over a step. */
export interface PhysicsInputs {
  /** What the regulator makes of its set-point; 0 is off. */
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

const HEAT_PATH: HeatPath = {
  junctionJPerK: PARAMETERS.thermal.junctionJPerK,
  junctionWPerK: 1 / PARAMETERS.thermal.junctionKPerW,
  packageJPerK: PARAMETERS.thermal.packageJPerK,
  packageWPerK: 1 / PARAMETERS.thermal.packageKPerW,
};

/** Without power for long, in air of this temperature. */
export function atRest(ambientC: number): PhysicsState {
  const temperatures = { junctionC: ambientC, packageC: ambientC, sinkC: ambientC, boardC: ambientC };
  return { coreV: 0, ...temperatures, fanRpm: 0, heatInJ: 0, heatOutJ: 0 };
}

/** Power of the board in this state. P = k f V^2 per chip (specs/bm1366.md 4.10.10) and leakage. */
export function power(state: PhysicsState, inputs: PhysicsInputs): Power {
  const { silicon, regulator } = PARAMETERS;
  const dynamicW = inputs.chips * dynamicSiemens(inputs.frequencyMhz, inputs.activity) * state.coreV ** 2;
  const leakageW = inputs.chips * leakagePower(silicon, state.coreV, state.junctionC);
  const coreW = dynamicW + leakageW;
  const regulatorLossW = coreW * (1 / regulator.efficiency - 1);
  return { dynamicW, leakageW, coreW, regulatorLossW, inputW: coreW + regulatorLossW + regulator.boardOverheadW };
}

/** A/V that one chip draws by its clock. */
export function dynamicSiemens(frequencyMhz: number, activity: number): number {
  const { dynamicWPerMhzV2, idleFraction } = PARAMETERS.silicon;
  return dynamicWPerMhzV2 * frequencyMhz * (idleFraction + (1 - idleFraction) * activity);
}

/** Regulator temperature: rides on the board. Its loss leaves by the board's copper and is no part of the chips' heat. */
export function regulatorC(state: PhysicsState, inputs: PhysicsInputs): number {
  return state.boardC + PARAMETERS.regulator.heatingKPerW * (power(state, inputs).regulatorLossW / inputs.chips);
}

/** Heat stored in dies, packages and sinks above a temperature, J. */
export function storedHeat(state: PhysicsState, chips: number, aboveC: number): number {
  const { junctionJPerK, packageJPerK, sinkJPerK } = PARAMETERS.thermal;
  const perChip =
    junctionJPerK * (state.junctionC - aboveC) + packageJPerK * (state.packageC - aboveC) + sinkJPerK * (state.sinkC - aboveC);
  return chips * perChip;
}

/** The state `dtS` later. Pure. */
export function step(state: PhysicsState, inputs: PhysicsInputs, dtS: number): PhysicsState {
  const { regulator, thermal, fan } = PARAMETERS;
  const coreV = approach(state.coreV, inputs.targetV, dtS, regulator.timeConstantS);
  const spinning = !inputs.fanStalled && inputs.fanDuty >= fan.minDuty;
  const fanRpm = approach(state.fanRpm, spinning ? inputs.fanDuty * fan.maxRpm : 0, dtS, fan.timeConstantS);

  const heatW = power({ ...state, coreV }, inputs).coreW / inputs.chips;
  const airWPerK = thermal.stillAirWPerK + thermal.fanWPerK * (fanRpm / fan.maxRpm) ** thermal.fanExponent;
  const source = chipAsSource(HEAT_PATH, state.junctionC, state.packageC, heatW, dtS);
  const storedWPerK = thermal.sinkJPerK / dtS;
  const sinkC =
    (storedWPerK * state.sinkC + source.wPerK * source.sourceC + airWPerK * inputs.ambientC) / (storedWPerK + source.wPerK + airWPerK);
  const { junctionC, packageC } = chipTemperatures(HEAT_PATH, state.junctionC, state.packageC, heatW, sinkC, dtS);

  const boardTargetC = inputs.ambientC + thermal.boardShare * (junctionC - inputs.ambientC);
  const boardC = approach(state.boardC, boardTargetC, dtS, thermal.boardTimeConstantS);
  const heatInJ = state.heatInJ + inputs.chips * heatW * dtS;
  const heatOutJ = state.heatOutJ + inputs.chips * airWPerK * (sinkC - inputs.ambientC) * dtS;
  return { coreV, junctionC, packageC, sinkC, boardC, fanRpm, heatInJ, heatOutJ };
}
