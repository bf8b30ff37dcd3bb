import { gaussian, type Random } from "../../common/random.ts";
import { type BoardFaults, SOUND_BOARD } from "../faults/on-board.ts";
import { PARAMETERS } from "../parameters.ts";
import { atRest, type PhysicsInputs, type PhysicsState, type Power, power, regulatorC, step } from "../physics.ts";
import { Ds4432u } from "./ds4432u.ts";
import { Emc2101 } from "./emc2101.ts";
import { I2cBus, type I2cDevice } from "./i2c.ts";
import { Ina260, type InputReading } from "./ina260.ts";
import { Tps546 } from "./tps546.ts";

/** "205" stands for 201-205: DS4432U, INA260, EMC2101's own sensor. "207": TPS546, EMC2101 with the die's diode. specs/bm1366.md 5.2 */
export type UltraVariant = "205" | "207";

/** What the chips do that the board feels. */
export interface ChipLoad {
  readonly frequencyMhz: number;
  readonly activity: number;
  readonly chips: number;
  /** The die's diode is led out to the board's sensor. */
  readonly diodeConnected: boolean;
  /** How much hotter the chip with the diode is than the others. */
  readonly hotterK: number;
}

/** How the parts of one board differ from their data sheets; fixed at manufacture. */
interface BoardErrors {
  /** Output of the regulator over what it is set to. */
  readonly setPoint: number;
  readonly adcGain: number;
  readonly inaGain: number;
  readonly inaOffsetA: number;
  readonly tpsGain: number;
  readonly boardK: number;
  readonly diodeK: number;
  readonly regulatorK: number;
}

/** Below this the regulators switch off. GUESS. */
const UNDERVOLTAGE_V = 4;
/** What the EMC2101 makes of a shorted diode: its highest reading. GUESS. */
const SHORTED_C = 127.875;
const ADC_FULL_SCALE_V = 3.1;
const ADC_STEPS = 4096;
const NO_LOAD: ChipLoad = { frequencyMhz: 0, activity: 0, chips: 1, diodeConnected: false, hotterK: 0 };

/** A Bitaxe Ultra without its chips and its bridge: supply, cooling, sensors. */
export class UltraBoard {
  readonly bus: I2cBus;
  readonly variant: UltraVariant;
  readonly #regulator: Ds4432u | Tps546;
  readonly #ambientC: number;
  readonly #random: Random;
  readonly #noise: () => number;
  readonly #errors: BoardErrors;
  #state: PhysicsState;
  #load: ChipLoad = NO_LOAD;
  #faults: BoardFaults = SOUND_BOARD;
  #frozen: { readonly internalC: number; readonly diodeC: number | null } | null = null;
  #fanDuty = 0;

