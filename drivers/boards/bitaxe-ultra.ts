/** Bitaxe Ultra, Bitaxe Hex and Lucky Miner boards behind a bitaxe-raw bridge. specs/bm1366.md 5 */
import type { Clock } from "../../common/clock.ts";
import { DriverError, explain } from "../../common/errors.ts";
import { type Bridge, RESET_PIN } from "../transport/bridge.ts";
import { BridgeI2c, type I2cBus, scan } from "../transport/i2c.ts";
import { type BitaxeVariant, PROBED_ADDRESSES, silentChip, ULTRA_LIMITS, variantsOf } from "./bitaxe-variants.ts";
import type { Board, BoardIdentity, BoardLimits, BoardReadings, CoreOff } from "./board.ts";
import { type CoreSupply, Ds4432uSupply, Tps546Supply } from "./core-supply.ts";
import { Ds4432u } from "./ds4432u.ts";
import { Emc2101 } from "./emc2101.ts";
import { EMC2302_ADDRESS, Emc2302 } from "./emc2302.ts";
import { Ina260 } from "./ina260.ts";
import { SeriesSupply, UnconfirmedTps546Supply } from "./multi-chip-supply.ts";
import { hottestC, TMP1075_ADDRESSES, Tmp1075 } from "./tmp1075.ts";
import { identifyTps546, Tps546 } from "./tps546.ts";

export interface BitaxeUltraOptions {
  /** Becomes the board's: close() closes it. */
  readonly bridge: Bridge;
  readonly clock: Clock;
  readonly log?: (text: string) => void;
}

/** 100 kHz, as mujina sets it and the firmware's class of devices takes it (5.1, 5.10). */
const I2C_HZ = 100_000;

type Measured = Exclude<keyof BoardReadings, "atNs">;
type Sensors = Readonly<Partial<Record<Measured, () => Promise<number | null>>>>;

/** A board whose chips have been found: what can be set and what can be read. */
interface Equipment {
  readonly identity: BoardIdentity;
  readonly limits: BoardLimits;
  readonly supply: CoreSupply;
  readonly fan: Emc2101 | Emc2302;
  readonly sensors: Sensors;
}

/** Nothing is sent before probe(), except what setReset and coreOff need. */
export function openBitaxeUltra(options: BitaxeUltraOptions): Board {
  return new BitaxeUltra(options);
}

class BitaxeUltra implements Board {
  readonly #bridge: Bridge;
  readonly #bus: I2cBus;
  readonly #clock: Clock;
  readonly #log: (text: string) => void;
  #equipment: Equipment | null = null;

  constructor({ bridge, clock, log }: BitaxeUltraOptions) {
    this.#bridge = bridge;
    this.#bus = new BridgeI2c(bridge, clock);
    this.#clock = clock;
    this.#log = log ?? (() => {});
  }

  /** The Ultra's until probing has found another board. */
  get limits(): BoardLimits {
    return this.#equipment?.limits ?? ULTRA_LIMITS;
  }

