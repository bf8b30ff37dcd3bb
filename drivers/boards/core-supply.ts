/** The two ways a Bitaxe Ultra makes its core voltage. specs/bm1366.md 5.3 */
import type { Clock } from "../../common/clock.ts";
import { DriverError, explain } from "../../common/errors.ts";
import type { Bridge } from "../transport/bridge.ts";
import type { CoreOff } from "./board.ts";
import { type Ds4432u, ds4432uVolts } from "./ds4432u.ts";
import type { Tps546 } from "./tps546.ts";

/** Works in mV. Range checks are the board's; what comes here is within its limits. */
export interface CoreSupply {
  /** Sets, switches on, reads back. Resolves with the voltage read back; VOLTAGE_READBACK when it is not the one written. */
  setMv(millivolts: number): Promise<number>;
  off(): Promise<CoreOff>;
  /** The output as measured. */
  measuredMv(): Promise<number>;
}

/** Below this the supply counts as gone: no BM1366 hashes there, and the ADC's offset stays below it. */
const GONE_MV = 200;
/** A few time constants of the output capacitors into a chip held in reset. A guess. */
const DISCHARGE_MS = 20;
const DISCHARGE_LOOKS = 25;

/** ADC of the bridge: 12 bits over 3.1 V, at the core voltage itself. specs/bm1366.md 9, 5.1 */
export const adcMillivolts = (raw: number): number => (raw * 3100) / 4096;

/** ASIC_EN, low = power on (5.1). Most bridge firmwares do not offer it. */
const ASIC_EN_PIN = 10;
/** The lowest core voltage any firmware for these boards offers (5.9, LVXX). With the chips in reset they draw next to nothing there. */
const IDLE_MV = 1000;

export class Ds4432uSupply implements CoreSupply {
  readonly #bridge: Bridge;
  readonly #clock: Clock;
  readonly #source: Ds4432u;
  /** Does this bridge offer ASIC_EN? null: not asked yet. */
  #hasEnable: boolean | null = null;

  constructor(bridge: Bridge, clock: Clock, source: Ds4432u) {
    this.#bridge = bridge;
    this.#clock = clock;
    this.#source = source;
  }

  /** The code first, then the enable: the regulator never starts at the voltage of a code nobody chose. */
  async setMv(millivolts: number): Promise<number> {
    const readBackMv = await this.#program(millivolts);
    if (await this.#offersEnable()) await this.#bridge.gpioSet(ASIC_EN_PIN, false);
    return readBackMv;
  }

  /** A DS4432U that does not obey keeps nobody from the enable; without one its refusal is what is told. */
  async off(): Promise<CoreOff> {
    const lowered = await this.#program(IDLE_MV).then(
      (idleMv) => ({ how: `DS4432U lowered to ${Math.round(idleMv)} mV, the lowest these boards use`, refusal: null }),
      (refusal: unknown) => ({ how: `DS4432U not lowered: ${explain(refusal)}`, refusal }),
    );
    if (!(await this.#offersEnable())) {
      if (lowered.refusal !== null) throw lowered.refusal;
      return {
        supplyOff: false,
        how: `${lowered.how}; this bridge does not offer ASIC_EN, so the regulator stays on: unplug the board to cut it`,
      };
    }
    await this.#bridge.gpioSet(ASIC_EN_PIN, true);
    const leftMv = await discharged(this, this.#clock);
    const measured = `ASIC_EN driven high, ${Math.round(leftMv)} mV measured at the core`;
    if (leftMv < GONE_MV) return { supplyOff: true, how: measured };
    if (lowered.refusal !== null) throw lowered.refusal;
    return { supplyOff: false, how: `${measured}: this board does not obey it; ${lowered.how}` };
  }

  async measuredMv(): Promise<number> {
    return adcMillivolts(await this.#bridge.adcReadVdd());
  }

  async #program(millivolts: number): Promise<number> {
    const { written, readBack } = await this.#source.setVolts(millivolts / 1000);
    if (written !== readBack) throw readbackMismatch("DS4432U", millivolts, ds4432uVolts(readBack) * 1000, { written, readBack });
    return ds4432uVolts(readBack) * 1000;
  }

  async #offersEnable(): Promise<boolean> {
    if (this.#hasEnable !== null) return this.#hasEnable;
    try {
      await this.#bridge.gpioGet(ASIC_EN_PIN);
      this.#hasEnable = true;
    } catch (error) {
      if (!(error instanceof DriverError && ["BRIDGE_INVALID", "BRIDGE_DENIED"].includes(error.code))) throw error;
      this.#hasEnable = false;
    }
    return this.#hasEnable;
  }
}

export class Tps546Supply implements CoreSupply {
  readonly #regulator: Tps546;
  readonly #clock: Clock;

  constructor(regulator: Tps546, clock: Clock) {
    this.#regulator = regulator;
    this.#clock = clock;
  }

  async setMv(millivolts: number): Promise<number> {
    const { written, readBack, isOn } = await this.#regulator.setVolts(millivolts / 1000);
    if (written !== readBack || !isOn)
      throw readbackMismatch("TPS546", millivolts, isOn ? readBack * 1000 : 0, { written, readBack, isOn });
    return readBack * 1000;
  }

  async off(): Promise<CoreOff> {
    await this.#regulator.off();
    const leftMv = await discharged(this, this.#clock);
    const how = `TPS546 OPERATION off, ${Math.round(leftMv)} mV measured at its output`;
    return { supplyOff: leftMv < GONE_MV, how };
  }

  async measuredMv(): Promise<number> {
    return (await this.#regulator.outputV()) * 1000;
  }
}

/** Waits for the output to fall; resolves with the last measurement, mV. */
async function discharged(supply: CoreSupply, clock: Clock): Promise<number> {
  for (let look = 1; ; look++) {
    const leftMv = await supply.measuredMv();
    if (leftMv < GONE_MV || look === DISCHARGE_LOOKS) return leftMv;
    await clock.sleep(DISCHARGE_MS);
  }
}

function readbackMismatch(regulator: string, askedMv: number, saysMv: number, context: Record<string, unknown>): DriverError {
  const message = `The ${regulator} was set to ${askedMv} mV and says ${Math.round(saysMv)} mV.`;
  return new DriverError("VOLTAGE_READBACK", message, "Do not run at this set-point: power the board off and on, and try again.", {
    askedMv,
    saysMv,
    ...context,
  });
}