  constructor(variant: UltraVariant, ambientC: number, random: Random) {
    this.variant = variant;
    this.#ambientC = ambientC;
    this.#random = random;
    this.#noise = gaussian(random);
    this.#errors = drawErrors(this.#noise);
    this.#state = atRest(ambientC);
    const thermometer = new Emc2101(
      () => this.#fanAndDiode(),
      (duty) => this.setFanDuty(duty),
    );
    this.#regulator = variant === "205" ? new Ds4432u() : new Tps546(() => this.#regulatorReading());
    const devices: I2cDevice[] = [thermometer, this.#regulator];
    if (variant === "205") devices.push(new Ina260(() => this.#inputReading()));
    this.bus = new I2cBus(devices);
  }

  get state(): PhysicsState {
    return this.#state;
  }

  get power(): Power {
    return power(this.#state, this.#inputs());
  }

  /** The supply is high enough for the chips to keep their state. */
  get powered(): boolean {
    return this.#state.coreV >= PARAMETERS.silicon.powerOnResetV;
  }

  /** Starts the physics from temperatures other than ambient. */
  setState(state: PhysicsState): void {
    this.#state = state;
  }

  /** Core supply as a host would switch it on. */
  switchOn(volts: number): void {
    this.#regulator.setVolts(volts);
  }

  setFanDuty(duty: number): void {
    this.#fanDuty = duty;
  }

  /** Lets time pass under this load. */
  step(load: ChipLoad, faults: BoardFaults, dtS: number): void {
    this.#load = load;
    this.#faults = faults;
    this.#state = step(this.#state, this.#inputs(), dtS);
  }

  /** 12 bits over 3.1 V. specs/bm1366.md 9 */
  adcVdd(): number {
    const volts = this.#errors.adcGain * this.#sampleV() + this.#faults.adcOffsetV + PARAMETERS.sensors.adcV * this.#noise();
    return Math.max(0, Math.min(ADC_STEPS - 1, Math.floor((volts / ADC_FULL_SCALE_V) * ADC_STEPS)));
  }

  fanRpm(): number {
    const rpm = this.#state.fanRpm * (1 + PARAMETERS.sensors.tachRelative * this.#noise());
    return rpm < 1 || this.#faults.tachometerDead ? 0 : Math.round(rpm);
  }

  #inputs(): PhysicsInputs {
    return {
      targetV: this.#supplyV() < UNDERVOLTAGE_V ? 0 : this.#errors.setPoint * this.#regulator.targetV * this.#faults.regulatorFactor,
      frequencyMhz: this.#load.frequencyMhz,
      activity: this.#load.activity,
      chips: this.#load.chips,
      fanDuty: this.#fanDuty * this.#faults.fanShare,
      fanStalled: this.#faults.fanStalled,
      ambientC: this.#ambientC + this.#faults.hotterK,
    };
  }

  #inputReading(): InputReading {
    const supplyV = this.#supplyV();
    const watts = this.power.inputW;
    const amps = watts / supplyV;
    const volts = Math.max(supplyV / 2, supplyV - amps * PARAMETERS.regulator.inputOhm);
    const { inaCurrentA, inaVoltageV } = PARAMETERS.sensors;
    const { inaGain, inaOffsetA } = this.#errors;
    const currentA = (inaGain * watts) / volts + inaOffsetA + inaCurrentA * this.#noise();
    return { currentA: Math.max(0, currentA), voltageV: volts + inaVoltageV * this.#noise() };
  }

  #regulatorReading(): { inputV: number; outputV: number; outputA: number; tempC: number } {
    const { coreV } = this.#state;
    const { tpsVoltageV, tpsCurrentA, temperatureK } = PARAMETERS.sensors;
    const input = this.#inputReading();
    return {
      inputV: input.voltageV,
      outputV: Math.max(0, this.#sampleV() + tpsVoltageV * this.#noise()),
      outputA: coreV > 0.05 ? (this.#errors.tpsGain * this.power.coreW) / coreV + tpsCurrentA * this.#noise() : 0,
      tempC: regulatorC(this.#state, this.#inputs()) + this.#errors.regulatorK + temperatureK * this.#noise(),
    };
  }

  /** At the connector without load; a supply that is all but gone still counts as a little, to divide by. */
  #supplyV(): number {
    return Math.max(0.1, PARAMETERS.regulator.inputV - this.#faults.inputSagV);
  }

  /** The output with its ripple, at a moment that has nothing to do with it. */
  #sampleV(): number {
    // A regulator that is off does not switch.
    const rippleV = this.#regulator.targetV > 0 ? PARAMETERS.regulator.rippleV : 0;
    return this.#state.coreV + rippleV * Math.sin(2 * Math.PI * this.#random.next());
  }

  #fanAndDiode(): { internalC: number; diodeC: number | null; fanRpm: number } {
    this.#frozen = this.#faults.sensor.stuck ? (this.#frozen ?? this.#temperatures()) : null;
    return { ...(this.#frozen ?? this.#temperatures()), fanRpm: this.fanRpm() };
  }

  #temperatures(): { internalC: number; diodeC: number | null } {
    const { open, short, readsC } = this.#faults.sensor;
    const noiseK = PARAMETERS.sensors.temperatureK * this.#noise();
    const connected = this.variant === "207" && this.#load.diodeConnected && !open;
    const junctionC = short ? SHORTED_C : this.#state.junctionC + this.#load.hotterK + this.#errors.diodeK + noiseK;
    const shortedC = short && this.variant === "205" ? 0 : this.#state.boardC + this.#errors.boardK + noiseK;
    return { internalC: readsC ?? shortedC, diodeC: connected ? (readsC ?? junctionC) : null };
  }
}

/** Parts outside two standard deviations are sorted out. */
function drawErrors(normal: () => number): BoardErrors {
  const { adcGainSpread, inaGainSpread, inaOffsetA, tpsGainSpread, offsetK } = PARAMETERS.sensors;
  const drawn = (sd: number) => sd * Math.max(-2, Math.min(2, normal()));
  return {
    setPoint: 1 + drawn(PARAMETERS.regulator.setPointSpread),
    adcGain: 1 + drawn(adcGainSpread),
    inaGain: 1 + drawn(inaGainSpread),
    inaOffsetA: drawn(inaOffsetA),
    tpsGain: 1 + drawn(tpsGainSpread),
    boardK: drawn(offsetK),
    diodeK: drawn(offsetK),
    regulatorK: drawn(offsetK),
  };
}