  /** The first time also puts the fan controller under our command, at full speed; a later call only looks. */
  async probe(): Promise<BoardIdentity> {
    await this.#bridge.i2cSetFrequency(I2C_HZ);
    const found = await scan(this.#bus, PROBED_ADDRESSES);
    const variants = variantsOf(found);
    const [variant] = variants;
    if (variant === undefined) {
      const silent = silentChip(found);
      if (silent !== null) throw unknownBoard(found, `with ${list([silent.address])}, which is silent, it would be a ${silent.model}`);
      throw unknownBoard(found, "no board we know has just these");
    }
    // Several, where only the chip count could tell: Lucky Miners, which are read alike and not powered.
    const model = variants.map((candidate) => candidate.model).join(" or ");
    if (this.#equipment !== null && this.#equipment.identity.model === model) return this.#equipment.identity;

    const identity = { model, regulator: variant.regulator, i2cAddresses: found };
    const equipment = await this.#equip(variant, identity);
    await equipment.fan.configure();
    this.#equipment = equipment;
    this.#log(`board: ${model}, ${variant.regulator}, I2C ${list(found)}`);
    return identity;
  }

  /** BOARD_UNKNOWN when a chip at the right address is the wrong one. Only reads. */
  async #equip(variant: BitaxeVariant, identity: BoardIdentity): Promise<Equipment> {
    const { limits } = variant;
    const fan = variant.addresses.includes(EMC2302_ADDRESS) ? new Emc2302(this.#bus) : new Emc2101(this.#bus);
    if (!(await fan.isPresent())) throw unknownBoard(identity.i2cAddresses, "the fan controller's chip is another");
    const common: Sensors = { fanRpm: () => fan.fanRpm(), ...this.#temperatures(variant, identity, fan) };
    if (variant.regulator === "DS4432U + TPS40305") {
      const supply = new Ds4432uSupply(this.#bridge, this.#clock, new Ds4432u(this.#bus));
      const input = new Ina260(this.#bus);
      const sensors: Sensors = {
        ...common,
        coreVoltageMv: () => supply.measuredMv(),
        inputVoltageMv: () => input.voltageMv(),
        inputCurrentMa: () => input.currentMa(),
        powerMw: () => input.powerMw(),
      };
      return { identity, limits, supply, fan, sensors };
    }
    for (const address of variant.tps546Addresses) {
      if ((await identifyTps546(this.#bus, this.#clock, address)) === null)
        throw unknownBoard(identity.i2cAddresses, `the chip at ${list([address])} is no TPS546 we know`);
    }
    if (variant.tps546 === null || variant.domains === null)
      return {
        identity,
        limits,
        supply: new UnconfirmedTps546Supply(this.#bus, variant.tps546Addresses, identity.model),
        fan,
        sensors: common,
      };
    const regulator = new Tps546(this.#bus, this.#clock, variant.tps546);
    const whole = new Tps546Supply(regulator, this.#clock);
    const supply = variant.domains === 1 ? whole : new SeriesSupply(whole, variant.domains);
    const sensors: Sensors = {
      ...common,
      coreVoltageMv: () => supply.measuredMv(),
      inputVoltageMv: async () => (await regulator.inputV()) * 1000,
      powerMw: async () => (await regulator.outputV()) * (await regulator.outputA()) * 1000 + variant.powerOffsetMw,
      regulatorTempC: () => regulator.tempC(),
    };
    return { identity, limits, supply, fan, sensors };
  }

  #temperatures(variant: BitaxeVariant, { i2cAddresses }: BoardIdentity, fan: Emc2101 | Emc2302): Sensors {
    const { chipSensor, sensorRiseC } = variant;
    if (fan instanceof Emc2302) {
      const board = TMP1075_ADDRESSES.filter((address) => i2cAddresses.includes(address)).map((address) => new Tmp1075(this.#bus, address));
      return { boardTempC: () => hottestC(board), chipTempC: async () => plus(await hottestC(board), sensorRiseC) };
    }
    const boardTempC = () => fan.internalTempC();
    return {
      boardTempC,
      chipTempC: chipSensor === "external" ? () => fan.externalTempC() : async () => plus(await boardTempC(), sensorRiseC),
    };
  }

  async setCoreVoltageMv(coreVoltageMv: number): Promise<number> {
    const { min, max } = this.limits.coreVoltageMv;
    if (!(coreVoltageMv >= min && coreVoltageMv <= max)) throw refused("core voltage", coreVoltageMv, min, max, "mV");
    const appliedMv = Math.round(await this.#equipped().supply.setMv(coreVoltageMv));
    this.#log(`core voltage: asked ${Number(coreVoltageMv.toFixed(1))} mV, set ${appliedMv} mV`);
    return appliedMv;
  }

  /** Chips into reset first, so that nothing runs while the voltage goes away; the voltage goes even if the reset does not obey. */
  async coreOff(): Promise<CoreOff> {
    const reset = await this.setReset(true).then(
      () => "chips held in reset",
      (error: unknown) => `chips NOT held in reset (${explain(error)})`,
    );
    if (this.#equipment === null)
      return { supplyOff: false, how: `${reset}; the board has not been probed, so its regulator was left alone` };
    const { supplyOff, how } = await this.#equipment.supply.off();
    const outcome = { supplyOff, how: `${reset}; ${how}` };
    this.#log(`core off: ${outcome.how}`);
    return outcome;
  }

  async setReset(asserted: boolean): Promise<void> {
    await this.#bridge.gpioSet(RESET_PIN, !asserted);
    if ((await this.#bridge.gpioGet(RESET_PIN)) === asserted) {
      const message = `RST_N was driven ${asserted ? "low" : "high"} and reads ${asserted ? "high" : "low"}.`;
      throw new DriverError("RESET_READBACK", message, "Look for a short at the reset line, and power the board off and on.", { asserted });
    }
  }

  async setFanPercent(percent: number): Promise<void> {
    if (!(percent >= 0 && percent <= 100)) throw refused("fan speed", percent, 0, 100, "%");
    const { written, readBack } = await this.#equipped().fan.setFanPercent(percent);
    if (written === readBack) return;
    const message = `The fan was set to duty ${written} of 63 and says ${readBack}.`;
    throw new DriverError("FAN_READBACK", message, "Treat the fan as unknown: let the board cool, then power it off and on.", {
      percent,
      written,
      readBack,
    });
  }

  /**
   * LINK_LOST rejects. Any other failure leaves that sensor null and goes on to the next, except a bridge that does not answer at all:
   * the rest is then unknown too, because ten time-outs in a row would keep the caller from acting.
   */
  async read(): Promise<{ readings: BoardReadings; failed: readonly string[] }> {
    const values: Partial<Record<Measured, number | null>> = {};
    const failed: string[] = [];
    let bridgeAnswers = true;
    for (const [name, sensor] of Object.entries(this.#equipped().sensors) as [Measured, () => Promise<number | null>][]) {
      const value = bridgeAnswers ? await sensor().catch((error: unknown) => this.#sensorFailed(name, error)) : null;
      if (value === "silent") bridgeAnswers = false;
      const known = value === "silent" ? null : value;
      if (known === null) failed.push(name);
      values[name] = known;
    }
    return { readings: { ...UNKNOWN, ...values, atNs: this.#clock.nowNs() }, failed };
  }

  #sensorFailed(name: Measured, error: unknown): null | "silent" {
    if (!(error instanceof DriverError) || error.code === "LINK_LOST") throw error;
    this.#log(`${name}: ${error.code}: ${error.message}`);
    return error.code === "BRIDGE_TIMEOUT" ? "silent" : null;
  }

  close(): Promise<void> {
    return this.#bridge.close();
  }

  #equipped(): Equipment {
    if (this.#equipment !== null) return this.#equipment;
    throw new DriverError("BOARD_NOT_PROBED", "The board has not been probed, so its chips are not known.", "Call probe() first.");
  }
}

const UNKNOWN: Omit<BoardReadings, "atNs"> = {
  coreVoltageMv: null,
  inputVoltageMv: null,
  inputCurrentMa: null,
  powerMw: null,
  chipTempC: null,
  boardTempC: null,
  regulatorTempC: null,
  fanRpm: null,
};

const plus = (value: number | null, offset: number): number | null => (value === null ? null : value + offset);
const list = (addresses: readonly number[]): string => addresses.map((address) => `0x${address.toString(16)}`).join(", ");

function unknownBoard(found: readonly number[], why: string): DriverError {
  const what = found.length === 0 ? "nothing" : list(found);
  return new DriverError(
    "BOARD_UNKNOWN",
    `On the I2C bus ${what} answered; ${why}.`,
    "This driver knows the Bitaxe Ultra (0x48, 0x40, 0x4c or 0x24, 0x4c), the Hex (0x24, 0x2f, 0x48, 0x49) and the Lucky Miners. Check power and that the port is the right board's. If a board may be on, pull its supply: one that is not known is not switched off.",
    { i2cAddresses: found },
  );
}

function refused(what: string, wanted: number, min: number, max: number, unit: string): DriverError {
  const message = `A ${what} of ${wanted} ${unit} is outside the board's ${min} to ${max} ${unit}; nothing was written.`;
  return new DriverError("SETPOINT_REFUSED", message, `Choose a ${what} from ${min} to ${max} ${unit}.`, { what, wanted, min, max, unit });
}
